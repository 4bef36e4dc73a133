import type { Node } from "../../sql/nodes.ts";
import { nextOf } from "./calendar.ts";
import { rewriteConditions } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { changeAll, literalMoment, spanCondition, timeColumn } from "./spans.ts";
import type { TimeColumn } from "./spans.ts";
import { all, callOf, castOf, comparisonOf, SWAPPED } from "./terms.ts";
import type { Operator } from "./terms.ts";
import { integer, operation } from "./tree.ts";

const DAY_MS = 86_400_000;

const SCHEMA = "CREATE TABLE visit (id int PRIMARY KEY, at timestamp, seen timestamptz, day date);";

/** Comparisons of a time's date become a range of the time. */
export const dateCastToRange: Rewrite = rewrite({
  id: "date-cast-to-range",
  title: "The date of a time is compared as a range of the time itself",
  why: "An index on the column does not hold the dates that the cast makes, so every row is read and cast; a half-open range is one stretch of the index, and its share of the rows is known from the histogram.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE at::date = '2024-02-29'",
      after: "SELECT id FROM visit WHERE at >= '2024-02-29' AND at < '2024-03-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE '2024-02-29' < date(at)",
      after: "SELECT id FROM visit WHERE at >= '2024-03-01'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE CAST(at AS date) BETWEEN date '2023-12-31' AND date '2024-02-28'",
      after: "SELECT id FROM visit WHERE at >= '2023-12-31' AND at < '2024-02-29'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE (seen AT TIME ZONE 'UTC')::date <= '2024-01-01'",
      after: "SELECT id FROM visit WHERE seen < '2024-01-02 00:00:00+00'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE at::date >= CURRENT_DATE - 7",
      after: "SELECT id FROM visit WHERE at >= CURRENT_DATE - 7",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE at::date = CURRENT_DATE",
      after: "SELECT id FROM visit WHERE at >= CURRENT_DATE AND at < CURRENT_DATE + 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE seen::date = '2024-01-01'",
      after: null,
      note: "the date of a moment depends on the session's time zone, and in some zones a day is no range",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE at::date = '01/02/2024'",
      after: null,
      note: "which day that is depends on DateStyle",
    },
    { schema: SCHEMA, before: "SELECT id FROM visit WHERE at::date <> '2024-01-01'", after: null, note: "two ranges" },
    {
      schema: SCHEMA,
      before: "SELECT id FROM visit WHERE at::date = day",
      after: null,
      note: "infinity has no next day",
    },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: dated,
      argument:
        "The cast to date never decreases when the time grows, so that the times of one date are those from its midnight to the next one, without that. Infinite times have infinite dates and lie outside of every range, or inside of every open end, as before. NULL gives NULL on both sides.",
    }),
});

function dated(node: Node, place: ConditionPlace): Change | null {
  const whole = today(node, place);
  if (whole !== null) return whole;
  return changeAll(node, ({ left, operator, right }) => {
    const column = datedColumn(left, place);
    const moment = literalMoment(right, "date");
    if (column === null || moment === null) return null;
    // A literal that says timestamp may be no midnight.
    if (moment % DAY_MS !== 0) return null;
    const span = { start: moment, next: nextOf("day", moment), exact: true };
    return { condition: spanCondition(column, operator, span), precondition: column.precondition };
  });
}

function datedColumn(node: Node, place: ConditionPlace): TimeColumn | null {
  const cast = castOf(node);
  const call = callOf(node);
  const [argument, ...more] = call?.name === "date" && place.isBuiltIn("date") ? call.args : [];
  const inner = cast?.type === "date" ? cast.arg : more.length === 0 ? argument : undefined;
  const column = inner === undefined ? null : timeColumn(inner, place);
  return column?.type === "timestamp" ? column : null;
}

/** `CURRENT_DATE`, and that so many days before or after. */
function isToday(node: Node): boolean {
  if ("SQLValueFunction" in node) return node.SQLValueFunction.op === "SVFOP_CURRENT_DATE";
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP") return false;
  const { name = [], lexpr, rexpr } = node.A_Expr;
  const [operator] = name;
  const shifts =
    name.length === 1 && operator !== undefined && "String" in operator && /^[+-]$/.test(operator.String.sval ?? "");
  if (!shifts || lexpr === undefined || rexpr === undefined || !isToday(lexpr) || !("A_Const" in rexpr)) return false;
  const days = rexpr.A_Const.ival?.ival ?? (rexpr.A_Const.ival === undefined ? null : 0);
  return days !== null && Math.abs(days) <= 100_000;
}

function today(node: Node, place: ConditionPlace): Change | null {
  const found = comparisonOf(node);
  if (found === null) return null;
  const swapped = isToday(found.left);
  const [left, right] = swapped ? [found.right, found.left] : [found.left, found.right];
  const operator: Operator = swapped ? SWAPPED[found.operator] : found.operator;
  const column = datedColumn(left, place);
  // Of a moment with time zone, a date would be midnight in the session's.
  if (column === null || column.suffix !== "" || !isToday(right)) return null;
  const next = operation("+", right, integer(1));
  const from = (day: Node): Node => operation(">=", column.node, day);
  const before = (day: Node): Node => operation("<", column.node, day);
  const after: Partial<Record<Operator, Node>> = {
    "=": all(from(right), before(next)),
    ">=": from(right),
    ">": from(next),
    "<": before(right),
    "<=": before(next),
  };
  const condition = after[operator];
  return condition === undefined ? null : { after: condition, preconditions: [column.precondition] };
}
