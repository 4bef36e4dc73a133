import { bareStatement } from "../migration/write.ts";
import { slugOf } from "../migration/stamp.ts";
import { templateLiteral } from "../migration/template-literal.ts";
import { undoOf } from "../migration/writer.ts";
import type { MigrationWriter } from "../migration/writer.ts";

// pgm.sql replaces `{name}` only where it is given values for it; without them the text goes out as it stands.
const call = (sql: string): string => `  pgm.sql(${templateLiteral(`${bareStatement(sql)};`)});`;

/**
 * Migrations of node-pg-migrate: `<milliseconds>_name.mjs` with `up` and `down`, which hand plain SQL to `pgm.sql`.
 * A file runs in a transaction unless it says `pgm.noTransaction()`.
 */
export const nodePgMigrateMigrations: MigrationWriter = {
  format: "node-pg-migrate",
  mixesTransactions: false,
  write({ at, name, steps }, folder) {
    const id = `${at.getTime()}_${slugOf(name).replaceAll("_", "-")}`;
    const atomic = steps.every(({ transactional }) => transactional);
    const down = undoOf(steps);
    const downAtomic = down.every(({ transactional }) => transactional);
    const esm = folder.some(({ path }) => path.endsWith(".mjs"));
    const head = (way: string): string =>
      esm || folder.length === 0 ? `export const ${way} = (pgm) => {` : `exports.${way} = (pgm) => {`;
    const lines = [
      head("up"),
      ...(atomic ? [] : ["  pgm.noTransaction();"]),
      ...steps.map(({ sql }) => call(sql)),
      "};",
      "",
      head("down"),
      ...(downAtomic ? [] : ["  pgm.noTransaction();"]),
      ...down.map(({ sql }) => call(sql)),
      "};",
    ];
    const ending = esm || folder.length === 0 ? "mjs" : "cjs";
    return { id, files: [{ path: `${id}.${ending}`, text: `${lines.join("\n")}\n` }], notes: [] };
  },
};
