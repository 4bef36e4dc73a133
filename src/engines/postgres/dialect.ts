import type { Dialect } from "../../model/statement.ts";
import { changeScript } from "./change.ts";
import { disturbedBy } from "./disturb.ts";
import { dropScript } from "./drop-script.ts";
import { ident, literal, qualified } from "./print.ts";
import { createScript } from "./script.ts";

/**
 * PostgreSQL as text: versions 15 to 18. Printing is pure; names, comments and values of the catalog are
 * quoted whatever they hold. `create` expects an empty database; it leaves materialised views without
 * data. `drop` removes all but roles and the schema `public`.
 */
export const postgres: Dialect = {
  engine: "postgres",
  identifierBytesMax: 63,
  ident,
  qualified,
  literal,
  create: createScript,
  drop: dropScript,
  change: changeScript,
  disturbs: disturbedBy,
};
