import type { MigrationWriter } from "../migration/writer.ts";
import { undoOf } from "../migration/writer.ts";
import { knexFileName, writeKnex } from "./write.ts";

/** Migrations of Knex: a TypeScript file with `up` and `down`; one file may mix both sides of a transaction. */
export const knexMigrations: MigrationWriter = {
  format: "knex",
  mixesTransactions: true,
  write({ at, name, steps }) {
    const path = knexFileName(at, name);
    return {
      id: path.replace(/\.ts$/, ""),
      files: [{ path, text: writeKnex({ up: steps, down: undoOf(steps), description: name }) }],
      notes: [],
    };
  },
};
