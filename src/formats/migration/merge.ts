import type { Migration } from "../../model/migration.ts";
import { VERSIONED, isBaselineScript } from "./order.ts";

/** Two migrations that were written beside each other, by people who did not see each other's. */
export interface Fork {
  /** The migration that both were written to follow, or null where both say to be the first. */
  readonly after: string | null;
  readonly branches: readonly Migration[];
  /** How it is known: by what the files say, or by their numbers. */
  readonly evidence: "after" | "number";
}

// `0007_add_title`: a number that counts, as opposed to a moment.
const COUNTER = /^0*(\d{1,6})[_-]/;

// Flyway's `V1.2__x` is of version 1.2, which is 1_02, too, and no version but its own.
function numberOf(id: string): string | undefined {
  if (isBaselineScript(id)) return undefined;
  const version = VERSIONED.exec(id)?.[1];
  if (version === undefined) return COUNTER.exec(id)?.[1];
  return version
    .split(/[._]/)
    .map((part) => part.replace(/^0+(?=\d)/, ""))
    .join(".")
    .replace(/(?:\.0)+$/, "");
}

/**
 * The places where a folder's migrations part: two that were written to follow the same one (`dbwright:after`), or,
 * in folders that number their migrations, two of one number. Folders named by moments that say nothing of whom they
 * follow show no fork.
 */
export function forksIn(migrations: readonly Migration[]): readonly Fork[] {
  const forks: Fork[] = [];
  const following = new Map<string, Migration[]>();
  const numbered = new Map<string, Migration[]>();
  for (const migration of migrations) {
    if (migration.after !== undefined) push(following, migration.after, migration);
    const number = numberOf(migration.id);
    if (number !== undefined) push(numbered, number, migration);
  }
  for (const [after, branches] of following)
    if (branches.length > 1) forks.push({ after, branches, evidence: "after" });
  const told = new Set(forks.flatMap(({ branches }) => branches));
  for (const branches of numbered.values())
    if (branches.length > 1 && !branches.every((one) => told.has(one)))
      forks.push({ after: null, branches, evidence: "number" });
  return forks;
}

function push(map: Map<string, Migration[]>, key: string, migration: Migration): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [migration]);
  else known.push(migration);
}

const NAMED_MAX = 4;

/** What a fork means, in one sentence with the way on. */
export function forkText({ after, branches, evidence }: Fork): string {
  const names = branches.slice(0, NAMED_MAX).map(({ id }) => id);
  const more = branches.length > NAMED_MAX ? ` and ${branches.length - NAMED_MAX} more` : "";
  const last = names.at(-1) ?? "";
  return evidence === "after"
    ? `${names.join(" and ")}${more} were written on two branches: both follow ${after ?? "nothing"}. Decide which runs first, try them together (migrate prove), and let the later one say -- dbwright:after ${names[0] ?? ""}`
    : `${names.join(" and ")}${more} bear the same number: they were written on two branches. Give ${last} the next number, if it has run nowhere yet`;
}
