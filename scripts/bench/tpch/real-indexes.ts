import { isSqlState } from "../../../src/engines/postgres/driver.ts";
import type { Session } from "../../../src/engines/postgres/driver.ts";
import { qualified } from "../../../src/engines/postgres/print.ts";
import type { Selection } from "../../../src/tune/selection/selection.ts";
import { QUERIES } from "./queries.ts";

/** A query on the loaded data: the planner's cost, and how long it ran. */
interface Run {
  readonly cost: number;
  /** Null: cut off. */
  readonly ms: number | null;
}

const MB = 1e6;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

async function runAll(session: Session, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, Run>> {
  const runs = new Map<string, Run>();
  for (const { number, sql } of QUERIES) {
    if (!ids.has(String(number))) continue;
    const { rows } = await session.query<{
      readonly "QUERY PLAN": readonly { readonly Plan: Readonly<Record<string, number>> }[];
    }>(`EXPLAIN (FORMAT JSON) ${sql}`);
    runs.set(String(number), {
      cost: rows[0]?.["QUERY PLAN"][0]?.Plan["Total Cost"] ?? NaN,
      ms: await time(session, sql),
    });
  }
  return runs;
}

async function time(session: Session, sql: string): Promise<number | null> {
  const began = performance.now();
  try {
    await session.execute(sql);
    return performance.now() - began;
  } catch (error) {
    if (isSqlState((error as { code?: string }).code)) return null;
    throw error;
  }
}

/**
 * Builds the chosen indexes on the loaded data and tells what became of the estimates: bytes, the planner's costs, and
 * how long the queries run before and after, each at most `limit_ms` long. The indexes are gone afterwards.
 */
export async function tryReal(session: Session, selection: Selection, limit_ms: number): Promise<readonly string[]> {
  const ids = new Set(selection.queries.map(({ id }) => id));
  await session.execute(`SET statement_timeout = ${Math.round(limit_ms)}`);
  const before = await runAll(session, ids);
  await session.execute("SET statement_timeout = 0");
  const sizes: { readonly name: string; readonly real: number; readonly estimated: number }[] = [];
  const began = performance.now();
  try {
    for (const { tried } of selection.chosen) {
      await session.execute(tried.index.definition);
      const { rows } = await session.query<{ bytes: string }>(
        "SELECT pg_catalog.pg_relation_size($1::regclass) AS bytes",
        [qualified(tried.index.schema, tried.index.name)],
      );
      sizes.push({ name: tried.index.name, real: Number(rows[0]?.bytes), estimated: tried.bytes });
    }
    const built_s = (performance.now() - began) / 1000;
    await session.execute(`SET statement_timeout = ${Math.round(limit_ms)}`);
    const after = await runAll(session, ids);
    return [
      ...sizeLines(sizes, built_s),
      ...costLines(selection, before, after),
      ...timeLines(before, after, limit_ms),
    ];
  } finally {
    await session.execute("SET statement_timeout = 0");
    for (const { tried } of selection.chosen)
      await session.execute(`DROP INDEX IF EXISTS ${qualified(tried.index.schema, tried.index.name)}`);
  }
}

function sizeLines(
  sizes: readonly { readonly name: string; readonly real: number; readonly estimated: number }[],
  built_s: number,
): readonly string[] {
  const sum = (of: "real" | "estimated"): number => sizes.reduce((total, size) => total + size[of], 0);
  const off = sizes.toSorted(
    (a, b) => Math.abs(Math.log(b.estimated / b.real)) - Math.abs(Math.log(a.estimated / a.real)),
  );
  const [worst] = off;
  return [
    `real: ${sizes.length} indexes built in ${built_s.toFixed(1)} s, ${(sum("real") / MB).toFixed(1)} MB; estimated ${(sum("estimated") / MB).toFixed(1)} MB (${percent(sum("estimated") / sum("real"))})${worst === undefined ? "" : `; furthest off ${worst.name}: ${(worst.estimated / MB).toFixed(2)} MB for ${(worst.real / MB).toFixed(2)} MB`}`,
  ];
}

function costLines(
  selection: Selection,
  before: ReadonlyMap<string, Run>,
  after: ReadonlyMap<string, Run>,
): readonly string[] {
  const ratios = (runs: ReadonlyMap<string, Run>, of: "before" | "after"): readonly (readonly [string, number])[] =>
    selection.queries.map((query) => [query.id, (runs.get(query.id)?.cost ?? NaN) / query[of]] as const);
  const line = (what: string, all: readonly (readonly [string, number])[]): string => {
    const [worst] = all.toSorted(([, a], [, b]) => Math.abs(Math.log(b)) - Math.abs(Math.log(a)));
    const close = all.filter(([, ratio]) => Math.abs(ratio - 1) <= 0.01).length;
    return `real: costs ${what}: ${close} of ${all.length} within 1 % of the twin's${worst === undefined ? "" : `, furthest off query ${worst[0]}: ${worst[1].toFixed(3)}×`}`;
  };
  const total = (runs: ReadonlyMap<string, Run>): number => [...runs.values()].reduce((sum, { cost }) => sum + cost, 0);
  return [
    line("before", ratios(before, "before")),
    line("after", ratios(after, "after")),
    `real: estimated cost of the workload with real indexes ${percent(total(after) / total(before))} (on the twin ${percent(selection.costAfter / selection.costBefore)})`,
  ];
}

function timeLines(
  before: ReadonlyMap<string, Run>,
  after: ReadonlyMap<string, Run>,
  limit_ms: number,
): readonly string[] {
  const rows = [...before].map(([id, { ms }]) => ({ id, before: ms, after: after.get(id)?.ms ?? null }));
  const both = rows.flatMap((row) =>
    row.before === null || row.after === null ? [] : [{ id: row.id, before: row.before, after: row.after }],
  );
  const sum = (of: "before" | "after"): number => both.reduce((total, row) => total + row[of], 0);
  const slower = both.filter((row) => row.after > row.before * 1.2 && row.after - row.before > 100);
  const seconds = (ms: number | null): string =>
    ms === null ? `cut off after ${limit_ms / 1000} s` : `${(ms / 1000).toFixed(2)} s`;
  const cut = rows.filter((row) => row.before === null || row.after === null);
  return [
    `real: run time of ${both.length} queries ${(sum("before") / 1000).toFixed(1)} s before, ${(sum("after") / 1000).toFixed(1)} s after (${percent(sum("after") / sum("before"))}), each measured once`,
    ...cut.map((row) => `real: query ${row.id}: ${seconds(row.before)} before, ${seconds(row.after)} after`),
    ...slower.map(
      (row) => `real: query ${row.id} ran longer: ${seconds(row.before)} before, ${seconds(row.after)} after`,
    ),
  ];
}
