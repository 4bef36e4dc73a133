import type { Session } from "../../engines/postgres/driver.ts";
import { tableName } from "./load.ts";
import { tableKey } from "./order.ts";
import type { LoadOrder } from "./order.ts";
import { quoted } from "./plan.ts";
import type { ReferencePlan, TablePlan } from "./plan.ts";
import { randomOf } from "./random.ts";
import type { StoredTable, Value } from "./store.ts";
import { copyChunks } from "./staging.ts";

/** Share of the rows that get a reference in the second pass. */
const FILLED_SHARE = 0.8;

/** Sets the optional references that close a cycle, when both ends are loaded: one UPDATE per reference. */
export async function fillCutReferences(
  session: Session,
  order: LoadOrder,
  stores: ReadonlyMap<string, StoredTable>,
  seed: number,
): Promise<void> {
  for (const plan of order.tables) {
    for (const reference of plan.references) {
      const parent = stores.get(tableKey(reference.target.schema, reference.target.table));
      const own = stores.get(tableKey(plan.schema, plan.table));
      if (order.cut.has(reference) && reference.enforced && parent !== undefined && own !== undefined) {
        await fill(session, plan, reference, own, parent, seed);
      }
    }
  }
}

async function fill(
  session: Session,
  plan: TablePlan,
  reference: ReferencePlan,
  own: StoredTable,
  parent: StoredTable,
  seed: number,
): Promise<void> {
  const key = plan.keys.find(
    (candidate) => candidate.onServer === null && candidate.columns.every((at) => plan.columns[at]?.required),
  );
  if (key === undefined) return;
  const name = (at: number): string => plan.columns[at]?.name ?? "";
  const keyNames = key.columns.map(name);
  const setNames = reference.nullable.map(name);
  const random = randomOf(seed, `${tableKey(plan.schema, plan.table)} ${reference.name}`);
  const used = new Set<number>();
  const lines: Value[][] = [];
  for (const row of own.rows) {
    if (!random.chance(FILLED_SHARE)) continue;
    const value = (column: string): Value => row[own.columns.indexOf(column)] ?? null;
    const fixed = reference.columns.flatMap((at, place) => (reference.nullable.includes(at) ? [] : [place]));
    const places = reference.targetColumns.map((column) => parent.columns.indexOf(column));
    const candidates =
      fixed.length === 0
        ? null
        : parent.matching(
            fixed.map((place) => places[place] ?? -1),
            fixed.map((place) => value(name(reference.columns[place] ?? -1))),
          );
    const count = candidates === null ? parent.rows.length : candidates.length;
    if (count === 0) continue;
    const drawn = random.int(count);
    const chosen = candidates === null ? drawn : (candidates[drawn] as number);
    if (reference.exclusive && used.has(chosen)) continue;
    used.add(chosen);
    const set = reference.nullable.map(
      (at) => parent.rows[chosen]?.[places[reference.columns.indexOf(at)] ?? -1] ?? null,
    );
    lines.push([...keyNames.map(value), ...set]);
  }
  const from = [...keyNames.map((_, at) => `k${at}`), ...setNames.map((_, at) => `s${at}`)];
  const sources = [...keyNames, ...setNames].map((column, at) => `${quoted(column)} AS ${from[at]}`);
  await session.execute(
    `CREATE TEMPORARY TABLE dbwright_links AS SELECT ${sources.join(", ")} FROM ${tableName(plan)} WITH NO DATA`,
  );
  await session.copyIn("COPY pg_temp.dbwright_links FROM STDIN", copyChunks(lines));
  const set = setNames.map((column, at) => `${quoted(column)} = l.s${at}`).join(", ");
  const same = keyNames.map((column, at) => `t.${quoted(column)} = l.k${at}`).join(" AND ");
  await session.execute(
    `UPDATE ${tableName(plan)} AS t SET ${set} FROM pg_temp.dbwright_links AS l WHERE ${same}; DROP TABLE pg_temp.dbwright_links`,
  );
}
