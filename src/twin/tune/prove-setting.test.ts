import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { readPlannerStatistics } from "../../engines/postgres/planner-statistics.ts";
import { readStatistics } from "../../engines/postgres/statistics.ts";
import type { SettingAdvice } from "../../model/advice.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { silentProgress } from "../../model/progress.ts";
import type { Proof } from "../../model/proof.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { proposeSettings } from "../../tune/settings/settings.ts";
import type { ProposedSettings } from "../../tune/settings/settings.ts";
import type { SettingInput } from "../../tune/settings/facts.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinDatabase, TwinServer } from "../server.ts";
import { fillFromStatistics } from "../stats-rows/fill.ts";
import { PlanObserver, observePlans } from "./observe-plans.ts";
import { proveSettings } from "./prove-setting.ts";
import { trySettings } from "./try-settings.ts";
import type { SettingsTrial } from "./try-settings.ts";

// The postcode decides the city; the upper case of a name has two values; a list of 4 common values is far too short;
// most customers come once, in groups that lie together on disk.
const SQL = `
  CREATE TABLE place (id integer PRIMARY KEY, city text NOT NULL, zip text NOT NULL, name text NOT NULL, kind integer NOT NULL);
  ALTER TABLE place ALTER COLUMN kind SET STATISTICS 4;
  INSERT INTO place SELECT n, 'city ' || n % 40, 'zip ' || n % 40, CASE WHEN n % 4 = 0 THEN 'Aa' ELSE 'B' || n END,
    CASE WHEN n % 2 = 0 THEN (n / 2) % 8 ELSE 100 + n END FROM generate_series(1, 60000) AS n;
  VACUUM (ANALYZE) place;`;
const QUERIES = [
  "SELECT count(*) FROM place WHERE city = 'city 7' AND zip = 'zip 7'",
  "SELECT count(*) FROM place WHERE lower(name) = 'aa'",
  "SELECT count(*) FROM place WHERE city = 'city 7'",
  "SELECT * FROM place ORDER BY name, city DESC",
];

let folder: Playground;
let server: TwinServer;
let source: TwinDatabase;
let proposed: ProposedSettings;

const workload = QUERIES.map((text, at): WorkloadQuery => ({
  id: `q${at}`,
  text,
  verb: "select",
  calls: 1,
  total_ms: null,
  rows: null,
  executions: [{ sql: text, values: [] }],
  prepared: false,
  origins: [],
}));

const twin = (): Proof["twin"] => ({
  engine: "postgres",
  version: server.version,
  depth: "rows",
  server: server.description,
});

async function observed<T>(database: TwinDatabase, work: (observer: PlanObserver) => Promise<T>): Promise<T> {
  const session = await database.connect("owner");
  try {
    return await work(new PlanObserver(session, { searchPath: "public", limit_ms: 10_000 }));
  } finally {
    await session.close();
  }
}

async function situationOf(database: TwinDatabase): Promise<SettingsTrial["situation"]> {
  const session = await database.connect("owner");
  const catalog = await introspect(session);
  const statistics = await readPlannerStatistics(session, catalog);
  const usage = await readStatistics(session, catalog, { sampleRows: 0 });
  await session.close();
  return {
    view: viewOf(catalog),
    statistics,
    usage,
    workload: { source: "test", span_s: null, queries: workload, patterns: [], leftOut: [] },
    searchPath: ["public"],
  };
}

async function inputFor(database: TwinDatabase): Promise<SettingInput> {
  const { plans, unseen } = await observed(database, (observer) =>
    observePlans(observer, workload, { time_ms: 60_000, signal: new AbortController().signal }),
  );
  expect(unseen).toEqual([]);
  return { ...(await situationOf(database)), dialect: postgres, plans };
}

const proofs = (database: TwinDatabase, origin: "source" | "statistics"): Promise<readonly SettingAdvice[]> =>
  observed(database, (observer) =>
    proveSettings(proposed.advice, {
      observer,
      origin,
      twin: twin(),
      queries: workload,
      signal: new AbortController().signal,
    }),
  );

beforeAll(async () => {
  folder = playground();
  server = await openServer(requestFor(folder.cacheDir));
  source = await server.createDatabase();
  const session = await source.connect("owner");
  for (const sql of SQL.split(/;\n?/)) if (sql.trim() !== "") await session.execute(sql);
  await session.close();
  proposed = await proposeSettings(await inputFor(source));
}, 60_000);

afterAll(async () => {
  await server?.close();
  folder?.remove();
});

describe("advice on statistics and settings", () => {
  it("is given by evidence from plans that ran", () => {
    expect(proposed.advice.map(({ sql }) => sql)).toEqual([
      "CREATE STATISTICS public.place_city_zip_stat ON city, zip FROM public.place",
      "CREATE STATISTICS public.place_lower_name_stat ON (lower(name)) FROM public.place",
      "SET LOCAL work_mem = '8MB'",
    ]);
  });

  it("is proved on the source's own rows, and leaves nothing behind", async () => {
    const advice = await proofs(source, "source");
    expect(advice.map(({ proof }) => proof.verdict)).toEqual(["proved", "proved", "proved"]);
    const [extended] = advice;
    const figures = extended?.proof.steps[0]?.figures ?? {};
    expect(figures["factor_before"]).toBeGreaterThan(20);
    expect(figures["factor_after"]).toBeLessThan(2);
    const session = await source.connect("owner");
    const { rows } = await session.query("SELECT count(*)::integer AS statistics FROM pg_statistic_ext");
    expect(rows).toEqual([{ statistics: 0 }]);
    await session.close();
  });

  it("is not called proved on rows that were drawn column by column", async () => {
    const session = await source.connect("owner");
    const catalog = await introspect(session);
    const statistics = await readPlannerStatistics(session, catalog);
    await session.close();
    const drawn = await server.createDatabase();
    const owner = await drawn.connect("owner");
    for (const { sql } of postgres.create(catalog)) await owner.execute(sql).catch(() => {});
    await owner.close();
    const signal = new AbortController().signal;
    await fillFromStatistics(drawn, catalog, statistics, {
      rowsMax: 60_000,
      seed: 1,
      signal,
      progress: silentProgress,
    });
    const [extended] = await proofs(drawn, "statistics");
    expect(extended?.proof.verdict).toBe("not-run");
    expect(extended?.proof.reason).toContain("column by column");
  });

  it("is led from a situation, with rows and without", async () => {
    const trial = {
      situation: await situationOf(source),
      queries: workload,
      plans: [],
      twin: twin(),
      signal: new AbortController().signal,
      time_ms: 60_000,
      limit_ms: 10_000,
    };
    const verdicts = async (rows: SettingsTrial["rows"]): Promise<readonly string[]> =>
      (await trySettings({ ...trial, rows })).settings.map(({ proof }) => proof.verdict);
    expect(await verdicts({ database: source, origin: "source" })).toEqual(["proved", "proved", "proved"]);
    // Without a plan there is no evidence.
    expect(await verdicts(null)).toEqual([]);
  });

  it("says that cleaning cannot be tried here", async () => {
    const request = {
      origin: "source",
      twin: twin(),
      queries: workload,
      signal: new AbortController().signal,
    } as const;
    const [advice] = await observed(source, (observer) =>
      proveSettings(
        [
          {
            rule: "autovacuum",
            what: "autovacuum",
            sql: "ALTER TABLE public.place SET (autovacuum_vacuum_scale_factor = 0.05)",
            follow: [],
            undo: ["ALTER TABLE public.place RESET (autovacuum_vacuum_scale_factor)"],
            reason: "",
            figures: {},
            claim: "the table is cleaned more often",
            mechanism: "",
            source: "",
            queries: [],
            trial: { kind: "none", why: "it shows over days" },
          },
        ],
        { ...request, observer },
      ),
    );
    expect(advice?.proof).toMatchObject({ verdict: "not-run", reason: "it shows over days" });
    expect(advice?.proof.steps[0]?.standing).toBe("not proved");
  });
});
