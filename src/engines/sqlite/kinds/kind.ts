import type { ObjectOf } from "../../../model/catalog.ts";
import type { CatalogView } from "../../../model/catalog-view.ts";
import type { Kind, RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import type { Session } from "../driver.ts";
import type { ParsedTable } from "../parse-table.ts";

/** One column as PRAGMA table_xinfo tells it. */
export interface ColumnFacts {
  readonly name: string;
  /** The declared type as written; "" for none. */
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  /** Place in the primary key from 1; 0 when it is not part of it. */
  readonly keyPlace: number;
  readonly generated: "stored" | "virtual" | null;
}

/** What is known of a table while a catalog is being read. */
export interface TableFacts {
  readonly name: string;
  readonly key: RefKey;
  readonly parsed: ParsedTable;
  readonly columns: readonly ColumnFacts[];
  /** The column that is the rowid itself (INTEGER PRIMARY KEY), else null. */
  readonly rowidColumn: string | null;
}

/** The state of one introspection: kinds are read in order, each builds on what the earlier ones met. */
export interface Reading {
  readonly session: Session;
  /** Tables by {@link folded} name: SQLite compares names without case. */
  readonly tables: Map<string, TableFacts>;
  /** Keys of tables and views by folded name. */
  readonly relations: Map<string, RefKey>;
  /** Whether an error says that a statement makes no sense, as opposed to a file that cannot be read. */
  isSqlError(error: unknown): boolean;
  /** Records something that was met and is not modelled. */
  report(kind: string, name: string): void;
}

/** What printing one object may look at. */
export interface PrintContext {
  readonly view: CatalogView;
}

/** All there is to know about one kind of object: how it is read and how it is printed. */
export interface ObjectKind<K extends Kind> {
  readonly kind: K;
  /** All objects of this kind. Runs inside a read transaction. */
  read(reading: Reading): readonly ObjectOf<K>[];
  /** Statements that create the object; empty for what its table brings along. */
  create(object: ObjectOf<K>, context: PrintContext): readonly Statement[];
  /** Statements that remove the object alone; empty for what goes with its table. */
  drop(object: ObjectOf<K>, context: PrintContext): readonly Statement[];
}
