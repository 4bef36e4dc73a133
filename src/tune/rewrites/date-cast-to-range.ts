import type { Node } from "../../sql/nodes.ts";
import { nextOf } from "./calendar.ts";
import { rewriteConditions } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Precondition, Rewrite } from "./rewrite.ts";
import { changeAll, literalMoment, spanCondition, timeColumn } from "./spans.ts";
import type { TimeColumn } from "./spans.ts";
import { all, callOf, castOf, textNode } from "./terms.ts";
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
      before: "SELECT id FROM visit WHERE at::date = $1 AND at::date < $2::date",
      after: "SELECT id FROM visit WHERE at >= $1::date AND at <= $1::date + time '23:59:59.999999' AND at < $2::date",
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
  return changeAll(node, ({ left, operator, right }) => {
    const column = datedColumn(left, place);
    if (column === null) return null;
    const moment = literalMoment(right, "date");
    // A literal that says timestamp may be no midnight.
    if (moment !== null && moment % DAY_MS === 0) {
      const span = { start: moment, next: nextOf("day", moment), exact: true };
      return { condition: spanCondition(column, operator, span), preconditions: [column.precondition] };
    }
    // Of a moment with time zone, a date would be midnight in the session's.
    if (column.suffix !== "") return null;
    const day = isToday(right) ? today(right) : bound(right);
    const condition = day === null ? null : dayCondition(column.node, operator, day);
    return condition === null
      ? null
      : { condition, preconditions: [column.precondition, ...(day?.preconditions ?? [])] };
  });
}

/** A day that is known when the statement runs. */
interface Day {
  readonly start: Node;
  /** Where it ends, and how a time of the day compares with that. */
  readonly end: Node;
  readonly ends: "<" | "<=";
  readonly preconditions: readonly Precondition[];
}

function dayCondition(node: Node, operator: Operator, { start, end, ends }: Day): Node | null {
  const from = operation(">=", node, start);
  const until = operation(ends, node, end);
  const after: Partial<Record<Operator, Node>> = {
    "=": all(from, until),
    ">=": from,
    ">": operation(ends === "<" ? ">=" : ">", node, end),
    "<": operation("<", node, start),
    "<=": until,
  };
  return after[operator] ?? null;
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

const today = (day: Node): Day => ({ start: day, end: operation("+", day, integer(1)), ends: "<", preconditions: [] });

/** The parameter that a date is compared with. It may be infinite, so that it has no next day; its last moment it has. */
function bound(node: Node): Day | null {
  const cast = castOf(node);
  const parameter = cast === null ? node : cast.type === "date" ? cast.arg : undefined;
  if (parameter === undefined || !("ParamRef" in parameter)) return null;
  const start = cast === null ? castTo("date", node) : node;
  const name = `$${parameter.ParamRef.number ?? 0}`;
  return {
    start,
    end: operation("+", start, castTo("time", textNode("23:59:59.999999"))),
    ends: "<=",
    preconditions: [
      {
        what: `${name} lies before the year 294277, where timestamps end: one beyond would fail`,
        from: "the parameter",
      },
    ],
  };
}

const castTo = (type: "date" | "time", arg: Node): Node => ({
  TypeCast: {
    arg,
    typeName: {
      names: [...(type === "time" ? ["pg_catalog"] : []), type].map((sval) => ({ String: { sval } })),
      typemod: -1,
    },
  },
});
