import type { SettingAdvice } from "../../model/advice.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { qualified } from "../../sql/identifier.ts";
import type { SettingFacts } from "./facts.ts";

/** How advice can be tried. */
export type Trial =
  /** Run `apply`, ANALYZE the table, plan (and run) the queries again: the estimate must come nearer to the truth. */
  | {
      readonly kind: "estimate";
      readonly table: { readonly schema: string; readonly name: string };
      /** One statement that makes it so. */
      readonly apply: string;
    }
  /** Plan (and run) the queries again with settings of one transaction: `aim` says what must get better. */
  | {
      readonly kind: "setting";
      readonly settings: Readonly<Record<string, string>>;
      readonly aim: "no-spill" | "cost" | "time";
    }
  /** What no twin shows, and why. */
  | { readonly kind: "none"; readonly why: string };

/** Advice that was not tried yet. */
export interface ProposedSetting extends Omit<SettingAdvice, "proof"> {
  /** Id of the rule that gave it. */
  readonly rule: string;
  /** What is claimed, in one sentence that can be refuted. */
  readonly claim: string;
  /** Why it is so, whatever the figures. */
  readonly mechanism: string;
  /** Where its thresholds are from. */
  readonly source: string;
  /** Ids of the queries it rests on. Empty: it rests on none. */
  readonly queries: readonly string[];
  readonly trial: Trial;
}

/** What goes with a server setting, whose old value is not the catalog's to tell. */
export const OF_SERVER: Pick<ProposedSetting, "follow" | "undo"> = { follow: [], undo: null };

/** What goes with a statement on a table's statistics, which is tried by the estimates that come of it. */
export function ofStatistics(
  { table }: TableView,
  sql: string,
  undo: string,
): Pick<ProposedSetting, "sql" | "follow" | "undo" | "trial"> {
  const [schema, { name }] = [table.schema ?? "", table];
  const analyse = `ANALYZE ${qualified(schema, name)}`;
  // What is dropped is gone; what is reset is in the statistics until they are made anew.
  const back = undo.startsWith("DROP ") ? [undo] : [undo, analyse];
  return { sql, follow: [analyse], undo: back, trial: { kind: "estimate", table: { schema, name }, apply: sql } };
}

/** What a rule says: advice, or what it considered and does not advise. */
export type SettingFinding =
  | { readonly advice: Omit<ProposedSetting, "rule" | "mechanism" | "source"> }
  | { readonly notAdvised: { readonly what: string; readonly why: string } }
  | { readonly unseen: { readonly what: string; readonly why: string } };

/** One table of an example. */
export interface ExampleTable {
  readonly rows: number;
  /** Default: a hundredth of its rows. */
  readonly pages?: number;
  readonly options?: Readonly<Record<string, string>>;
  /** Type, and figures beside those of a column without nulls whose values are all different. */
  readonly columns: Readonly<Record<string, ExampleColumn>>;
  /** Columns of each index, by its name. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
  /** Counters that are not 0. */
  readonly activity?: Readonly<Record<string, number>>;
  readonly allVisiblePages?: number;
}

/** A column of an example. */
export interface ExampleColumn {
  readonly type: string;
  readonly distinct?: number;
  /** Common values with their shares. */
  readonly common?: Readonly<Record<string, number>>;
}

/** A documented example, and a rule's first test. */
export interface SettingExample {
  readonly about: string;
  readonly tables: Readonly<Record<string, ExampleTable>>;
  /** Plans as EXPLAIN prints them. */
  readonly plans?: readonly string[];
  /** Statements of the workload that write. */
  readonly writes?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** The statements advised, all of them and in order. */
  readonly advises: readonly string[];
  /** What is told not to do, or not known. */
  readonly tells?: readonly string[];
}

/** One kind of advice. */
export interface SettingRule {
  readonly id: string;
  readonly title: string;
  readonly mechanism: string;
  readonly source: string;
  readonly examples: readonly SettingExample[];
  find(facts: SettingFacts): Iterable<SettingFinding>;
}

/** Numbers as people write them: at most three digits that matter. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
