import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { invalid } from "../model/error.ts";
import type { Design } from "../model/design.ts";
import type { Proof } from "../model/proof.ts";
import type { WrittenFile } from "../specialist/project/write.ts";
import { parseEngine, twinRequest } from "../twin/request.ts";

const input = z.object({
  brief: z.string().describe("the brief: a YAML file, see docs/guides/brief.md"),
  out: z.string().optional().describe("the folder to write to (default: a folder named after the brief)"),
  engine: z.string().optional().describe("the server to prove on, e.g. postgres@16 (default: what the brief says)"),
  twin: z.string().optional().describe("a PostgreSQL server to prove on, by URL; databases are made and dropped there"),
  rowsMax: z.number().int().min(1_000).max(5_000_000).default(20_000).describe("most rows to generate per table"),
  seed: z.number().int().min(0).default(1).describe("start of the row generator; the same seed gives the same rows"),
  overwrite: z.boolean().default(false).describe("also replace files that a person edited"),
});

/** How long one of the four phases took. */
interface Phase {
  readonly title: "discover" | "design" | "implement" | "verify";
  readonly seconds: number;
}

/** What `design` prints with `--json`. */
interface DesignOutput {
  readonly brief: string;
  readonly out: string;
  readonly tables: number;
  readonly indexes: number;
  readonly decisions: Design["decisions"];
  readonly files: readonly WrittenFile[];
  readonly proof: Proof;
  readonly phases: readonly Phase[];
}

// Below the working directory a path is short; elsewhere a relative one only puzzles.
function shown(cwd: string, folder: string): string {
  const path = relative(cwd, folder);
  if (path === "") return ".";
  return path.startsWith("..") ? folder : path;
}

/** The day and time as `2026-03-01` and `20260301120000`, UTC. */
function clock(): { readonly today: string; readonly stamp: string } {
  const now = new Date().toISOString();
  return { today: now.slice(0, 10), stamp: now.slice(0, 19).replaceAll(/\D/g, "") };
}

async function readBriefFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EISDIR") throw error;
    throw invalid(
      {
        what: code === "EISDIR" ? "the brief is a folder" : "there is no such file",
        where: path,
        expected: "a YAML brief, such as those in examples/",
        mend: "start from examples/blog.yaml and docs/guides/brief.md",
      },
      { cause: error },
    );
  }
}

class Stopwatch {
  readonly phases: Phase[] = [];

  async time<T>(title: Phase["title"], work: () => Promise<T>): Promise<T> {
    const startedAt_ms = performance.now();
    const result = await work();
    this.phases.push({ title, seconds: Math.round((performance.now() - startedAt_ms) / 10) / 100 });
    return result;
  }
}

async function runDesign(options: z.output<typeof input>, context: ActionContext): Promise<DesignOutput> {
  const watch = new Stopwatch();
  const briefPath = resolve(context.cwd, options.brief);
  const discovered = await watch.time("discover", async () => {
    const task = context.progress.start("discover: read the brief");
    const { readBrief } = await import("../formats/brief/read.ts");
    const project = await import("../specialist/project/write.ts");
    const brief = readBrief(await readBriefFile(briefPath), options.brief);
    const outDir = resolve(context.cwd, options.out ?? brief.name);
    const major = options.engine === undefined ? brief.engine.major : parseEngine(options.engine, "--engine");
    const request = twinRequest(major, options.twin, context);
    await project.prepareFolder(outDir);
    const manifest = await project.readManifest(outDir);
    task.done(`${brief.entities.length} entities, ${brief.patterns.length} access patterns`);
    const engine = { name: brief.engine.name, major };
    return { brief: { ...brief, engine }, outDir, request, project, ...(manifest ?? clock()) };
  });
  const { brief, outDir, request, project, today, stamp } = discovered;
  const made = await watch.time("design", async () => {
    const task = context.progress.start("design: decide schema, keys, indexes");
    const { design } = await import("../design/design.ts");
    const { postgres } = await import("../engines/postgres/dialect.ts");
    const result = await design(brief, postgres, { today });
    const tables = result.catalog.objects.filter((object) => object.kind === "table").length;
    task.done(`${tables} tables, ${result.decisions.length} decisions`);
    return { design: result, dialect: postgres };
  });
  const { implementAndProve } = await import("../specialist/project/prove.ts");
  const { files, proof, seconds } = await implementAndProve(made.design, made.dialect, {
    request,
    rowsMax: options.rowsMax,
    seed: options.seed,
    today,
    stamp,
    signal: context.signal,
    progress: context.progress,
  });
  const { designDocument } = await import("../specialist/document/write.ts");
  const written = await project.writeProject(
    outDir,
    [
      { path: "ai_docs/database-design.md", text: designDocument(made.design, proof, made.dialect, stamp) },
      ...files,
      { path: "proof.json", text: `${JSON.stringify(proof, null, 2)}\n` },
    ],
    { overwrite: options.overwrite, today, stamp },
  );
  const count = (kind: string): number => made.design.catalog.objects.filter((object) => object.kind === kind).length;
  return {
    brief: options.brief,
    out: shown(context.cwd, outDir),
    tables: count("table"),
    indexes: count("index"),
    decisions: made.design.decisions,
    files: written,
    proof,
    phases: [
      ...watch.phases,
      { title: "implement", seconds: seconds.implement },
      { title: "verify", seconds: seconds.verify },
    ],
  };
}

const VERDICT = { proved: "proved", refuted: "refuted", "not-run": "not proved" } as const;

function render(output: DesignOutput, style: Style): string {
  const { proof } = output;
  const lines: string[] = [];
  const tally = new Map<string, number>();
  for (const step of proof.steps) {
    const key = step.verdict === "refuted" ? "refuted" : step.verdict === "not-run" ? "not proved" : step.standing;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  }
  lines.push(
    `${style.bold(output.brief)}: ${output.tables} tables, ${output.indexes} indexes, ${output.decisions.length} decisions`,
    `${proof.verdict === "proved" ? style.green(VERDICT[proof.verdict]) : style.red(VERDICT[proof.verdict])} on ${proof.twin.server}: ${[...tally].map(([what, count]) => `${count} ${what}`).join(", ")}`,
  );
  for (const step of proof.steps) {
    if (step.verdict === "proved") continue;
    const mark = step.verdict === "refuted" ? style.red("refuted") : style.yellow("not proved");
    lines.push(`  ${mark} ${step.claim}: ${step.observed}`);
    if (step.verdict === "refuted" && step.decision !== undefined)
      lines.push(`    the decision that fails: ${step.decision}`);
  }
  lines.push("");
  for (const file of output.files) {
    const kept =
      file.outcome === "kept"
        ? style.yellow("kept, since it was edited; --overwrite replaces it")
        : style.dim(file.outcome);
    lines.push(`  ${join(output.out, file.path)}  ${kept}`);
  }
  lines.push("", style.dim(output.phases.map((phase) => `${phase.title} ${phase.seconds.toFixed(1)} s`).join(" · ")));
  return lines.join("\n");
}

/** From a page of requirements to a design that was built, filled, queried and rolled back on a real server. */
export const designAction: Action = action({
  name: "design",
  summary: "Turn a brief into a proved database design",
  description: `Reads a brief (entities, volumes, access patterns, tenancy, privacy) and decides keys, types,
constraints, indexes, partitions and security, with the reason for each. The design is then built on a scratch
server, filled with generated rows, queried at the stated volume, attacked, and rolled back.

It writes ai_docs/database-design.md, schema.sql, a first migration (SQL and Knex), prisma/schema.prisma,
tests for your project, and proof.json. Files that you edited are kept.`,
  examples: [
    { command: "design examples/blog.yaml", what: "design, prove and write to ./blog" },
    {
      command: "design examples/payments.yaml --out . --engine postgres@16",
      what: "write into this project, prove on PostgreSQL 16",
    },
    { command: "design brief.yaml --json", what: "the decisions and the proof as one JSON document" },
  ],
  effect: "writes files",
  input,
  positionals: ["brief"],
  run: runDesign,
  render,
  exitCode: (output) => (output.proof.verdict === "refuted" ? 1 : 0),
});
