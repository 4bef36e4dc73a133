import { scriptStyleOf } from "../migration/script-style.ts";
import type { MigrationWriter } from "../migration/writer.ts";
import { undoOf } from "../migration/writer.ts";
import { knexFileName, writeKnex } from "./write.ts";

/** Migrations of Knex: a file in the folder's own language (TypeScript where there is none yet) with `up` and `down`; one file may mix both sides of a transaction. */
export const knexMigrations: MigrationWriter = {
  format: "knex",
  mixesTransactions: true,
  write({ at, name, steps }, folder) {
    const { ending, language } = scriptStyleOf(folder) ?? { ending: "ts", language: "typescript" };
    const path = knexFileName(at, name, ending);
    const text = writeKnex({ up: steps, down: undoOf(steps), description: name, language });
    return {
      id: path.slice(0, -ending.length - 1),
      files: [{ path, text }],
      notes: [],
    };
  },
};
