/** How a column is held to a value: by a constant or parameter, a list of them, NULL, or a column of another table. */
export type EqualityBy = "value" | "list" | "null" | "join";

/** `column = …`, or what an index serves like it. */
export interface Equality {
  readonly column: string;
  readonly by: EqualityBy;
  /** The constants as they stand in the statement, one or those of a list; null where one is a parameter. */
  readonly constants: readonly string[] | null;
  /** The condition as text for an index's predicate; null where it is not of constants alone. */
  readonly text: string | null;
  /** Of a join: a number that is the same for all columns of one other table. */
  readonly with: number | null;
}

/** One key of an order. */
export interface OrderKey {
  readonly column: string;
  readonly order: "asc" | "desc";
  readonly nulls: "first" | "last";
}

/** What one condition asks of a text column. `prefix`: LIKE 'abc%'. */
export type TextMatch = "prefix" | "anywhere" | "insensitive" | "similar";

/**
 * What a query asks of one table at one place where it names it: the table of an outer and of an inner query are two.
 * Built up while a statement is read.
 */
export class Demand {
  readonly schema: string;
  readonly table: string;
  readonly number: number;
  readonly equalities: Equality[] = [];
  readonly ranges: Set<string> = new Set<string>();
  readonly orders: { readonly keys: readonly OrderKey[]; readonly limited: boolean }[] = [];
  readonly groups: (readonly string[])[] = [];
  readonly texts: { readonly column: string; readonly match: TextMatch }[] = [];
  /** Operators that a B-tree does not serve, with the column they stand on or the expression. */
  readonly contents: { readonly key: string; readonly isColumn: boolean; readonly operator: string }[] = [];
  /** Expressions that are held to a value or a range, as text for an index. */
  readonly expressions: { readonly text: string; readonly by: "value" | "range" | "prefix" | "join" }[] = [];
  /** `IS NOT NULL` and the like: text for a predicate, with the column. */
  readonly conditions: { readonly column: string; readonly text: string }[] = [];
  readonly uses: Set<string> = new Set<string>();
  /** Set where the whole row is given: no index covers that. */
  whole = false;

  constructor(schema: string, table: string, number: number) {
    this.schema = schema;
    this.table = table;
    this.number = number;
  }
}
