import type { Severity } from "../../model/finding.ts";
import type { RefKey } from "../../model/ref.ts";
import type { BreakingChange } from "./breaking.ts";
import type { CurrentSchema } from "./current-schema.ts";

/** What came of trying a change on a twin; `because` beside it says what was seen, or why it was not tried. */
export type Tried = "proved" | "refuted" | "not proved";

/** A way to make a change. */
export interface Way {
  readonly title: string;
  /** `safe`: changes no meaning and loses nothing; `review`: a person decides; `destructive`: data goes. */
  readonly safety: "safe" | "review" | "destructive";
  /** Statements in order, without a closing semicolon; empty where none can do it. */
  readonly sql: readonly string[];
}

/** One thing that the specialist would change. */
export interface RecommendedChange {
  readonly title: string;
  /** What is wrong, or what is asked for, and why it matters. */
  readonly why: string;
  /** How bad it is as it stands; null for a design, which finds fault with nothing. */
  readonly severity: Severity | null;
  readonly standing: Tried;
  readonly because: string;
  /** Null for a design. */
  readonly safety: Way["safety"] | null;
  /** Statements in order, without a closing semicolon; empty where a person has to decide how. */
  readonly sql: readonly string[];
  /** What it is about, for changes that come from a review. */
  readonly object?: RefKey;
  /** The rule that found it. */
  readonly rule?: string;
  /** Other ways to mend the same; one of them, not all. */
  readonly alternatives?: readonly Way[];
  /** The choices behind a design. */
  readonly decisions?: readonly {
    readonly id: string;
    readonly subject: string;
    readonly choice: string;
    readonly because: string;
  }[];
}

/** The answer to a request for context. Names are in the protocol's own spelling. */
export interface DatabaseResponse {
  /** What the source holds of what the query names; null where the request has no source. */
  readonly current_schema: CurrentSchema | null;
  /** Worst first. */
  readonly recommended_changes: readonly RecommendedChange[];
  /** Whether any recommended change has statements to run. */
  readonly migration_required: boolean;
  /** What the recommended statements would break for programs that use the schema as it is. */
  readonly breaking_changes: readonly BreakingChange[];
  /** What was left out, or not looked at. */
  readonly notes: readonly string[];
}

/** Puts an answer together; refuted changes ask for no migration. */
export function responseOf(
  parts: Pick<DatabaseResponse, "current_schema" | "recommended_changes" | "breaking_changes" | "notes">,
): DatabaseResponse {
  const { current_schema, recommended_changes, breaking_changes, notes } = parts;
  const migration_required = recommended_changes.some(({ sql, standing }) => sql.length > 0 && standing !== "refuted");
  return { current_schema, recommended_changes, migration_required, breaking_changes, notes };
}
