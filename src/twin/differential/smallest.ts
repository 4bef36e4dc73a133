import type { Session } from "../../engines/postgres/driver.ts";
import { attempt, sameAnswer } from "./attempt.ts";
import type { Answer } from "./attempt.ts";
import type { TrialRow } from "./rows.ts";

/** A database on which two queries differ. */
export interface Difference {
  readonly zone: string;
  readonly rows: readonly TrialRow[];
  readonly before: Answer;
  readonly after: Answer;
}

/** Databases that are tried to make a difference smaller. */
const TRIES_MAX = 600;
/** Rows that are made plainer one by one. */
const FEW = 12;
/** Values that are tried in a place of one that is not plain. */
const PLAIN_MAX = 3;

/**
 * Cuts a difference down to the fewest rows that still show it, first in large pieces and then one by one (Zeller and
 * Hildebrandt's ddmin), in the plainest zone, and with no more columns filled than it takes.
 */
export async function smallest(
  session: Session,
  queries: readonly [string, string],
  ordered: boolean,
  isDifferent: (before: Answer, after: Answer) => boolean,
  first: Difference,
): Promise<Difference> {
  let last = first;
  let tries = 0;
  const shows = async (rows: readonly TrialRow[], zone = last.zone): Promise<boolean> => {
    if (tries++ > TRIES_MAX) return false;
    const found = await attempt(session, { zone, rows, queries });
    const [before, after] = found.ok ? found.answers : [];
    if (!found.ok || before === undefined || after === undefined) return false;
    if (sameAnswer(before, after, ordered) || !isDifferent(before, after)) return false;
    last = { zone, rows, before, after };
    return true;
  };
  if (first.zone !== "UTC") await shows(first.rows, "UTC");
  // Rows that were refused go with the rest: they show nothing.
  await withoutRows(() => last.rows, shows);
  for (const table of new Set(last.rows.map((row) => row.table)))
    for (const { name, plain } of table.columns)
      if (plain) await shows(last.rows.map((row) => (row.table === table ? lacking(row, name) : row)));
  if (last.rows.length <= FEW) for (const row of last.rows) await plainer(row, () => last.rows, shows);
  // A row that only another one's value needed.
  await withoutRows(() => last.rows, shows);
  return last;
}

const lacking = (row: TrialRow, column: string): TrialRow => ({
  ...row,
  values: new Map([...row.values].filter(([name]) => name !== column)),
});

// With fewer columns, and plain values instead of the ends of a type.
async function plainer(
  row: TrialRow,
  rows: () => readonly TrialRow[],
  shows: (rows: readonly TrialRow[]) => Promise<boolean>,
): Promise<void> {
  let kept = row;
  const take = async (other: TrialRow): Promise<void> => {
    if (await shows(rows().map((one) => (one === kept ? other : one)))) kept = other;
  };
  for (const { name, plain, pool } of row.table.columns) {
    if (plain && kept.values.has(name)) await take(lacking(kept, name));
    const usual = pool.usual.slice(0, PLAIN_MAX);
    for (const other of usual) {
      const value = kept.values.get(name) ?? null;
      if (value === null || pool.exact.includes(value) || usual.includes(value)) break;
      await take({ ...kept, values: new Map([...kept.values, [name, other]]) });
    }
  }
}

async function withoutRows(
  rows: () => readonly TrialRow[],
  shows: (rows: readonly TrialRow[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.max(1, Math.floor(rows().length / 2)); ;) {
    let changed = false;
    for (let start = rows().length - size; start > -size; start -= size) {
      const [from, to] = [Math.max(0, start), Math.max(0, start + size)];
      if (to > from && (await shows(rows().toSpliced(from, to - from)))) changed = true;
    }
    if (size === 1 && !changed) return;
    size = Math.max(1, Math.floor(size / 2));
  }
}
