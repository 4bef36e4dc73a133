import type { Dialect } from "../../model/statement.ts";
import { changeScript } from "./change.ts";
import { ident, literal, qualified } from "./print.ts";
import { createScript, dropScript } from "./script.ts";

/**
 * SQLite as text. Printing is pure; names and values of the catalog are quoted whatever they hold. `create`
 * expects an empty database. Throws `UnprintableChange` for objects that SQLite does not have.
 */
export const sqlite: Dialect = {
  engine: "sqlite",
  // The longest statement SQLite takes (SQLITE_MAX_SQL_LENGTH); names have no limit of their own.
  identifierBytesMax: 1_000_000_000,
  ident,
  qualified,
  literal,
  create: createScript,
  drop: dropScript,
  change: changeScript,
};
