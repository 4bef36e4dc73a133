import type { CatalogView } from "../../model/catalog-view.ts";
import type { Workload, WorkloadPattern, WorkloadQuery } from "../../model/workload.ts";
import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";
import { castSpellings } from "./draws.ts";
import { parameterTargets } from "./parameters.ts";

/** Rows of one answer from which an application hardly wants them all. */
export const ROWS_UNBOUNDED_MIN = 10_000;
/** Rows skipped from which OFFSET costs more than what it gives: all of them are made and thrown away. */
export const OFFSET_DEEP_MIN = 1_000;
/** How much more often a statement runs than the one whose rows it may run for. */
const PARENT_RATIO_MIN = 5;
const CHILD_CALLS_MIN = 500;
/** How near the parent's rows must come to the child's calls. */
const PARENT_ROWS_TOLERANCE = 0.25;
/** Queries looked at, the costliest first: parents and children are compared with each other. */
const COMPARED_MAX = 300;

type Props = Readonly<Record<string, unknown>>;

interface Looked {
  readonly query: WorkloadQuery;
  readonly statement: Props;
  readonly tables: ReadonlySet<string>;
  /** Whether it is one table's rows by equality with a parameter on each condition. */
  readonly byKey: boolean;
}

/**
 * Ways of asking that show in the counts alone: results without a bound, deep OFFSETs, and a statement that runs once
 * for each row of another. What a log showed (`workload.patterns`) is kept and not said twice.
 */
export async function patternsOf(workload: Workload, view: CatalogView): Promise<readonly WorkloadPattern[]> {
  const looked: Looked[] = [];
  for (const query of workload.queries.slice(0, COMPARED_MAX)) {
    if (query.verb !== "select") continue;
    const parsed = await parseSql(castSpellings(query.text));
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node !== undefined && "SelectStmt" in node) looked.push(look(query, node, view));
  }
  const known = new Set(workload.patterns.map(({ kind, queries }) => `${kind} ${queries[0] ?? ""}`));
  const found = [...looked.flatMap((one) => [...unbounded(one), ...deepOffset(one)]), ...loops(looked)];
  return [...workload.patterns, ...found.filter(({ kind, queries }) => !known.has(`${kind} ${queries[0] ?? ""}`))];
}

function look(query: WorkloadQuery, node: Node, view: CatalogView): Looked {
  const tables = new Set<string>();
  for (const { node: one } of nodesOf(node)) if (typeof one["relname"] === "string") tables.add(one["relname"]);
  const targets = [...parameterTargets(node, view).values()].filter(({ kind }) => kind === "column");
  const byKey =
    tables.size === 1 && targets.length > 0 && targets.every((one) => one.kind === "column" && one.use === "equal");
  return { query, statement: (node as { SelectStmt: Props }).SelectStmt, tables, byKey };
}

function unbounded({ query, statement }: Looked): WorkloadPattern[] {
  const { rows, calls } = query;
  if (rows === null || calls <= 0 || statement["limitCount"] !== undefined) return [];
  const perCall = Math.round(rows / calls);
  if (perCall < ROWS_UNBOUNDED_MIN) return [];
  return [
    {
      kind: "unbounded-result",
      queries: [query.id],
      message: `each call gives ${perCall.toLocaleString("en")} rows on average, and it has no LIMIT`,
      remedy:
        "read pages by key (WHERE key > $last ORDER BY key LIMIT …), or a cursor or COPY where all rows are wanted",
    },
  ];
}

function deepOffset({ query }: Looked): WorkloadPattern[] {
  let deepest = 0;
  for (const { sql, values } of query.executions) {
    const found = /\boffset\s+(?:\(?\s*)(?:(\d+)|\$(\d+))/i.exec(sql);
    const offset = found?.[1] ?? values[Number(found?.[2] ?? 0) - 1];
    if (typeof offset === "string" && /^\d+$/.test(offset)) deepest = Math.max(deepest, Number(offset));
  }
  if (deepest < OFFSET_DEEP_MIN) return [];
  return [
    {
      kind: "deep-offset",
      queries: [query.id],
      message: `it skips ${deepest.toLocaleString("en")} rows by OFFSET: the server makes each of them and throws it away`,
      remedy: "go on from the last row seen (keyset pagination: WHERE (sort key, id) > ($1, $2))",
    },
  ];
}

// A statement by key whose calls are another's rows: that one's rows are what it runs for.
function loops(looked: readonly Looked[]): WorkloadPattern[] {
  return looked.flatMap((child) => {
    const { calls } = child.query;
    if (!child.byKey || calls < CHILD_CALLS_MIN) return [];
    const near = looked
      .filter((one) => one !== child && one.query.rows !== null && calls >= one.query.calls * PARENT_RATIO_MIN)
      .map((one) => ({ one, off: Math.abs((one.query.rows ?? 0) - calls) / calls }))
      .filter(({ off }) => off <= PARENT_ROWS_TOLERANCE)
      .toSorted((a, b) => a.off - b.off)[0];
    if (near === undefined) return [];
    const { query: parent } = near.one;
    return [
      {
        kind: "n-plus-one" as const,
        queries: [child.query.id, parent.id],
        message: `it ran ${calls.toLocaleString("en")} times, about once for each of the ${(parent.rows ?? 0).toLocaleString("en")} rows that another statement gave in ${parent.calls.toLocaleString("en")} calls (a likeness of numbers; a log would show it)`,
        remedy: "read all rows with one statement: join it to the other, or pass the keys as an array (= ANY($1))",
      },
    ];
  });
}
