import type { Change } from "./change.ts";
import type { Ref } from "./ref.ts";

/** How bad it is. `error`: data is lost, leaked or wrong; `warning`: it will hurt; `info`: worth knowing. */
export type Severity = "error" | "warning" | "info";

/** The severities from mild to bad. */
export const SEVERITIES: readonly Severity[] = ["info", "warning", "error"];

/** A fact that a finding rests on: what was looked at and what was seen. Holds no row value. */
export interface Evidence {
  readonly what: string;
  readonly value: string | number | boolean;
}

/** A cure. `safe`: changes no meaning and loses nothing; `review`: a person decides; `destructive`: data goes. */
export interface Fix {
  readonly title: string;
  readonly safety: "safe" | "review" | "destructive";
  readonly changes: readonly Change[];
}

/** What a rule says about one object. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly ref: Ref;
  /** One sentence: what is wrong with this object. */
  readonly message: string;
  readonly evidence: readonly Evidence[];
  readonly fixes: readonly Fix[];
}
