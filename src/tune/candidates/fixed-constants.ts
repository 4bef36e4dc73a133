import type { WorkloadQuery } from "../../model/workload.ts";
import type { Demand } from "./demand.ts";
import type { Figures } from "./figures.ts";

/** Fewer calls with the same constant say nothing of the next one. */
const CALLS_MIN = 10;
/** A column of no more values than this is a state or a kind; one of more is a key of something (a tenant, a place). */
const STATES_MAX = 50;

/**
 * Which conditions on constants may stand in an index's predicate: a constant that was seen in one execution is most
 * often a parameter that somebody wrote into the text, however often that text is said to run. One is taken to stay
 * where all of many calls have it and differ in something else (other constants, or values sent apart from the text),
 * where several queries have it, or where its column has few values.
 */
export class FixedConstants {
  private readonly figures: Figures;
  private readonly lasting = new Set<string>();
  private readonly queries = new Map<string, Set<string>>();

  constructor(figures: Figures) {
    this.figures = figures;
  }

  /** Takes up a query by what each of its different texts asks. */
  note(query: WorkloadQuery, texts: readonly (readonly Demand[])[]): void {
    const [first = [], ...others] = texts.map(conditionsOf);
    const varies = others.length > 0 || query.executions.some(({ values }) => values.length > 0);
    for (const condition of first) {
      this.queries.set(condition, (this.queries.get(condition) ?? new Set()).add(query.id));
      if (varies && query.calls >= CALLS_MIN && others.every((other) => other.includes(condition)))
        this.lasting.add(condition);
    }
  }

  /** Whether a column's condition on constants may stand in a predicate. */
  has({ schema, table }: Demand, column: string, text: string): boolean {
    const key = keyOf(schema, table, text);
    if (this.lasting.has(key) || (this.queries.get(key)?.size ?? 0) > 1) return true;
    const { distinct } = this.figures.column(schema, table, column);
    return distinct !== null && distinct <= STATES_MAX;
  }
}

const keyOf = (schema: string, table: string, text: string): string => JSON.stringify([schema, table, text]);

const conditionsOf = (demands: readonly Demand[]): readonly string[] =>
  demands.flatMap(({ schema, table, equalities }) =>
    equalities.flatMap(({ text }) => (text === null ? [] : [keyOf(schema, table, text)])),
  );
