/*
 * npm run corpus -- diff FILE.jsonl… : tries the differ on pairs of schemas that others wrote. Each is loaded, planned,
 * applied, compared with what was wanted by the reader, by the system catalogs and by pg_dump, planned again and
 * taken back. `random` does the same with pairs drawn by chance. Exit code 1 unless every case that loads comes through.
 *
 * The cases' SQL runs as a superuser of a scratch server (roles, casts and leakproof functions need one), which
 * itself runs under an account without rights: give it files that you have looked at.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { silentProgress } from "../src/model/progress.ts";
import { parseEngine } from "../src/twin/request.ts";
import { findDump } from "../src/twin/referee/dump.ts";
import { openServer } from "../src/twin/server/open.ts";
import type { TwinServer } from "../src/twin/server.ts";
import { readCases } from "./corpus/case.ts";
import type { CaseResult, DiffCase } from "./corpus/case.ts";
import { drawPair, drawWidePair, shrunk } from "./corpus/random-edit.ts";
import type { RandomPair } from "./corpus/random-edit.ts";
import { ROLES } from "./corpus/random-part.ts";
import { schemaSql } from "./corpus/random-sql.ts";
import { Places } from "./corpus/pool.ts";
import { reportText, suitesOf } from "./corpus/report.ts";
import { runCase } from "./corpus/run-case.ts";
import type { Bench } from "./corpus/run-case.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    case: { type: "string" },
    direct: { type: "boolean", default: false },
    labels: { type: "boolean", default: false },
    dump: { type: "boolean", default: true },
    engine: { type: "string", default: "postgres@15" },
    jobs: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    report: { type: "string" },
    again: { type: "string" },
    narrow: { type: "boolean", default: false },
    pairs: { type: "string", default: "50" },
    seed: { type: "string" },
    shrink: { type: "boolean", default: true },
  },
});
const [command = "", ...files] = positionals;
const { signal } = new AbortController();

async function open(): Promise<TwinServer> {
  const server = await openServer({
    major: parseEngine(values.engine, "--engine"),
    url: null,
    cacheDir: join(tmpdir(), "dbwright-corpus-cache"),
    searchPath: [],
    signal,
    progress: silentProgress,
  });
  const database = await server.createDatabase();
  const [admin, owner] = [await database.connect("admin"), await database.connect("owner")];
  const { rows } = await owner.query<{ name: string }>("select quote_ident(current_user) as name");
  await owner.close();
  await admin.execute(`alter role ${rows[0]?.name ?? ""} superuser`);
  await admin.close();
  return server;
}

async function benchOf(server: TwinServer): Promise<Bench> {
  const options = { major: server.major, searchPath: [], signal };
  const tool = !values.dump ? { reason: "--no-dump" } : await findDump(options);
  if ("reason" in tool) process.stderr.write(`not compared by pg_dump: ${tool.reason}\n`);
  return {
    places: new Places(server),
    direct: values.direct,
    labels: values.labels,
    dump: "reason" in tool ? null : { tool, options },
  };
}

/** Roles belong to the whole server: those that a case made go with it. */
async function roleKeeper(server: TwinServer): Promise<{ clean(): Promise<void> }> {
  const database = await server.createDatabase();
  const session = await database.connect("admin");
  const names = async (): Promise<string[]> =>
    (await session.query<{ name: string }>("select rolname::text as name from pg_catalog.pg_roles")).rows.map(
      ({ name }) => name,
    );
  const known = new Set(await names());
  return {
    clean: async () => {
      for (const name of (await names()).filter((one) => !known.has(one)))
        await session.execute(`drop role "${name.replaceAll('"', '""')}"`).catch(() => {});
    },
  };
}

async function runAll(server: TwinServer, cases: readonly DiffCase[], bench: Bench): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const roles = await roleKeeper(server);
  const queue = cases.filter((one) => !one.roles);
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      results.push(await runCase(one, bench));
      if (results.length % 50 === 0) {
        process.stderr.write(`${results.length} of ${cases.length}\n`);
        if (values.report !== undefined) writeFileSync(values.report, reportText(results));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, worker));
  for (const one of cases.filter(({ roles: alone }) => alone)) {
    results.push(await runCase(one, bench));
    await roles.clean();
  }
  return results;
}

async function diff(): Promise<boolean> {
  const before = values.again === undefined ? null : readFileSync(values.again, "utf8");
  const cases = files
    .flatMap(readCases)
    .filter(({ name }) => values.case === undefined || name.includes(values.case))
    .filter(({ suite, name }) => before === null || before.includes(` ${suite}/${name}:`));
  const server = await open();
  try {
    const results = await runAll(server, cases, await benchOf(server));
    process.stdout.write(
      values.json ? `${JSON.stringify({ suites: suitesOf(results), results })}\n` : reportText(results),
    );
    return results.every(
      ({ loaded, converged, replanEmpty, undone }) => !loaded || (converged && replanEmpty && undone !== false),
    );
  } finally {
    await server.close();
  }
}

const asCase = (pair: RandomPair): DiffCase => ({
  suite: "random",
  name: String(pair.seed),
  setup: "",
  old: schemaSql(pair.from),
  new: schemaSql(pair.to),
  roles: false,
  lenient: true,
});

const draw = (seed: number): RandomPair => (values.narrow ? drawPair(seed) : drawWidePair(seed));

async function makeRoles(server: TwinServer): Promise<void> {
  const database = await server.createDatabase();
  const session = await database.connect("admin");
  for (const role of ROLES) await session.execute(`create role ${role}`);
  await session.close();
  await database.drop();
}

/** Random pairs; the first that fails is made smaller and printed. */
async function random(): Promise<boolean> {
  const seed = Number(values.seed ?? Math.floor(Date.now() / 1000) % 1_000_000);
  process.stderr.write(`seed ${seed}\n`);
  const pairs = Array.from({ length: Number(values.pairs) }, (_, number) => draw(seed + number));
  const server = await open();
  try {
    const bench = await benchOf(server);
    await makeRoles(server);
    const results = await runAll(server, pairs.map(asCase), bench);
    const refused = results.reduce((sum, one) => sum + one.refused, 0);
    process.stderr.write(`${(refused / (2 * results.length)).toFixed(1)} statements of a schema refused\n`);
    process.stdout.write(
      values.json ? `${JSON.stringify({ seed, suites: suitesOf(results), results })}\n` : reportText(results),
    );
    const failed = results
      .filter(({ failures }) => failures.length > 0)
      .toSorted((a, b) => Number(a.name) - Number(b.name));
    if (values.shrink) {
      for (const first of failed.slice(0, 3)) {
        const kinds = new Set(first.failures.map((failure) => failure.class));
        const fails = async (pair: RandomPair): Promise<boolean> =>
          (await runCase(asCase(pair), bench)).failures.some((failure) => kinds.has(failure.class));
        const small = await shrunk(draw(Number(first.name)), fails, 200);
        const { failures } = await runCase(asCase(small), bench);
        const why = failures.map((failure) => `-- ${failure.class}: ${failure.text}`).join("\n");
        process.stdout.write(
          `\n-- seed ${first.name}, made smaller\n${why}\n-- FROM\n${schemaSql(small.from)}-- TO\n${schemaSql(small.to)}`,
        );
      }
    }
    return failed.length === 0;
  } finally {
    await server.close();
  }
}

async function lint(): Promise<boolean> {
  const { corpusOfLint } = await import("./corpus-lint.ts");
  return await corpusOfLint(files);
}

const COMMANDS: Readonly<Record<string, () => Promise<boolean>>> = { diff, lint, random };
if (COMMANDS[command] === undefined || (command !== "random" && files.length === 0)) {
  process.stderr.write(
    "usage: npm run corpus -- diff FILE.jsonl… [--case NAME] [--again REPORT]\n" +
      "       npm run corpus -- lint FILE.jsonl…\n" +
      "       npm run corpus -- random [--pairs 50] [--seed N] [--no-shrink] [--narrow]\n" +
      "diff and random:  [--direct] [--labels] [--no-dump] [--engine postgres@15] [--jobs 2] [--report FILE] [--json]\n",
  );
  process.exitCode = 2;
} else if (!(await COMMANDS[command]())) process.exitCode = 1;
