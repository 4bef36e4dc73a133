import { resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { invalid } from "../model/error.ts";
import type { MigrationFormat } from "../model/migration.ts";
import type { Proof } from "../model/proof.ts";
import { betweenShape, PLAN_SOURCE } from "../twin/make-plan/between-input.ts";
import { unprovedWithRows } from "../twin/prove-plan/unproved-with-rows.ts";

const FORMATS = [
  "sql",
  "flyway",
  "knex",
  "prisma",
  "drizzle",
  "node-pg-migrate",
  "typeorm",
] as const satisfies readonly MigrationFormat[];

const input = z.object({
  name: z.string().min(1).describe("a few words on what changes; part of the file names"),
  to: z.string().describe(`the schema that is wanted: ${PLAN_SOURCE}`),
  from: z
    .string()
    .optional()
    .describe("what there is: a source of the same kinds (default: what the folder's migrations make)"),
  dir: z.string().default("migrations").describe("the folder of migrations; its tool is recognised"),
  format: z
    .enum(FORMATS)
    .optional()
    .describe("whose migrations to write (default: as those in the folder, else plain SQL up and down)"),
  oneFile: z.boolean().default(false).describe("one migration for all phases, not one each"),
  ...betweenShape,
});

type Options = z.output<typeof input>;

/** What `migrate new` prints with `--json`. */
interface NewOutput {
  readonly format: MigrationFormat | null;
  readonly ids: readonly string[];
  /** Paths of what was written, relative to the folder; empty where there was nothing to change. */
  readonly files: readonly string[];
  readonly steps: number;
  /** What cannot be taken back, each with the reason. */
  readonly irreversible: readonly { readonly what: string; readonly why: string }[];
  readonly proof: Proof | null;
}

// A folder that is not there, or holds nothing yet, stands for an empty database.
async function emptySource(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const dir = await mkdtemp(join(tmpdir(), "dbwright-empty-"));
  await writeFile(join(dir, "empty.sql"), "-- no migrations yet\n");
  return { path: join(dir, "empty.sql"), remove: () => rm(dir, { recursive: true, force: true }) };
}

async function runNew(options: Options, context: ActionContext): Promise<NewOutput> {
  const { folderFiles, writeMigrations } = await import("../operate/migrate/new.ts");
  const { planBetween } = await import("../twin/make-plan/between.ts");
  const { migrationFormatOf } = await import("../formats/migration/folder-format.ts");
  const dir = resolve(context.cwd, options.dir);
  const folder = await folderFiles(dir);
  const found = migrationFormatOf(folder);
  await refuseForks(options, context, found);
  const isProgram = found === "knex" || found === "typeorm" || found === "node-pg-migrate";
  const isEmpty = !isProgram && !folder.some(({ path }) => path.endsWith(".sql"));
  const empty = options.from === undefined && isEmpty ? await emptySource() : null;
  try {
    const { plan, proof } = await planBetween(
      { ...options, from: options.from ?? empty?.path ?? options.dir, programs: options.from === undefined },
      context,
    );
    const { irreversible } = plan;
    if (plan.steps.length === 0) return { format: null, ids: [], files: [], steps: 0, irreversible, proof };
    if (proof?.verdict === "refuted") {
      throw invalid({
        what: `the plan was refuted on the twin, and no migration was written: ${proof.reason ?? ""}`,
        where: "--to",
        mend: "see the steps with `dbwright diff`; --no-prove writes it all the same",
      });
    }
    const written = await writeMigrations({
      dir,
      name: options.name,
      steps: plan.steps,
      format: options.format ?? null,
      oneFile: options.oneFile,
      at: new Date(),
    });
    for (const note of written.notes) context.progress.note(note);
    const { format, ids, files } = written;
    return { format, ids, files, steps: plan.steps.length, irreversible, proof };
  } finally {
    await empty?.remove();
  }
}

// A new migration on top of two that do not know each other would hide that they part.
async function refuseForks({ dir }: Options, { cwd }: ActionContext, format: MigrationFormat): Promise<void> {
  // The others' names are moments, which tell nothing of whom they follow.
  if (format !== "sql" && format !== "flyway" && format !== "drizzle") return;
  const { readMigrationFolder } = await import("../operate/migrate/folder.ts");
  const { forksIn, forkText } = await import("../formats/migration/merge.ts");
  const migrations = await readMigrationFolder(resolve(cwd, dir), dir).catch(() => []);
  const [fork] = forksIn(migrations);
  if (fork !== undefined)
    throw invalid({ what: forkText(fork), where: dir, mend: "see docs/guides/migrate.md, “Two branches”" });
}

function render(output: NewOutput, style: Style): string {
  const { files, format, steps, irreversible, proof } = output;
  if (files.length === 0) return "There is nothing to change.";
  const verdict = proof === null ? "not proved" : proof.verdict === "proved" ? style.green("proved") : "not proved";
  const unproved = proof === null ? null : unprovedWithRows(proof);
  return [
    `${steps} step${steps === 1 ? "" : "s"}, ${verdict}, as ${format ?? "sql"}:`,
    ...files.map((file) => `  ${style.bold(file)}`),
    ...(unproved === null ? [] : [`${style.yellow("not proved with rows in the tables")}: ${unproved}`]),
    ...irreversible.map(({ what, why }) => `${style.yellow("cannot be taken back")}: ${what}: ${why}`),
  ].join("\n");
}

/** `dbwright migrate new`. */
export const migrateNewAction: Action = action({
  name: "migrate new",
  summary: "Write the migrations that lead from one schema to another, in the project's own format",
  description: `Plans the way as \`diff\` does, proves it on a twin, and writes it into the folder of migrations: as plain SQL up and
down, or, where the folder is that of Flyway, Knex, Prisma, Drizzle, node-pg-migrate or TypeORM, as that tool's. One migration for each
phase of the rollout (expand, migrate, contract), so that application code can be deployed between them.

What is there is read from the folder itself. Migrations of Knex, node-pg-migrate and TypeORM are programs: they are run
in a process of their own that may not connect, write files or start processes, and what they send is run on the twin.
Where they need rows, say --from.

Nothing is written when the plan is refuted, or when two branches' migrations in the folder do not know each other.`,
  examples: [
    { command: "migrate new add-title --to schema.sql", what: "from what ./migrations makes to a schema file" },
    {
      command: "migrate new add-title --from postgres://app@localhost/shop --to schema.sql --dir prisma/migrations",
      what: "as Prisma's migrations, from a live database",
    },
    {
      command: "migrate new rename --to schema.sql --rename public.task.title=name --one-file",
      what: "one file, a column keeps its values",
    },
  ],
  effect: "writes files",
  input,
  positionals: ["name"],
  run: runNew,
  render,
  exitCode: () => 0,
});
