import type { TableView } from "../../model/catalog-view.ts";
import type { ColumnObject } from "../../model/catalog.ts";
import type { Node, SelectStmt } from "../../sql/nodes.ts";
import type { Precondition } from "./rewrite.ts";

/** A column as an item of FROM gives it. */
export interface SourceColumn {
  readonly name: string;
  /** As the catalog prints it; null: not known. */
  readonly type: string | null;
  /** The table's column that it is, unchanged; null: computed, or of a view. */
  readonly stored: { readonly table: TableView; readonly column: ColumnObject } | null;
  /** On what it rests that it is never NULL in a row of its own; null: it may be. */
  readonly notNull: readonly Precondition[] | null;
}

/** An item of FROM. Told apart by identity. */
export interface Source {
  /** The name it is referred to by. */
  readonly alias: string;
  readonly kind: "table" | "view" | "query" | "cte" | "join" | "other";
  /** The node in FROM (RangeVar, RangeSubselect, …). */
  readonly node: Node;
  /** Of kind "table". */
  readonly table: TableView | null;
  /** FROM ONLY. */
  readonly only: boolean;
  /** Null: not known. */
  readonly columns: readonly SourceColumn[] | null;
  /** The query in whose FROM it stands. */
  readonly query: Query;
  /** Of kind "query": what is in its parentheses. */
  readonly inner: Query | null;
  /** Whether an outer join may put NULLs in the place of its row. */
  readonly padded: boolean;
  /** Whether it sees what stands before it in FROM: LATERAL, or a function. */
  readonly lateral: boolean;
}

/** One SELECT, or one side of a set operation, or a whole one. */
export interface Query {
  readonly select: SelectStmt;
  readonly parent: Query | null;
  readonly place: "top" | "cte" | "from" | "expression" | "side";
  /** All items of FROM, those inside of joins too. */
  readonly sources: readonly Source[];
  /** Whether a join of it merges columns (USING, NATURAL) or has a name of its own. */
  readonly merges: boolean;
  /** Whether it groups by more than one set, so that a grouped column may be NULL where no row's is. */
  readonly groupingSets: boolean;
  /** Null: not known. */
  readonly outputs: readonly SourceColumn[] | null;
}

/** What a column reference means. */
export type Meaning =
  | { readonly is: "column"; readonly source: Source; readonly column: SourceColumn }
  /** `t.*`, or `t` as a value. */
  | { readonly is: "row"; readonly source: Source }
  | { readonly is: "star"; readonly sources: readonly Source[] }
  /** A column merged by USING. */
  | { readonly is: "merged"; readonly sources: readonly Source[] }
  /** An item of the select list by its name, in ORDER BY, GROUP BY or DISTINCT ON. */
  | { readonly is: "output"; readonly index: number }
  /** Not understood: it may mean anything. */
  | { readonly is: "unknown" };

/** A `ColumnRef` (the object under that key) and its meaning. */
export interface Reference {
  readonly ref: object;
  readonly meaning: Meaning;
}

/** A statement's names with what each means. */
export interface Resolution {
  /** Every SELECT of the statement, outer ones before those inside. */
  readonly queries: readonly Query[];
  /** False: it holds what is not understood (queries that write, too deep a nesting), and nothing should be rewritten. */
  readonly whole: boolean;
  /** The meaning of a ColumnRef of the statement, given the object under that key. */
  of(ref: object): Meaning;
  /** Of the SELECT with that body. */
  queryOf(select: SelectStmt): Query | undefined;
  /** Every reference at or below a node of the statement. */
  references(node: unknown): readonly Reference[];
  /** Whether anything at or below a node of the statement means that item of FROM, or is not understood. */
  mentions(node: unknown, source: Source): boolean;
  /** The plain column that a node is, unless its meaning is anything else. */
  column(node: Node | undefined): Extract<Meaning, { is: "column" }> | null;
}
