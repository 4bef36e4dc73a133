import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { invalid } from "../model/error.ts";

const input = z.object({
  source: z.string().describe("a postgres:// URL, or another pack"),
  file: z.string().min(1).describe("the file to write, e.g. shop.json or shop.json.gz (packed by gzip)"),
  withValues: z
    .boolean()
    .default(false)
    .describe("keep most common values and histogram bounds as they are: they are values of rows"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
});

type Options = z.output<typeof input>;

/** What `twin pack` prints with `--json`. */
interface PackOutput {
  readonly file: string;
  readonly bytes: number;
  /** Whether the values in it are stand-ins. */
  readonly masked: boolean;
  readonly objects: number;
  readonly relations: number;
  readonly columns: number;
  readonly extended: number;
  /** What could not be looked at, or was left out, and why. */
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

async function runPack(options: Options, context: ActionContext): Promise<PackOutput> {
  const { readSource } = await import("../twin/source.ts");
  const { plannerStatisticsOf } = await import("../twin/open/planner-source.ts");
  const { writePack } = await import("../formats/pack/write.ts");
  const { saveOutput } = await import("../specialist/project/save-output.ts");
  const { source, file, withValues, schemas } = options;
  const { cwd, signal, progress } = context;
  const read = await readSource(source, {
    server: () => Promise.reject(withoutStatistics()),
    cwd,
    signal,
    progress,
    ...(schemas === undefined ? {} : { schemas }),
  });
  for (const note of read.notes) progress.note(note);
  const maskKey = withValues ? null : randomBytes(32).toString("hex");
  const statistics = await plannerStatisticsOf(source, read, context, maskKey);
  if (statistics === null) throw withoutStatistics();
  if (!statistics.masked)
    progress.note(
      `${file} holds values of rows: most common values and histogram bounds. Share it as you would the rows`,
    );
  if (withValues && statistics.masked)
    progress.note("the values in the source are masked, and stay so: --with-values needs the database");
  const text = writePack({ catalog: read.catalog, statistics });
  const data = file.toLowerCase().endsWith(".gz") ? gzipSync(text) : Buffer.from(text);
  await saveOutput(resolve(cwd, file), file, data);
  return {
    file,
    bytes: data.length,
    masked: statistics.masked,
    objects: read.catalog.objects.length,
    relations: statistics.relations.length,
    columns: statistics.columns.length,
    extended: statistics.extended.length,
    unseen: statistics.unseen,
  };
}

const withoutStatistics = (): Error =>
  invalid({
    what: "this source has no planner statistics to pack",
    where: "SOURCE",
    expected: "a live PostgreSQL database (postgres://…), or a pack",
    mend: "to save a schema alone: dbwright inspect SOURCE --to json",
  });

function render(output: PackOutput, style: Style): string {
  const { file, bytes, masked, objects, relations, columns, unseen } = output;
  const size = bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
  return [
    `${style.bold(file)}: ${size}, ${objects} objects, sizes of ${relations} relations, statistics of ${columns} columns`,
    masked ? "values are masked" : style.yellow("holds values of rows"),
    ...(unseen.length === 0 ? [] : ["not in it:"]),
    ...unseen.map(({ what, why }) => `  ${what}: ${style.dim(why)}`),
  ].join("\n");
}

/** `dbwright twin pack`. */
export const twinPackAction: Action = action({
  name: "twin pack",
  summary: "Write a database's schema and planner statistics to a file that holds no row",
  description: `Reads a live PostgreSQL database in a read-only transaction with short time limits: its schema, and what its planner
judges by (sizes, distributions of columns, extended statistics, settings). Any role will do; what it may not see is
listed. The file is a source like any other, and \`dbwright twin FILE\` makes a database of it that plans as the original
does, with no row in it.

Most common values and histogram bounds are values of rows. They are replaced by others of the same order, frequency
and length, equal values by equal ones, with a key that is thrown away; numbers and dates keep their rough magnitude.
With --with-values they stay as they are. No row, password or secret option is in the file either way; names, comments,
defaults and conditions of the schema are.`,
  examples: [
    { command: "twin pack postgres://app@localhost/shop shop.json.gz", what: "to share, with masked values" },
    {
      command: "twin pack postgres://app@localhost/shop shop.json --with-values",
      what: "exact plans for queries with constants, for your own use",
    },
  ],
  effect: "writes files",
  input,
  positionals: ["source", "file"],
  run: runPack,
  render,
  exitCode: () => 0,
});
