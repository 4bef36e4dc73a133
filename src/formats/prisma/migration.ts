import { slugOf, stampOf } from "../migration/stamp.ts";
import { undoOf } from "../migration/writer.ts";
import type { MigrationWriter } from "../migration/writer.ts";
import { statementBlocks } from "../migration/write.ts";

/**
 * Migrations of Prisma: a folder `STAMP_name` with `migration.sql`. Prisma sends the file to the server as one
 * text, which the server runs in one transaction: a statement that refuses one has a migration of its own (Prisma's
 * manual, "Patching and hotfixing", and its issue 14456). Prisma knows no way down; ours lies beside as `down.sql`, which it
 * passes over.
 */
export const prismaMigrations: MigrationWriter = {
  format: "prisma",
  mixesTransactions: false,
  write({ at, name, steps }) {
    const id = `${stampOf(at)}_${slugOf(name)}`;
    const down = undoOf(steps).map(({ sql }) => `${sql};\n`);
    return {
      id,
      files: [
        {
          path: `${id}/migration.sql`,
          text: `${statementBlocks(steps)
            .flatMap(([, lines]) => lines)
            .join("\n")}\n`,
        },
        { path: `${id}/down.sql`, text: `-- Not run by Prisma: takes back ${id}.\n\n${down.join("\n")}` },
      ],
      notes: [],
    };
  },
};
