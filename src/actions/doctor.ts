import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { action } from "../model/action.ts";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { DbwrightError } from "../model/error.ts";
import type { Problem } from "../model/error.ts";
import { MAJOR_DEFAULT, twinRequest } from "../twin/request.ts";
import type { EngineSurvey } from "../twin/server/engine.ts";

const input = z.object({
  start: z.boolean().default(true).describe("do not start the default server to see whether it works"),
});

const NODE_REQUIRED = "20.19";

/** A program or package that something needs. */
interface Need {
  readonly name: string;
  /** Names to look for, the usual one first. */
  readonly names: readonly string[];
  /** Which action needs it, and for what. */
  readonly neededFor: string;
  /** Whether a user's action lacks something without it; else it serves dbwright's own tests and benchmarks. */
  readonly byUsers: boolean;
  readonly mend: string;
}

const TOOLS: readonly Need[] = [
  {
    name: "psql",
    names: ["psql"],
    neededFor: "running the schema.sql of design by hand",
    byUsers: true,
    mend: "install a PostgreSQL client (Debian: postgresql-client)",
  },
  {
    name: "pg_dump",
    names: ["pg_dump"],
    neededFor: "npm run bench: the yardstick of inspect",
    byUsers: false,
    mend: "install a PostgreSQL client (Debian: postgresql-client)",
  },
  {
    name: "mariadb",
    names: ["mariadb", "mysql"],
    neededFor: "nothing yet: MySQL and MariaDB are no engines of this version",
    byUsers: false,
    mend: "install a MariaDB or MySQL client (Debian: mariadb-client)",
  },
  {
    name: "redis-server",
    names: ["redis-server"],
    neededFor: "nothing yet: Redis is no engine of this version",
    byUsers: false,
    mend: "install Redis (Debian: redis-server)",
  },
  {
    name: "chromium",
    names: ["chromium", "chromium-browser", "google-chrome"],
    neededFor: "dbwright's own tests of diagrams in a browser",
    byUsers: false,
    mend: "install Chromium (Debian: chromium)",
  },
];

const PACKAGES: readonly Need[] = [
  {
    name: "knex",
    names: ["knex"],
    neededFor: "design: running the Knex migration in the proof",
    byUsers: true,
    mend: "npm install knex beside dbwright",
  },
  {
    name: "@prisma/prisma-schema-wasm",
    names: ["@prisma/prisma-schema-wasm"],
    neededFor: "design: Prisma's own validation of prisma/schema.prisma in the proof",
    byUsers: true,
    mend: "npm install @prisma/prisma-schema-wasm beside dbwright",
  },
];

/** Something looked for, and where and in which version it was found. */
interface Looked {
  readonly name: string;
  readonly found: { readonly path: string; readonly version: string | null } | null;
  readonly neededFor: string;
}

/** Whether the default server starts. */
type Start =
  | { readonly standing: "measured"; readonly server: string; readonly start_ms: number }
  | { readonly standing: "measured"; readonly failure: readonly Problem[] }
  | { readonly standing: "not proved"; readonly reason: string };

/** What `doctor` prints with `--json`. */
interface DoctorOutput {
  readonly node: { readonly version: string; readonly required: string; readonly supported: boolean };
  readonly platform: { readonly system: string; readonly architecture: string; readonly root: boolean };
  readonly majorDefault: number;
  readonly engines: readonly EngineSurvey[];
  readonly start: Start;
  readonly tools: readonly Looked[];
  readonly packages: readonly Looked[];
  readonly cache: {
    readonly dir: string;
    /** Differs from `dir` where root's server cannot live there. */
    readonly used: string;
    readonly bytes: number;
    readonly leftoversCleared: readonly string[];
  };
  readonly missing: readonly { readonly name: string; readonly neededFor: string; readonly mend: string }[];
  /** Whether the default twin works; with `--no-start`, whether its binaries are at hand. */
  readonly works: boolean;
}

async function runDoctor(options: z.output<typeof input>, context: ActionContext): Promise<DoctorOutput> {
  const { clearLeftovers } = await import("../twin/server/leftovers.ts");
  const { workplace } = await import("../twin/server/account.ts");
  const { surveyEngines } = await import("../twin/server/engine.ts");
  const { diskUsage_bytes } = await import("../twin/server/cache.ts");
  const place = await workplace(context.cacheDir);
  const leftoversCleared = await clearLeftovers(place);
  const engines = await surveyEngines(context.searchPath, place);
  const tools = await lookForTools(context);
  const packages = PACKAGES.map(({ name, neededFor }): Looked => ({ name, found: findPackage(name), neededFor }));
  const start = await tryStart(options.start, context);
  const atHand = engines.some(({ major, used }) => major === MAJOR_DEFAULT && used !== "registry" && used !== "none");
  const [nodeMajor = 0, nodeMinor = 0] = process.versions.node.split(".").map(Number);
  const absent = new Set([...tools, ...packages].filter(({ found }) => found === null).map(({ name }) => name));
  return {
    node: {
      version: process.versions.node,
      required: NODE_REQUIRED,
      supported: nodeMajor > 20 || (nodeMajor === 20 && nodeMinor >= 19),
    },
    platform: { system: process.platform, architecture: process.arch, root: process.getuid?.() === 0 },
    majorDefault: MAJOR_DEFAULT,
    engines,
    start,
    tools,
    packages,
    cache: { dir: context.cacheDir, used: place.dir, bytes: await diskUsage_bytes(place.dir), leftoversCleared },
    missing: [...TOOLS, ...PACKAGES]
      .filter(({ name, byUsers }) => byUsers && absent.has(name))
      .map(({ name, neededFor, mend }) => ({ name, neededFor, mend })),
    works: start.standing === "measured" ? "server" in start : atHand,
  };
}

async function lookForTools(context: ActionContext): Promise<readonly Looked[]> {
  const { findTool } = await import("../twin/server/tools.ts");
  const task = context.progress.start("looking for tools", TOOLS.length);
  const looked: Looked[] = [];
  for (const { name, names, neededFor } of TOOLS) {
    task.update(looked.length, name);
    looked.push({ name, found: await findTool(names, context.searchPath, context.signal), neededFor });
  }
  task.done();
  return looked;
}

// The package's own package.json need not be among its exports, so it is looked for upwards from the entry.
function findPackage(name: string): Looked["found"] {
  try {
    for (let dir = dirname(createRequire(import.meta.url).resolve(name)); dir !== dirname(dir); dir = dirname(dir)) {
      const file = join(dir, "package.json");
      if (!existsSync(file)) continue;
      const manifest = JSON.parse(readFileSync(file, "utf8")) as { readonly name?: string; readonly version?: string };
      if (manifest.name === name) return { path: dir, version: manifest.version ?? null };
    }
  } catch {
    // Not installed: an optional dependency that npm left out.
  }
  return null;
}

async function tryStart(wanted: boolean, context: ActionContext): Promise<Start> {
  if (!wanted) return { standing: "not proved", reason: "the server was not started (--no-start)" };
  const { openServer } = await import("../twin/server/open.ts");
  const request = twinRequest(MAJOR_DEFAULT, undefined, context);
  const open = async (): Promise<{ server: string; start_ms: number }> => {
    const startedAt_ms = performance.now();
    const server = await openServer(request);
    const start_ms = Math.round(performance.now() - startedAt_ms);
    await server.close();
    return { server: server.description, start_ms };
  };
  try {
    // The first start may also fetch, copy and prepare; what counts is every later one.
    await open();
    return { standing: "measured", ...(await open()) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof DbwrightError)) throw error;
    return { standing: "measured", failure: error.problems };
  }
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

const USED: Readonly<Record<EngineSurvey["used"], string>> = {
  bundled: "the bundled package",
  cached: "the package in the cache",
  path: "this machine's binaries",
  registry: "fetched from the npm registry when asked for",
  none: "none: no package for this machine; install a server or use --twin URL",
};

function startLine(start: Start, style: Style): string {
  if (start.standing === "not proved") return style.yellow(`not proved: ${start.reason}`);
  if ("server" in start) return style.green(`works: ${start.server}, started in ${start.start_ms} ms (measured)`);
  return style.red(`does not work: ${start.failure.map((problem) => problem.what).join("; ")}`);
}

function lookedRows(looked: readonly Looked[]): readonly string[] {
  return columns(
    looked.map(({ name, found, neededFor }) => [
      name,
      found === null ? "absent" : (found.version ?? "found"),
      found?.path ?? "-",
      neededFor,
    ]),
  );
}

function render(output: DoctorOutput, style: Style): string {
  const { node, platform, cache } = output;
  const engineRows = columns([
    ["major", "bundled", "cached", "on this machine", "used"],
    ...output.engines.map(({ major, bundled, cached, onPath, used }) => [
      `${major}${major === output.majorDefault ? " (default)" : ""}`,
      bundled ?? "-",
      cached ?? "-",
      onPath === null ? "-" : `${onPath.version} in ${onPath.dir}`,
      USED[used],
    ]),
  ]);
  const section = (title: string, lines: readonly string[]): string =>
    [style.bold(title), ...lines.map((line) => `  ${line}`)].join("\n");
  const failure = output.start.standing === "measured" && "failure" in output.start ? output.start.failure : [];
  return [
    section("Twin", [
      startLine(output.start, style),
      ...failure.flatMap(({ mend }) => (mend === undefined ? [] : [`to mend it: ${mend}`])),
    ]),
    section("PostgreSQL for twins", [style.dim(engineRows[0] ?? ""), ...engineRows.slice(1)]),
    section("This machine", [
      `Node ${node.version} ${node.supported ? `(${node.required} or newer is needed)` : style.red(`is too old: ${node.required} or newer is needed`)}`,
      `${platform.system} ${platform.architecture}${platform.root ? ", as root: servers run as the account nobody" : ""}`,
    ]),
    section("Cache", [
      `${cache.used}, ${Math.round(cache.bytes / 1_000_000)} MB`,
      ...(cache.used === cache.dir ? [] : [`in place of ${cache.dir}, which the account nobody cannot reach`]),
      cache.leftoversCleared.length === 0 ? "no leftovers" : `leftovers cleared: ${cache.leftoversCleared.length}`,
    ]),
    section("Tools", lookedRows(output.tools)),
    section("Optional packages", lookedRows(output.packages)),
    section(
      "Missing",
      output.missing.length === 0
        ? [style.green("nothing that an action needs")]
        : output.missing.map(({ name, neededFor, mend }) => `${style.yellow(name)}: ${neededFor}; ${mend}`),
    ),
  ].join("\n\n");
}

/** `dbwright doctor`: what was found, what would be used, what is missing. */
export const doctorAction: Action = action({
  name: "doctor",
  summary: "Say what dbwright found on this machine, and whether the twin works",
  description: [
    "Looks for PostgreSQL binaries of each major that a twin can run (the bundled npm package, one fetched before, " +
      "this machine's own) and says which would be used; looks for tools and optional packages and says which action " +
      "lacks something without them; clears what killed runs left in the cache.",
    "Then it starts the default server twice and reports how long the second start took. `--no-start` leaves that " +
      "out. The exit code is 0 when the default twin works (with `--no-start`: when its binaries are at hand), else 1.",
  ].join("\n\n"),
  examples: [
    { command: "doctor", what: "check this machine" },
    { command: "doctor --no-start --json", what: "what is at hand, for another program" },
  ],
  effect: "writes files",
  input,
  positionals: [],
  run: runDoctor,
  render,
  exitCode: (output) => (output.works ? 0 : 1),
});
