import { treeText } from "../../sql/deparse.ts";
import type { Node } from "../../sql/nodes.ts";
import { rewriteConditions } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { changeAll, spanCondition, timeColumn } from "./spans.ts";
import type { TimeColumn } from "./spans.ts";
import { callOf, comparisonOf, textOf, wholeOf } from "./terms.ts";
import { allOf, conjuncts } from "./tree.ts";

const SCHEMA = "CREATE TABLE visit (id int PRIMARY KEY, at timestamp, seen timestamptz, day date);";

/** Comparisons of a time's year (and month) become a range of the time. */
export const extractToRange: Rewrite = rewrite({
  id: "extract-to-range",
  title: "The year of a time is compared as a range of the time itself",
  why: "An index on the column does not hold the years, so every row is read and taken apart; a half-open range is one stretch of the index, and its share of the rows is known from the histogram.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(year FROM at) = 2024",
      after: "SELECT id FROM visit WHERE at >= '2024-01-01' AND at < '2025-01-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE 2023 < date_part('year', day)",
      after: "SELECT id FROM visit WHERE day >= '2024-01-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(year FROM day) BETWEEN 2023 AND 2024",
      after: "SELECT id FROM visit WHERE day >= '2023-01-01' AND day < '2025-01-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(year FROM day) = 2024 AND id > 0 AND extract(month FROM day) = 2",
      after: "SELECT id FROM visit WHERE id > 0 AND day >= '2024-02-01' AND day < '2024-03-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(year FROM seen AT TIME ZONE 'UTC') < 2024",
      after: "SELECT id FROM visit WHERE seen < '2024-01-01 00:00:00+00'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(year FROM seen) = 2024",
      after: null,
      note: "the year of a moment depends on the session's time zone",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(month FROM day) = 2",
      after: null,
      note: "one range in each year",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE to_char(at, 'YYYY-MM') = '2024-02'",
      after: null,
      note: "to_char prints the years before our era without their sign",
    },
    { schema: SCHEMA, before: "SELECT id FROM visit WHERE extract(year FROM at) <> 2024", after: null },
    { schema: SCHEMA, before: "SELECT id FROM visit WHERE extract(year FROM at) = 2024.5", after: null },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE extract(year FROM at) = -44",
      after: null,
      note: "there is no year 0",
    },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => yearAndMonth(node, place) ?? year(node, place),
      argument:
        "The year never decreases when the time grows, so that the times of one year are those from its first of January to the next one, without that; those of one month of one year likewise. Infinite times have an infinite year and no month, and lie outside of every range, or inside of every open end, as before. NULL gives NULL on both sides.",
    }),
});

interface Field {
  readonly name: string;
  readonly column: TimeColumn;
}

function fieldOf(node: Node, place: ConditionPlace): Field | null {
  const call = callOf(node);
  const [field, argument, ...more] = call?.args ?? [];
  const name = textOf(field)?.toLowerCase();
  if (call === null || !["extract", "date_part"].includes(call.name) || !place.isBuiltIn(call.name)) return null;
  if (name === undefined || argument === undefined || more.length > 0) return null;
  const column = timeColumn(argument, place);
  return column === null ? null : { name, column };
}

/** Far from the years that there are not, and from the ends of the types. */
const isPlainYear = (value: bigint | null): value is bigint => value !== null && value >= 1000n && value <= 8000n;

function year(node: Node, place: ConditionPlace): Change | null {
  return changeAll(node, ({ left, operator, right }) => {
    const field = fieldOf(left, place);
    const value = wholeOf(right);
    if (field?.name !== "year" || !isPlainYear(value)) return null;
    const span = { start: Date.UTC(Number(value), 0, 1), next: Date.UTC(Number(value) + 1, 0, 1), exact: true };
    return { condition: spanCondition(field.column, operator, span), preconditions: [field.column.precondition] };
  });
}

// Both have to be among the conditions of one AND.
function yearAndMonth(node: Node, place: ConditionPlace): Change | null {
  const parts = "BoolExpr" in node ? conjuncts(node) : [];
  const equal = (wanted: string): { part: Node; column: TimeColumn; value: bigint }[] =>
    parts.flatMap((part) => {
      const found = comparisonOf(part);
      const field = found?.operator === "=" ? fieldOf(found.left, place) : null;
      const value = wholeOf(found?.right);
      return field?.name === wanted && value !== null ? [{ part, column: field.column, value }] : [];
    });
  const [first, ...moreYears] = equal("year");
  const [second, ...moreMonths] = equal("month");
  if (first === undefined || second === undefined || moreYears.length + moreMonths.length > 0) return null;
  const same = sameColumn(first.column, second.column);
  if (!same || !isPlainYear(first.value) || second.value < 1n || second.value > 12n) return null;
  const [y, m] = [Number(first.value), Number(second.value)];
  const range = spanCondition(first.column, "=", {
    start: Date.UTC(y, m - 1, 1),
    next: Date.UTC(y, m, 1),
    exact: true,
  });
  const others = parts.filter((part) => part !== first.part && part !== second.part);
  const after = range === null ? undefined : allOf([...others, range]);
  return after === undefined ? null : { after, preconditions: [first.column.precondition] };
}

const sameColumn = (a: TimeColumn, b: TimeColumn): boolean =>
  a.precondition.what === b.precondition.what && treeText(a.node) === treeText(b.node);
