import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { belongsTo } from "../formats/migration/read.ts";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { PLACE_INPUT, TWIN_INPUT, migrationsOf } from "../operate/migrate/run-input.ts";
import type { Squashed } from "../operate/migrate/squash.ts";
import { LazyServer } from "../twin/lazy-server.ts";

const input = z.object({
  to: z.string().describe("the last migration that goes into the sum, by its id or the beginning of it"),
  dir: PLACE_INPUT.dir,
  name: z
    .string()
    .regex(/^[\w-]+$/, "letters, digits, _ and -")
    .default("squash")
    .describe("the name of the sum"),
  withoutRows: z.boolean().default(false).describe("leave out statements on rows"),
  remove: z.boolean().default(false).describe("remove the files that the sum stands for"),
  ...TWIN_INPUT,
});

type Options = z.output<typeof input>;

interface Output extends Omit<Squashed, "up" | "down"> {
  readonly files: readonly string[];
  readonly removed: readonly string[];
}

async function run(options: Options, context: ActionContext): Promise<Output> {
  const { fileNames, squash } = await import("../operate/migrate/squash.ts");
  const { writeFiles } = await import("../operate/migrate/write-files.ts");
  const { readMigrationFiles } = await import("../operate/migrate/folder.ts");
  const twin = new LazyServer(options, context);
  try {
    const migrations = await migrationsOf(options, context.cwd);
    const { up, down, ...squashed } = await squash({
      migrations,
      to: options.to,
      name: options.name,
      withoutRows: options.withoutRows,
      server: () => twin.open(null),
      signal: context.signal,
      progress: context.progress,
    });
    const dir = resolve(context.cwd, options.dir);
    const before = await readMigrationFiles(dir, options.dir);
    const names = fileNames(squashed.id);
    const files = [names.up, names.down];
    await writeFiles(
      dir,
      new Map([
        [names.up, up],
        [names.down, down],
      ]),
    );
    const removed: string[] = [];
    if (options.remove) {
      for (const { file } of before) {
        if (!squashed.replaces.some((id) => belongsTo(file, id))) continue;
        await rm(join(dir, file));
        removed.push(file);
      }
    }
    return { ...squashed, files, removed };
  } finally {
    await twin.close();
  }
}

/** `dbwright migrate squash`. */
export const migrateSquashAction: Action = action({
  name: "migrate squash",
  summary: "Make one migration of several, proved on a twin to make the same schema",
  description: `Builds the migrations up to one in an empty database of a twin, writes the statements that create what they come to,
runs those in another, and compares: only an equal schema is written. The file says which migrations it stands for, and
so databases are mapped: where all of them ran, the sum is recorded as applied and not run; where none ran, only the sum
is run; where some ran, the old files are needed to reach the end.

Statements on rows are not part of a schema, and are told before anything is written.`,
  examples: [
    { command: "migrate squash 20260601", what: "one file for everything up to that migration in ./migrations" },
    {
      command: "migrate squash 20260601 --dir db/migrations --name first-half --remove",
      what: "and remove the files that it stands for",
    },
  ],
  effect: "writes files",
  input,
  positionals: ["to"],
  run,
  render: ({ files, replaces, steps, removed }: Output, style: Style) =>
    [
      `${style.green("✔")} ${files.join(", ")}: ${steps} steps for ${replaces.length} migrations; equal on the twin (proved)`,
      removed.length > 0 ? `Removed ${removed.join(", ")}` : "The old files may go once no database stands among them.",
    ].join("\n"),
  exitCode: () => 0,
});
