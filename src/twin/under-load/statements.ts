import type { TableView } from "../../model/catalog-view.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { isTemporaryName } from "../../sql/temporary-name.ts";
import type { SpareRow } from "../rows/request.ts";

/**
 * What application code written for one schema says of one table. Values are parameters without a type, as drivers
 * send them: the server takes the type from the column.
 */
export interface TableStatements {
  /** As in SQL. */
  readonly table: string;
  /** The primary key's columns; empty for a table without one, which is only read. */
  readonly key: readonly string[];
  /** One row by its key; any row where there is no key. */
  readonly read: string;
  /** Columns whose values `insert` takes, in order; it returns the key. */
  readonly inserted: readonly string[];
  readonly insert: string | null;
  /** Columns that `update` sets, in order, before the key; it returns them. */
  readonly updated: readonly string[];
  readonly update: string | null;
  /** Reads back what `update` set. */
  readonly readBack: string | null;
  /** Sets a column of a row to what it is. */
  readonly touch: string | null;
  readonly remove: string | null;
}

/**
 * The statements of code that knows all columns of a table but those of a change under way. `without` names columns that it leaves out when it writes:
 * those for which no value is at hand.
 */
export function statementsOf(view: TableView, without: ReadonlySet<string> = new Set()): TableStatements {
  const table = qualified(view.table.schema, view.table.name);
  const key = view.primaryKey?.columns ?? [];
  const names = (columns: readonly string[]): string => columns.map(ident).join(", ");
  const known = view.columns.filter(({ name }) => !isTemporaryName(name));
  const all = known.map(({ name }) => name);
  const computed = known.filter((column) => column.generated !== null);
  const kept = new Set([...computed.map(({ name }) => name), ...without]);
  // Code does not number rows itself where the database does.
  const numbered = new Set(known.filter(isNumbered).map(({ name }) => name));
  const inserted = all.filter((name) => !kept.has(name) && !numbered.has(name));
  const updated = all.filter((name) => !kept.has(name) && !numbered.has(name) && !key.includes(name));
  const found = (first: number): string => key.map((name, index) => `${ident(name)} = $${first + index}`).join(" AND ");
  const read = `SELECT ${all.length === 0 ? "1" : names(all)} FROM ${table}`;
  if (key.length === 0) {
    const nothing = {
      inserted: [],
      insert: null,
      updated: [],
      update: null,
      readBack: null,
      touch: null,
      remove: null,
    };
    return { table, key, read: `${read} LIMIT 1`, ...nothing };
  }
  const values = inserted.map((_, index) => `$${index + 1}`).join(", ");
  const what = inserted.length === 0 ? "DEFAULT VALUES" : `(${names(inserted)}) VALUES (${values})`;
  const sets = updated.map((name, index) => `${ident(name)} = $${index + 1}`).join(", ");
  const [one] = updated;
  return {
    table,
    key,
    read: `${read} WHERE ${found(1)}`,
    inserted,
    insert: `INSERT INTO ${table} ${what} RETURNING ${names(key)}`,
    updated,
    update:
      one === undefined
        ? null
        : `UPDATE ${table} SET ${sets} WHERE ${found(updated.length + 1)} RETURNING ${names(updated)}`,
    readBack: one === undefined ? null : `SELECT ${names(updated)} FROM ${table} WHERE ${found(1)}`,
    touch: one === undefined ? null : `UPDATE ${table} SET ${ident(one)} = ${ident(one)} WHERE ${found(1)}`,
    remove: `DELETE FROM ${table} WHERE ${found(1)}`,
  };
}

function isNumbered({ identity, default: expression }: TableView["columns"][number]): boolean {
  return identity !== null || expression?.startsWith("nextval(") === true;
}

/** The same code without its writing. */
export function readingOnly(statements: TableStatements): TableStatements {
  return { ...statements, insert: null, update: null, readBack: null, touch: null, remove: null };
}

/** What code of one schema does to one table, with what it needs for it. */
export interface TableWork {
  readonly statements: TableStatements;
  /** Keys of rows that are there and stay. */
  readonly keys: readonly (readonly unknown[])[];
  /** Rows that are not there and could be. */
  readonly spare: readonly SpareRow[];
}

/** The spare rows of a table dealt to several clients, so that no two write the same one. */
export function shareOf(work: TableWork, client: number, clients: number): TableWork {
  return { ...work, spare: work.spare.filter((_, index) => index % clients === client) };
}
