import type { Node } from "../../sql/nodes.ts";
import { isCalendarUnit, nextOf, startOf } from "./calendar.ts";
import { rewriteConditions } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { changeAll, literalMoment, spanCondition, timeColumn } from "./spans.ts";
import { callOf, textOf } from "./terms.ts";

const SCHEMA = "CREATE TABLE visit (id int PRIMARY KEY, at timestamp, seen timestamptz, day date);";

/** Comparisons of a truncated time become a range of the time. */
export const dateTruncToRange: Rewrite = rewrite({
  id: "date-trunc-to-range",
  title: "A truncated time is compared as a range of the time itself",
  why: "An index on the column does not hold date_trunc's results, so every row is read and truncated; a half-open range is one stretch of the index, and the planner knows from its histogram how many rows lie in it.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('month', at) = '2024-02-01'",
      after: "SELECT id FROM visit WHERE at >= '2024-02-01' AND at < '2024-03-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('day', at) <= '2024-02-29 12:00:00' AND id > 0",
      after: "SELECT id FROM visit WHERE at < '2024-03-01' AND id > 0",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('day', at) BETWEEN '2024-01-01' AND '2024-02-29'",
      after: "SELECT id FROM visit WHERE at >= '2024-01-01' AND at < '2024-03-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('week', seen AT TIME ZONE 'UTC') > timestamp '2024-02-28'",
      after: "SELECT id FROM visit WHERE seen >= '2024-03-04 00:00:00+00'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('day', seen) = '2024-01-01'",
      after: null,
      note: "which day a moment lies in depends on the session's time zone, and in some zones a day is no range",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('month', day) = '2024-01-01'",
      after: null,
      note: "a date is truncated as a moment with time zone",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('month', at) = '2024-01-15'",
      after: null,
      note: "no beginning of a month: never true",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('month', at) <> '2024-01-01'",
      after: null,
      note: "two ranges",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE date_trunc('month', at) = 'infinity'",
      after: null,
    },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: truncated,
      argument:
        "date_trunc never decreases when its argument grows, so that the times that are truncated to one beginning are those from it to the next one, without that. Infinite times are truncated to themselves and lie outside of every range, or inside of every open end, as before. NULL gives NULL on both sides.",
    }),
});

function truncated(node: Node, place: ConditionPlace): Change | null {
  return changeAll(node, ({ left, operator, right }) => {
    const call = callOf(left);
    const [unit, argument, ...more] = call?.args ?? [];
    const name = textOf(unit);
    if (call?.name !== "date_trunc" || more.length > 0 || argument === undefined || name === null) return null;
    const column = timeColumn(argument, place);
    const moment = literalMoment(right, "timestamp");
    if (column?.type !== "timestamp" || moment === null || !isCalendarUnit(name) || !place.isBuiltIn("date_trunc"))
      return null;
    const start = startOf(name, moment);
    const condition = spanCondition(column, operator, { start, next: nextOf(name, moment), exact: start === moment });
    return { condition, preconditions: [column.precondition] };
  });
}
