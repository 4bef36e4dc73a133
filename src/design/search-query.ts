import type { BriefPattern } from "../model/brief.ts";
import { columnNamed, partKeyOf, qualifiedTable, tenantLead } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { columnSql, conditionOf, conditionsOf, joinsSql, ownKey } from "./conditions.ts";
import { fixedCondition } from "./needs.ts";
import type { Parameters } from "./parameters.ts";
import { selectList, wrapped } from "./query-text.ts";
import type { QueryText } from "./query-text.ts";
import type { Scope } from "./scope.ts";
import { SEARCH_LANGUAGE } from "./search.ts";
import type { SearchTarget } from "./search.ts";

const LIMIT = 50;

/** A search, best matches first. */
export function searchQuery(
  draft: Draft,
  pattern: BriefPattern,
  scope: Scope,
  binds: Parameters,
  target: SearchTarget,
): QueryText {
  return target.view === null
    ? direct(draft, pattern, scope, binds, target)
    : throughView(draft, pattern, scope, binds, target, target.view);
}

function direct(draft: Draft, pattern: BriefPattern, scope: Scope, binds: Parameters, target: SearchTarget): QueryText {
  const { base } = scope;
  const words = binds.add(base.table, target.document, "search", "text");
  const query = `websearch_to_tsquery('${SEARCH_LANGUAGE}', ${words})`;
  const document = columnSql(draft, { at: base, column: target.document });
  const list = [...selectList(draft, pattern, scope), `ts_rank(${document}, ${query}) AS rank`];
  const conditions = [`${document} @@ ${query}`, ...conditionsOf(draft, pattern, scope, binds)];
  const ties = ownKey(draft, base).map((column) => columnSql(draft, { at: base, column }));
  const few = fewRows(pattern, scope);
  return {
    sql: `SELECT ${wrapped(list)}
FROM ${qualifiedTable(draft, base.table)} AS ${draft.dialect.ident(base.alias)}${joinsSql(draft, scope.joins)}
WHERE ${conditions.join("\n  AND ")}
ORDER BY ${["rank DESC", ...ties].join(", ")}
LIMIT ${pattern.limit ?? LIMIT}`,
    binds,
    tables: [base.table, ...scope.joins.map((join) => join.table)],
    ...(few === null
      ? {
          index: partKeyOf(base.table, "index", target.index),
          note: "A word that most rows hold ranks all of them; more words narrow it.",
        }
      : {
          index: null,
          note: `Each ${few.target.name} has about ${few.rows} rows: read by the reference's index and then matched, or found by their words, whichever the planner takes to be less.`,
        }),
  };
}

// Reading so many rows to match their words is about as much work as looking the words up.
const FEW_ROWS_MAX = 200;

/** A compared reference behind which so few rows stand that the words need no index of theirs. */
function fewRows(pattern: BriefPattern, scope: Scope): { readonly target: DraftTable; readonly rows: number } | null {
  const { table } = scope.base;
  for (const filter of pattern.where) {
    if (filter.comparison !== "eq" || filter.values !== null) continue;
    const [found] = scope.columns(filter.path);
    const key = table.foreignKeys.find((one) => found?.at === scope.base && one.columns.at(-1) === found.column);
    if (key === undefined || !table.indexes.some((index) => index.keys[0]?.column === found?.column)) continue;
    const rows = Math.ceil(table.volume.horizon_rows / Math.max(key.target.volume.horizon_rows, 1));
    if (rows <= FEW_ROWS_MAX) return { target: key.target, rows };
  }
  return null;
}

// The words are searched first, by themselves: joined to a table under row security, the match would no longer be
// an index condition. The limit keeps the planner from merging the two.
function throughView(
  draft: Draft,
  pattern: BriefPattern,
  scope: Scope,
  binds: Parameters,
  target: SearchTarget,
  view: { readonly schema: string; readonly name: string },
): QueryText {
  const { base } = scope;
  const { ident, qualified } = draft.dialect;
  const lead = tenantLead(draft, base.table);
  const tenants = lead.map((column) => ({ column, value: binds.add(base.table, column, "equals") }));
  const words = binds.add(target.table, target.document, "search", "text");
  const query = `websearch_to_tsquery('${SEARCH_LANGUAGE}', ${words})`;
  const inner = [
    `${ident(target.document)} @@ ${query}`,
    ...tenants.map(({ column, value }) => `${ident(column)} = ${value}`),
  ];
  const outer = tenants.map(({ column, value }) => `${columnSql(draft, { at: base, column })} = ${value}`);
  for (const filter of pattern.where) {
    const [found] = scope.columns(filter.path);
    if (found === undefined) continue;
    if (found.at !== base) {
      outer.push(conditionOf(draft, found, filter, binds));
      continue;
    }
    const column = ident(found.column);
    if (filter.comparison === "is-null" || filter.comparison === "not-null")
      inner.push(`${column} IS ${filter.comparison === "is-null" ? "" : "NOT "}NULL`);
    else if (filter.values !== null && filter.values.length > 0) inner.push(fixedCondition(draft, found, filter));
    else if (filter.comparison === "in")
      inner.push(`${column} = ANY (${binds.add(target.table, found.column, "list")})`);
    else if (filter.comparison === "range")
      inner.push(
        `${column} >= ${binds.add(target.table, found.column, "from")}`,
        `${column} < ${binds.add(target.table, found.column, "to")}`,
      );
    else
      inner.push(
        `${column} = ${binds.add(target.table, found.column, "equals", columnNamed(target.table, found.column).type)}`,
      );
  }
  const keys = base.table.primaryKey;
  const list = [...selectList(draft, pattern, scope), `${ident("found")}.rank`];
  const own = ownKey(draft, base).map((column) => ident(column));
  const on = keys
    .map((column) => `${columnSql(draft, { at: base, column })} = ${ident("found")}.${ident(column)}`)
    .join(" AND ");
  return {
    sql: `SELECT ${wrapped(list)}
FROM (
  SELECT ${keys.map((column) => ident(column)).join(", ")}, ts_rank(${ident(target.document)}, ${query}) AS rank
  FROM ${qualified(view.schema, view.name)}
  WHERE ${inner.join("\n    AND ")}
  ORDER BY ${["rank DESC", ...own].join(", ")}
  LIMIT ${pattern.limit ?? LIMIT}
) AS ${ident("found")}
JOIN ${qualifiedTable(draft, base.table)} AS ${ident(base.alias)}
  ON ${on}${joinsSql(draft, scope.joins)}
WHERE ${outer.join("\n  AND ")}
ORDER BY ${["rank DESC", ...ownKey(draft, base).map((column) => columnSql(draft, { at: base, column }))].join(", ")}`,
    binds,
    tables: [target.table, base.table, ...scope.joins.map((join) => join.table)],
    index: partKeyOf(target.table, "index", target.index),
    note: "The words are searched in a sub-query of their own: beside a table under row security the match would not be an index condition.",
  };
}
