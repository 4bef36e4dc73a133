import type { Node } from "../../sql/nodes.ts";
import { cannotFail } from "./cannot-fail.ts";
import { rewriteConditions } from "./conditions.ts";
import type { Change, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { bothWays, textOf, truthOf, wholeOf } from "./terms.ts";

const SCHEMA = "CREATE TABLE item (id int PRIMARY KEY, size int, name text, flag boolean);";

/** A CASE that only says whether its condition holds becomes that condition. */
export const caseAsCondition: Rewrite = rewrite({
  id: "case-as-condition",
  title: "A CASE that says whether its condition holds is that condition",
  why: "The planner does not look into CASE: no index serves it, and the share of rows that pass is guessed. The condition alone is looked up and estimated like any other.",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE CASE WHEN size > 1 THEN true ELSE false END",
      after: "SELECT id FROM item WHERE size > 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE CASE WHEN size > 1 AND id > 0 THEN 1 ELSE 0 END = 1 AND id > -1",
      after: "SELECT id FROM item WHERE size > 1 AND id > 0 AND id > -1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE CASE WHEN size > 1 THEN 'many' END = 'many'",
      after: "SELECT id FROM item WHERE size > 1",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE CASE WHEN size > 1 THEN false ELSE true END",
      after: "SELECT id FROM item WHERE (size > 1) IS NOT TRUE",
    },
    {
      schema: SCHEMA,
      before: "SELECT CASE WHEN size > 1 THEN true ELSE false END AS many FROM item",
      after: null,
      note: "FALSE is shown, not NULL",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE CASE WHEN size > 1 THEN true WHEN size > 0 THEN false ELSE true END",
      after: null,
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE CASE WHEN size <> 0 AND 10 / size > 1 THEN true ELSE false END",
      after: null,
      note: "alone, the division may come first",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE CASE size WHEN 1 THEN true ELSE false END", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE CASE WHEN size > 1 THEN flag ELSE false END", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE CASE WHEN size > 1 THEN 1 ELSE 1 END = 1", after: null },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE NOT CASE WHEN size > 1 THEN true ELSE false END",
      after: null,
      note: "there FALSE and NULL differ",
    },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => said(node, place),
      argument:
        "CASE takes its first branch exactly where the condition is TRUE. There the whole is TRUE, and elsewhere FALSE or NULL, which a condition takes alike (or the other way about, where the branches are exchanged: IS NOT TRUE).",
    }),
});

interface Choice {
  readonly when: Node;
  readonly then: Node;
  /** Absent: NULL. */
  readonly otherwise: Node | undefined;
}

function choiceOf(node: Node): Choice | null {
  if (!("CaseExpr" in node) || node.CaseExpr.arg !== undefined) return null;
  const [first, ...more] = node.CaseExpr.args ?? [];
  if (first === undefined || more.length > 0 || !("CaseWhen" in first)) return null;
  const { expr, result } = first.CaseWhen;
  return expr === undefined || result === undefined
    ? null
    : { when: expr, then: result, otherwise: node.CaseExpr.defresult };
}

function said(node: Node, place: ConditionPlace): Change | null {
  const plain = choiceOf(node);
  if (plain !== null)
    return decided(plain, truthOf(plain.then), plain.otherwise === undefined ? false : truthOf(plain.otherwise), place);
  for (const { left, operator, right } of bothWays(node)) {
    const choice = choiceOf(left);
    if (choice === null || operator !== "=" || !place.isBuiltIn("=")) continue;
    const then = equals(choice.then, right);
    const otherwise = choice.otherwise === undefined ? false : equals(choice.otherwise, right);
    const change = decided(choice, then, otherwise, place);
    if (change !== null) return change;
  }
  return null;
}

/** Whether two literals of one kind are equal: whole numbers, or texts. */
function equals(a: Node, b: Node): boolean | null {
  const [x, y] = [wholeOf(a), wholeOf(b)];
  if (x !== null && y !== null) return x === y;
  const [left, right] = [textOf(a), textOf(b)];
  return left === null || right === null ? null : left === right;
}

function decided(
  { when }: Choice,
  then: boolean | null,
  otherwise: boolean | null,
  place: ConditionPlace,
): Change | null {
  if (then === null || otherwise === null || then === otherwise) return null;
  // In a CASE the parts of the condition are checked in their order, and alone in the planner's.
  if (!cannotFail(when, place)) return null;
  const preconditions = [
    { what: "the condition can raise no error, in whichever order its parts are checked", from: "the statement" },
  ];
  if (then) return { after: when, preconditions };
  return { after: { BooleanTest: { arg: when, booltesttype: "IS_NOT_TRUE" } }, preconditions };
}
