import type { Session } from "../../engines/postgres/driver.ts";
import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";

/** Constants of both statements as text, those that conditions turn on. */
export function constantsOf(nodes: readonly Node[]): readonly string[] {
  const found = new Set<string>();
  for (const root of nodes) {
    for (const { type, node } of nodesOf(root)) {
      const text = type === "A_Const" ? constantText(node) : undefined;
      if (text !== undefined && text.length <= 200) found.add(text);
    }
  }
  return [...found].slice(0, CONSTANTS_MAX);
}

const CONSTANTS_MAX = 30;

function constantText(constant: Readonly<Record<string, unknown>>): string | undefined {
  const { ival, fval, sval, bsval } = constant as {
    ival?: { ival?: number };
    fval?: { fval?: string };
    sval?: { sval?: string };
    bsval?: { bsval?: string };
  };
  const bits = bsval?.bsval?.startsWith("b") === true ? bsval.bsval.slice(1) : undefined;
  return sval?.sval ?? fval?.fval ?? bits ?? (ival === undefined ? undefined : String(ival.ival ?? 0));
}

/** What statements say of columns, by bare name. */
export interface ColumnConstants {
  /** The constants that stand in one comparison or call with it, or with a column that it is compared with. */
  readonly constants: ReadonlyMap<string, ReadonlySet<string>>;
  /** Columns that are compared with each other, along chains, have the same group. */
  readonly groups: ReadonlyMap<string, string>;
}

/** Words that run into each other where nothing stands between them. */
const JOINED = ["1", "11", ""];

/** Reads the comparisons and calls of statements. */
export function constantsByColumn(nodes: readonly Node[]): ColumnConstants {
  const own = new Map<string, Set<string>>();
  const groups = new Map<string, string>();
  for (const root of nodes)
    for (const { type, node } of nodesOf(root)) {
      if (type === "SubLink") link(groups, ...compared(node));
      if (type !== "A_Expr" && type !== "FuncCall" && type !== "CaseExpr") continue;
      const { columns, constants } = together(node, type === "CaseExpr" && node["arg"] === undefined);
      const joins = type === "A_Expr" && lastName(node["name"]) === "||" ? JOINED : [];
      for (const column of columns) {
        const set = own.get(column) ?? new Set();
        own.set(column, set);
        for (const constant of [...constants, ...joins]) set.add(constant);
      }
      if (type === "A_Expr") link(groups, ...columns);
    }
  const byGroup = new Map<string, Set<string>>();
  for (const [column, set] of own) {
    const group = groups.get(column) ?? column;
    const all = byGroup.get(group) ?? new Set();
    byGroup.set(group, all);
    for (const constant of set) all.add(constant);
  }
  const constants = new Map(
    [...groups.keys(), ...own.keys()].map(
      (column) => [column, byGroup.get(groups.get(column) ?? column) ?? new Set<string>()] as const,
    ),
  );
  return { constants, groups };
}

/** The last of several names that are joined by dots. */
export const lastName = (names: unknown): string =>
  (names as readonly { String?: { sval?: string } }[] | undefined)?.at(-1)?.String?.sval ?? "";

function link(groups: Map<string, string>, ...columns: readonly string[]): void {
  const [first, ...others] = columns;
  if (first === undefined || others.length === 0) return;
  const group = groups.get(first) ?? first;
  groups.set(first, group);
  for (const other of others) {
    const was = groups.get(other) ?? other;
    groups.set(other, group);
    for (const [column, its] of groups) if (its === was) groups.set(column, group);
  }
}

// Of `x IN (SELECT y …)`: x and y.
function compared(sublink: Readonly<Record<string, unknown>>): readonly string[] {
  const list = (sublink["subselect"] as { SelectStmt?: { targetList?: readonly unknown[] } } | undefined)?.SelectStmt
    ?.targetList;
  const left = together([sublink["testexpr"]], false).columns;
  const right = together(list ?? [], false).columns;
  return left.length === 1 && right.length === 1 ? [...left, ...right] : [];
}

// Columns and constants at or below a node, not those of queries and conditions within.
function together(root: unknown, skip: boolean): { columns: readonly string[]; constants: readonly string[] } {
  const columns = new Set<string>();
  const constants = new Set<string>();
  const pending: unknown[] = skip ? [] : [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const [type, node] of Object.entries(value as Record<string, unknown>)) {
      if (typeof node !== "object" || node === null || type === "SubLink" || type === "BoolExpr") continue;
      if (type === "ColumnRef") {
        const last = (node as { fields?: readonly { String?: { sval?: string } }[] }).fields?.at(-1)?.String?.sval;
        if (last !== undefined) columns.add(last);
      } else if (type === "A_Const") {
        const text = constantText(node as Record<string, unknown>);
        if (text !== undefined && text.length <= 200) constants.add(text);
      } else pending.push(node);
    }
  }
  return { columns: [...columns], constants: [...constants] };
}

const NOW =
  /^(?:now|statement_timestamp|transaction_timestamp|clock_timestamp|SVFOP_(?:CURRENT|LOCAL)(?:_?DATE|_?TIME(?:STAMP)?)(?:_N)?)$/;
const SPAN = /^\d{1,4} ?(?:second|minute|hour|day|week|month|year)s?$/i;

// Two moments of a day each, as far from one another as a constant says, a little less and a little more: how many days
// lie between them by the calendar is another question.
async function spannedMoments(session: Session, nodes: readonly Node[]): Promise<readonly string[]> {
  const spans = constantsOf(nodes).filter((text) => SPAN.test(text));
  if (spans.length === 0) return [];
  const { rows } = await session.query<{ moment: string }>(
    `SELECT DISTINCT to_char(timestamp '2024-01-15 12:00' + span::interval * sign + beside::interval,
       'YYYY-MM-DD HH24:MI:SS') AS moment
     FROM unnest($1::text[]) AS span, unnest('{0,1}'::integer[]) AS sign, unnest('{0,11 h,-11 h}'::text[]) AS beside
     ORDER BY moment`,
    [[...new Set(spans)].slice(0, 3)],
  );
  return rows.map(({ moment }) => moment);
}

/** Moments that statements turn on which ask for the time: this one, and as far from it as their constants say. */
export async function momentsOf(session: Session, nodes: readonly Node[]): Promise<readonly string[]> {
  const asks = nodes.some((root) =>
    [...nodesOf(root)].some(({ type, node }) => {
      if (type === "SQLValueFunction") return NOW.test(String(node["op"]));
      const names = type === "FuncCall" ? (node["funcname"] as readonly { String?: { sval?: string } }[]) : [];
      return NOW.test(names.at(-1)?.String?.sval ?? "");
    }),
  );
  if (!asks) return await spannedMoments(session, nodes);
  const shifts = constantsOf(nodes).flatMap((text) =>
    /^\d{1,3}$/.test(text) ? [`${text} days`] : SPAN.test(text) ? [text] : [],
  );
  const { rows } = await session.query<{ moment: string }>(
    `SELECT DISTINCT to_char(localtimestamp + sign * shift::interval, 'YYYY-MM-DD HH24:MI:SS') AS moment
     FROM unnest($1::text[]) AS shift, (VALUES (1), (-1)) AS way (sign) ORDER BY moment`,
    [["0 days", ...new Set(shifts)].slice(0, 5)],
  );
  return rows.map(({ moment }) => moment);
}
