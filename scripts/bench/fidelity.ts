/*
 * npm run bench -- fidelity [--scale 1]
 *
 * Does a twin at depth `stats` plan as the database it was made from? Loads data of TPC-H's shape on one server
 * ("production"), reads its statistics as a role that is no superuser, transplants them to an empty copy of the schema,
 * and compares the plans of the 22 queries, before and after adding indexes on both sides; and the sizes of these indexes
 * as the twin without them thinks of them. Then: how long the twin of a database of 1,000 tables and 1 TB takes to build,
 * and how much room.
 */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../src/engines/postgres/driver.ts";
import { postgres } from "../../src/engines/postgres/dialect.ts";
import { readQueryPlan } from "../../src/engines/postgres/explain.ts";
import { introspect } from "../../src/engines/postgres/introspect.ts";
import { readPlannerStatistics } from "../../src/engines/postgres/planner-statistics.ts";
import type { Catalog, IndexObject } from "../../src/model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../src/model/planner-statistics.ts";
import type { QueryPlan, QueryPlanNode } from "../../src/model/query-plan.ts";
import { buildDatabase } from "../../src/twin/prove-plan/build.ts";
import type { TwinDatabase, TwinServer } from "../../src/twin/server.ts";
import { transplant } from "../../src/twin/stats/transplant.ts";
import { openWhatIf } from "../../src/twin/what-if/what-if.ts";
import { openBenchServer } from "./bench-server.ts";
import { decimalOption } from "./number-option.ts";
import { figureText } from "./figure.ts";
import { QUERIES } from "./tpch/queries.ts";
import { INDEXES_SQL, loadTpch } from "./tpch/schema.ts";
import { NOTICE } from "./tpch/words.ts";

const COST_TOLERANCE = 0.01;

const say = (text: string): void => void process.stdout.write(`  ${text}\n`);
const elapsed_s = (since_ms: number): number => (performance.now() - since_ms) / 1000;

const SHAPE_DETAILS = [
  "Join Type",
  "Strategy",
  "Partial Mode",
  "Scan Direction",
  "Parallel Aware",
  "Sort Key",
] as const;

/** What a plan does, without its numbers. */
function shapeOf(node: QueryPlanNode): unknown {
  return [
    node.kind,
    node.relation?.name ?? null,
    node.index,
    node.relationship,
    SHAPE_DETAILS.map((name) => node.details[name] ?? null),
    node.children.map(shapeOf),
  ];
}

async function planOf(session: Session, sql: string): Promise<QueryPlan> {
  const { rows } = await session.query<{ readonly "QUERY PLAN": unknown }>(`EXPLAIN (FORMAT JSON) ${sql}`);
  return readQueryPlan(rows[0]?.["QUERY PLAN"]);
}

/** Prints how each query is planned on both; returns how many plans are the same, and of the same cost. */
async function compare(production: Session, twin: Session): Promise<{ shapes: number; costs: number }> {
  let [shapes, costs] = [0, 0];
  for (const { number, sql } of QUERIES) {
    const [real, stated] = [await planOf(production, sql), await planOf(twin, sql)];
    const same = JSON.stringify(shapeOf(real.root)) === JSON.stringify(shapeOf(stated.root));
    const ratio = stated.root.cost.total / real.root.cost.total;
    const close = Math.abs(ratio - 1) <= COST_TOLERANCE;
    if (same) shapes += 1;
    if (close) costs += 1;
    say(
      `  query ${String(number).padStart(2)}: ${same ? "same plan" : "OTHER PLAN"}, cost ratio ${ratio.toFixed(5)}${close ? "" : "  OFF"}`,
    );
  }
  return { shapes, costs };
}

interface Twin {
  readonly database: TwinDatabase;
  readonly catalog: Catalog;
  readonly seconds: number;
}

async function twinOf(server: TwinServer, production: Session): Promise<Twin> {
  const catalog = await introspect(production);
  const statistics = await readPlannerStatistics(production, catalog);
  const startedAt_ms = performance.now();
  const database = await buildDatabase(server, { catalog }, postgres);
  const told = await transplant(database, server, catalog, statistics);
  for (const note of told.notes) say(`  note: ${note}`);
  return { database, catalog, seconds: elapsed_s(startedAt_ms) };
}

/** Farthest that the size of an index that is only thought of may be from that of the one that was built. */
const SIZE_TOLERANCE = 0.1;

/** Prints the sizes of the indexes that `production` has and the twin not, as the twin thinks of them. */
async function compareSizes(server: TwinServer, production: Session, { database, catalog }: Twin): Promise<void> {
  const keyOf = ({ schema, name }: IndexObject): string => JSON.stringify([schema, name]);
  const indexesOf = ({ objects }: Catalog): IndexObject[] => objects.filter((object) => object.kind === "index");
  const there = new Set(indexesOf(catalog).map(keyOf));
  const added = indexesOf(await introspect(production)).filter((index) => !there.has(keyOf(index)));
  const whatIf = await openWhatIf(database, server, catalog);
  const outcomes = await whatIf.make(added);
  await whatIf.close();
  let near = 0;
  for (const [at, index] of added.entries()) {
    const outcome = outcomes[at];
    const { rows } = await production.query<{ readonly bytes: number }>(
      "SELECT pg_relation_size(format('%I.%I', $1::text, $2::text))::float8 AS bytes",
      [index.schema, index.name],
    );
    const ratio = (outcome?.ok === true ? outcome.tried.bytes : 0) / (rows[0]?.bytes ?? 1);
    if (Math.abs(ratio - 1) <= SIZE_TOLERANCE) near += 1;
    else say(`  ${index.definition}: size ratio ${ratio.toFixed(2)}  OFF`);
  }
  say(`${near} of ${added.length} indexes thought of within 10 % of the built size (goal ${added.length})`);
}

async function tpchFidelity(scale: number): Promise<void> {
  const server = await openBenchServer();
  try {
    const database = await server.createDatabase();
    const production = await database.connect("owner");
    const second = await database.connect("owner");
    const startedAt_ms = performance.now();
    await loadTpch(production, second, scale);
    await second.close();
    say(`scale ${scale}: loaded in ${elapsed_s(startedAt_ms).toFixed(0)} s on ${server.description}; ${NOTICE}`);
    let plain: Twin | null = null;
    for (const stage of ["keys only", `${INDEXES_SQL.length} indexes added`] as const) {
      if (stage !== "keys only") for (const sql of INDEXES_SQL) await production.execute(sql);
      if (plain !== null) await compareSizes(server, production, plain);
      const twin = await twinOf(server, production);
      plain = twin;
      const session = await twin.database.connect("owner");
      say(`${stage}: twin built in ${twin.seconds.toFixed(2)} s`);
      const { shapes, costs } = await compare(production, session);
      await session.close();
      const all = QUERIES.length;
      say(
        `${stage}: ${shapes} of ${all} plans the same (goal ${all}), ${costs} of ${all} costs within 1 % (goal ${all})`,
      );
    }
  } finally {
    await server.close();
  }
}

const LARGE = { tables: 1000, bytes: 1024 ** 4, columns: 12 } as const;

function largeSql(number: number): string {
  const columns = Array.from(
    { length: LARGE.columns - 3 },
    (_, index) => `c${index} ${index % 3 === 0 ? "text" : "integer"}`,
  );
  return `CREATE TABLE t${number} (id bigint PRIMARY KEY, parent bigint, made timestamptz, ${columns.join(", ")});
    CREATE INDEX ON t${number} (parent, made); CREATE INDEX ON t${number} (c0); CREATE INDEX ON t${number} (c1, c2)`;
}

/** Statistics as such a database would have them: tables and indexes of 1 TB together, 100 bounds per column. */
function largeStatistics(catalog: Catalog, empty: PlannerStatistics): PlannerStatistics {
  // Three quarters in tables, a quarter in their four indexes.
  const tablePages = Math.round((LARGE.bytes * 0.75) / LARGE.tables / 8192);
  const indexPages = Math.round((LARGE.bytes * 0.25) / LARGE.tables / 8192 / 4);
  const rows = tablePages * 60;
  const relations = empty.relations.map((relation) => {
    const pages = relation.kind === "index" ? indexPages : tablePages;
    return { ...relation, pages, countedPages: pages, rows, allVisiblePages: relation.kind === "index" ? 0 : pages };
  });
  const columns = catalog.objects.flatMap((object): ColumnDistribution[] => {
    if (object.kind !== "column") return [];
    const value = (n: number): string =>
      object.type === "text"
        ? `value ${String(n).padStart(6, "0")}`
        : object.type.startsWith("timestamp")
          ? new Date(n * 1e9).toISOString()
          : String(n * 1000);
    return [
      {
        schema: object.schema ?? "",
        relation: object.table,
        column: object.name,
        type: object.type,
        inherited: false,
        nullShare: 0,
        width_bytes: 12,
        distinct: -0.2,
        common: null,
        histogram: Array.from({ length: 101 }, (_, n) => value(n)),
        correlation: 0.5,
        elements: null,
        elementCounts: null,
        rangeBounds: null,
        rangeLengths: null,
        rangeEmptyShare: null,
      },
    ];
  });
  return { ...empty, relations, columns };
}

/** What a folder takes on the disk, which for sparse files is less than their length. */
function disk_mb(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries.reduce((sum, entry) => sum + lstatSync(join(folder, entry)).blocks * 512, 0) / 1024 ** 2;
}

async function largeTwin(): Promise<void> {
  const origin = await openBenchServer();
  let catalog: Catalog;
  let statistics: PlannerStatistics;
  let byHand_s = 0;
  try {
    const session = await (await origin.createDatabase()).connect("owner");
    const peerAt_ms = performance.now();
    for (let number = 0; number < LARGE.tables; number++) await session.execute(largeSql(number));
    byHand_s = elapsed_s(peerAt_ms);
    catalog = await introspect(session);
    statistics = largeStatistics(catalog, await readPlannerStatistics(session, catalog));
    await session.close();
  } finally {
    await origin.close();
  }
  const startedAt_ms = performance.now();
  const server = await openBenchServer();
  try {
    const database = await buildDatabase(server, { catalog }, postgres);
    const built_s = elapsed_s(startedAt_ms);
    const told = await transplant(database, server, catalog, statistics);
    const seconds = elapsed_s(startedAt_ms);
    const peer = { what: "the time in which the server creates that schema", seconds: byHand_s };
    say(
      `${told.relations} relations of ${((told.pages * 8192) / 1024 ** 4).toFixed(2)} TiB, ${told.columns} columns; server and schema took ${built_s.toFixed(1)} s of it`,
    );
    process.stdout.write(
      `${figureText({ what: "twin of 1,000 tables and 1 TB", seconds, peer, goal: { seconds: 20 } })}\n`,
    );
    const room = disk_mb(server.dataDir ?? "");
    say(`room on disk: ${room.toFixed(0)} MB  goal 200 MB: ${room <= 200 ? "met" : "MISSED"}`);
  } finally {
    await server.close();
  }
}

/** Prints plans and costs on production and twin, and what a large twin takes. */
export async function run(): Promise<void> {
  await tpchFidelity(decimalOption("--scale", 1));
  await largeTwin();
}
