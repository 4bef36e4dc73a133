import { connect } from "../../engines/postgres/driver.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { readPlannerStatistics } from "../../engines/postgres/planner-statistics.ts";
import { readStatistics } from "../../engines/postgres/statistics.ts";
import type { ActionContext } from "../../model/action.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { invalid } from "../../model/error.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Statistics } from "../../model/statistics.ts";
import type { Workload, WorkloadQuery } from "../../model/workload.ts";
import { drawExecutions } from "../../tune/workload/draws.ts";
import { plannerStatisticsOf } from "../open/planner-source.ts";
import type { LazyServer } from "../lazy-server.ts";
import { meansConnection } from "../load/address.ts";
import type { TwinDatabase } from "../server.ts";
import { readSource } from "../source.ts";
import type { ReadSource } from "../source.ts";
import { STAT_STATEMENTS, readWorkload } from "./workload-source.ts";

/** Where advice is sought. */
export interface SituationRequest {
  /** A live PostgreSQL database, a pack, or SQL with rows. */
  readonly source: string;
  /** `stat-statements`, or a file or folder; absent: `stat-statements` of a live source. */
  readonly workload?: string | undefined;
  readonly schemas?: readonly string[] | undefined;
  readonly engine?: string | undefined;
}

/** Everything that is known of a database and what it is asked to do. All of it was read, nothing was written. */
export interface Situation {
  readonly catalog: Catalog;
  readonly view: CatalogView;
  readonly statistics: PlannerStatistics;
  /** Use of tables and indexes; null where the source is no live server. */
  readonly usage: Statistics | null;
  /** With parameters drawn where nobody recorded them. */
  readonly workload: Workload;
  /** Of SQL: the database in which it ran, with its rows; null where the source's rows are not at hand. Idle. */
  readonly rowsDatabase: TwinDatabase | null;
  /** Schemas in which unqualified names are looked up. */
  readonly searchPath: readonly string[];
  readonly notes: readonly string[];
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

/** Queries for which parameters are drawn, the costliest first. */
const QUERIES_MAX = 500;

/**
 * Reads schema, planner statistics, use and workload. A live database is only read, in read-only transactions with
 * short time limits; SQL is loaded with its rows on the twin's server, and analysed there. Throws `invalid` (exit 2)
 * for a source or workload that does not fit, `unavailable` (exit 3) for what cannot be reached.
 */
export async function readSituation(
  request: SituationRequest,
  server: LazyServer,
  context: ActionContext,
): Promise<Situation> {
  const { cwd, signal, progress } = context;
  // A mistake in the files is told before anything is loaded.
  const fromFiles =
    request.workload === undefined || request.workload === STAT_STATEMENTS
      ? null
      : await readWorkload(request.workload, { cwd, signal, progress, session: null });
  const read = await readSource(request.source, {
    server: () => server.open(null),
    cwd,
    signal,
    progress,
    rows: true,
    ...(request.schemas === undefined ? {} : { schemas: request.schemas }),
  });
  if (read.catalog.engine.name !== "postgres") {
    throw invalid({
      what: `the source is of ${read.catalog.engine.name}`,
      where: shown(request.source),
      expected: "a PostgreSQL database, a pack of one, or SQL for PostgreSQL",
    });
  }
  const live = read.kind === "live" ? (): Promise<Session> => connect({ url: request.source, signal }) : null;
  const workload =
    fromFiles ?? (await readWorkload(workloadOf(request, live !== null), { cwd, signal, progress, session: live }));
  const statistics = withRows(request.source, await statisticsOf(request.source, read, context));
  const view = viewOf(read.catalog);
  return {
    catalog: read.catalog,
    view,
    statistics,
    usage: live === null ? null : await usageOf(await live(), read.catalog, signal),
    workload: await withDraws(workload, view, statistics),
    rowsDatabase: read.database ?? null,
    searchPath: await searchPathOf(live, read.catalog),
    notes: [
      ...read.notes,
      ...(statistics.masked
        ? ["the statistics are masked: constants in the workload do not meet the values they stand for"]
        : []),
    ],
    unseen: statistics.unseen,
  };
}

function workloadOf({ workload }: SituationRequest, isLive: boolean): string {
  if (workload !== undefined) return workload;
  if (isLive) return STAT_STATEMENTS;
  throw invalid({
    what: "there is no workload",
    where: "--workload",
    expected: "a file or folder of SQL, pgbench scripts or server logs (a live database has stat-statements, too)",
  });
}

// A connection may hold a password.
const shown = (source: string): string => (meansConnection(source) || /:\/\//.test(source) ? "the database" : source);

/** Tables that the planner takes for empty, or that nobody counted, tell nothing of what would help. */
function withRows(source: string, statistics: PlannerStatistics): PlannerStatistics {
  const counted = statistics.relations.filter(({ table }) => table === null).map(({ rows }) => rows);
  if (counted.some((rows) => rows > 0)) return statistics;
  const never = counted.some((rows) => rows < 0);
  throw invalid({
    what: never
      ? "no table was ever analysed: the planner knows of no row"
      : "all tables are empty: nothing can be told of a workload",
    where: shown(source),
    expected: "tables with rows and statistics of them",
    mend: never ? "run ANALYZE in the database" : "give a database, a pack (dbwright twin pack) or SQL that holds rows",
  });
}

async function statisticsOf(source: string, read: ReadSource, context: ActionContext): Promise<PlannerStatistics> {
  const known = await plannerStatisticsOf(source, read, context, null);
  if (known !== null) return known;
  if (read.database === undefined) {
    throw invalid({
      what: "the source holds a schema without statistics and rows",
      where: shown(source),
      expected: "a postgres:// URL, a pack (dbwright twin pack), or SQL with rows",
    });
  }
  const session = await read.database.connect("owner");
  try {
    // As production keeps them: the visibility map decides whether an index alone can answer.
    await session.execute("VACUUM (ANALYZE)");
    return await readPlannerStatistics(session, read.catalog, { signal: context.signal });
  } finally {
    await session.close();
  }
}

async function usageOf(session: Session, catalog: Catalog, signal: AbortSignal): Promise<Statistics> {
  try {
    return await readStatistics(session, catalog, { sampleRows: 0, signal });
  } finally {
    await session.close();
  }
}

async function searchPathOf(live: (() => Promise<Session>) | null, catalog: Catalog): Promise<readonly string[]> {
  if (live === null) return ["public"];
  const session = await live();
  try {
    await session.execute("BEGIN READ ONLY");
    const found = await session.query<{ path: string[] }>("SELECT pg_catalog.current_schemas(false)::text[] AS path");
    await session.execute("ROLLBACK");
    const path = found.rows[0]?.path ?? [];
    return path.length > 0
      ? path
      : [
          ...new Set(
            catalog.objects.flatMap(({ kind, schema }) => (kind === "table" && schema !== null ? [schema] : [])),
          ),
        ];
  } finally {
    await session.close();
  }
}

async function withDraws(workload: Workload, view: CatalogView, statistics: PlannerStatistics): Promise<Workload> {
  const queries: WorkloadQuery[] = [];
  for (const [place, query] of workload.queries.entries()) {
    const open = query.executions.length === 0 && place < QUERIES_MAX;
    queries.push(open ? { ...query, executions: await drawExecutions(query.text, view, statistics) } : query);
  }
  return { ...workload, queries };
}
