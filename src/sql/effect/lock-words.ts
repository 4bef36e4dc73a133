import type { LockMode } from "../../model/plan.ts";

/** What others cannot do with a relation while a lock is held on it. */
export type Blocked = "nothing" | "schema changes" | "writes" | "reads and writes";

const BLOCKED: Readonly<Record<LockMode, Blocked>> = {
  "ACCESS SHARE": "nothing",
  "ROW SHARE": "nothing",
  "ROW EXCLUSIVE": "nothing",
  "SHARE UPDATE EXCLUSIVE": "schema changes",
  SHARE: "writes",
  "SHARE ROW EXCLUSIVE": "writes",
  EXCLUSIVE: "writes",
  "ACCESS EXCLUSIVE": "reads and writes",
};

/** What a lock keeps others from, as a noun: "reads and writes". From the manual's table of conflicting modes. */
export function blockedBy(mode: LockMode): Blocked {
  return BLOCKED[mode];
}

/** What a lock does, as the end of a sentence: "blocks writes", "blocks nothing but schema changes and vacuum". */
export function describeLock(mode: LockMode): string {
  switch (blockedBy(mode)) {
    case "nothing":
      return "blocks neither reads nor writes";
    case "schema changes":
      return "blocks schema changes and vacuum, neither reads nor writes";
    case "writes":
      return "blocks writes; reads go on";
    case "reads and writes":
      return "blocks reads and writes";
  }
}
