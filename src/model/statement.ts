import type { Catalog } from "./catalog.ts";
import type { Change } from "./change.ts";
import type { RefKey } from "./ref.ts";

/** One SQL statement to run, with whether it may run inside a transaction. No trailing semicolon. */
export interface Statement {
  readonly sql: string;
  readonly transactional: boolean;
}

/**
 * The pure half of an engine: everything that is text. `design`, `diff`, `rules` and `tune` receive it
 * as a value, so that none of them knows an engine.
 */
export interface Dialect {
  readonly engine: "postgres" | "mysql" | "mariadb" | "sqlite";
  /** Longest identifier in bytes. */
  readonly identifierBytesMax: number;
  /** An identifier, quoted only where the grammar needs it. */
  ident(name: string): string;
  /** `schema.name`, each part quoted where needed. */
  qualified(schema: string | null, name: string): string;
  /** A string literal, safe whatever the text holds. */
  literal(text: string): string;
  /** Statements that create every object of a catalog, in an order that works. */
  create(catalog: Catalog): readonly Statement[];
  /** Statements that remove every object of a catalog (roles excepted), in an order that works. */
  drop(catalog: Catalog): readonly Statement[];
  /**
   * Statements that make one change in a database that holds `catalog`, without holding up readers and writers
   * where the engine has a form for that (which then may not run in a transaction) and `style` is not "plain".
   * Throws `UnprintableChange` for what no statement can do.
   */
  change(change: Change, catalog: Catalog, style?: "online" | "plain"): readonly Statement[];
  /**
   * What must be gone from a database that holds `catalog` while an alteration runs: views on a column whose type
   * changes, for example. The altered object itself among them says that it must be dropped and created instead.
   * Absent: nothing ever stands in the way.
   */
  disturbs?(change: Change, catalog: Catalog): readonly RefKey[];
}
