import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** One pair of schemas. */
export interface DiffCase {
  readonly suite: string;
  readonly name: string;
  /** Run before either side. */
  readonly setup: string;
  readonly old: string;
  readonly new: string;
  /** Makes roles, which belong to the whole server: run while no other case is. */
  readonly roles: boolean;
  /** Whether what the server refuses is left out, instead of the case. */
  readonly lenient?: true;
}

interface Line {
  readonly case: string;
  readonly setup?: string;
  readonly old: string;
  readonly new: string;
  readonly needs?: { readonly roles?: boolean; readonly setupRoles?: boolean };
}

/** Reads `{case, setup?, old, new, needs}` lines. */
export function readCases(file: string): DiffCase[] {
  const suite = basename(file).replace(/\.jsonl$/, "");
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((text) => {
      const line = JSON.parse(text) as Line;
      const roles = line.needs?.roles === true || line.needs?.setupRoles === true;
      return { suite, name: line.case, setup: line.setup ?? "", old: line.old, new: line.new, roles };
    });
}

/** Where a case failed. */
export type FailureClass =
  | "load"
  | "self"
  | "plan"
  | "apply"
  | "reader"
  | "fingerprint"
  | "pg_dump"
  | "re-plan"
  | "undo"
  | "undo-differs"
  | "label";

/** What became of one case. */
export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly loaded: boolean;
  readonly converged: boolean;
  readonly replanEmpty: boolean;
  /** Null where the plan itself says that it cannot be taken back. */
  readonly undone: boolean | null;
  readonly steps: number;
  /** Statements of a lenient case that the server refused. */
  readonly refused: number;
  readonly failures: readonly { readonly class: FailureClass; readonly text: string }[];
}
