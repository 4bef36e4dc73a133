import type { FunctionObject, PolicyObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import { alter } from "../model/change.ts";
import type { Fix } from "../model/finding.ts";
import type { Dialect } from "../model/statement.ts";
import { expressionCalls } from "./expression-calls.ts";
import type { ExpressionCall } from "./expression-calls.ts";
import { routineHeader } from "./routine-header.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

type Volatility = "stable" | "volatile";

// Functions that a schema takes for granted: the server's own, and those of services that hold the caller.
const KNOWN: ReadonlyMap<string, Volatility> = new Map([
  ["current_setting", "stable"],
  ["auth.uid", "stable"],
  ["auth.role", "stable"],
  ["auth.email", "stable"],
  ["auth.jwt", "stable"],
]);

// What is immutable is computed while planning.
function volatilityOf(routine: FunctionObject): Volatility | null {
  const volatility = routineHeader(routine.definition)?.volatility ?? "volatile";
  return volatility === "immutable" ? null : volatility;
}

// Overloads count as the most volatile of them.
function volatilities(view: CatalogView, dialect: Dialect): ReadonlyMap<string, Volatility> {
  const known = new Map(KNOWN);
  for (const routine of view.of("function")) {
    const volatility = volatilityOf(routine);
    const name = dialect.qualified(routine.schema, routine.name);
    if (volatility === null) continue;
    known.set(name, known.get(name) === "volatile" ? "volatile" : volatility);
  }
  return known;
}

const isPerRow = (call: ExpressionCall, known: ReadonlyMap<string, Volatility>): boolean =>
  call.constant && !call.wrapped && known.has(call.name);

// `f()` becomes `( SELECT f() AS f)`, as the server prints it.
function wrapped(expression: string | null, known: ReadonlyMap<string, Volatility>): string | null {
  if (expression === null) return null;
  let text = "";
  let copied = 0;
  for (const call of expressionCalls(expression)) {
    if (!isPerRow(call, known) || call.start < copied) continue;
    const alias = /(?:"(?:[^"]|"")+"|[^."]+)$/.exec(call.name)?.[0] ?? call.name;
    text += `${expression.slice(copied, call.start)}( SELECT ${expression.slice(call.start, call.end)} AS ${alias})`;
    copied = call.end;
  }
  return text + expression.slice(copied);
}

function evaluatedOnce(policy: PolicyObject, known: ReadonlyMap<string, Volatility>, stable: boolean): Fix {
  return {
    title: `evaluate it once for each query, in a sub-select${stable ? "" : ", unless it must run for every row"}`,
    // What is stable gives the same value all through a statement.
    safety: stable ? "safe" : "review",
    changes: [alter(policy, { using: wrapped(policy.using, known), check: wrapped(policy.check, known) })],
  };
}

/** A call in a policy that does not depend on the row and is made for each row all the same. */
export const policyCallsPerRow: Rule = rule({
  id: "policy-calls-per-row",
  area: "security",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["splinter:0003"],
  summary: "A policy calls a function for every row though its value is the same for all.",
  why: "The server evaluates a policy as a filter. A call that is not immutable is made again for every row that is looked at, a million times for a million rows; in a sub-select of its own the planner makes it once and keeps the value.",
  remedy: "Write (SELECT f()) for f() where the value does not depend on the row.",
  fix: "safe",
  fails: [
    "CREATE FUNCTION me() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_setting('app.user'); END $$; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = me());",
    "CREATE TABLE task (owner bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = current_setting('app.user', true)::bigint);",
    'CREATE FUNCTION "odd ""; --"(a text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN a; END $$; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task FOR INSERT WITH CHECK (owner = "odd ""; --"(E\'a\\\'(\'));',
  ],
  passes: [
    "CREATE FUNCTION me() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_setting('app.user'); END $$; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = (SELECT me()));",
    "CREATE FUNCTION may(who text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN true; END $$; CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (may(owner));",
    "CREATE FUNCTION one() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1; END $$; CREATE TABLE task (id integer); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (id = one());",
    "CREATE TABLE task (owner bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = (SELECT current_setting('app.user', true)::bigint));",
    "CREATE TABLE task (owner bigint); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = (SELECT nullif(current_setting('app.user', true), '')::bigint));",
    "CREATE TABLE task (owner text); ALTER TABLE task ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON task USING (owner = 'current_setting(''a'')');",
  ],
  *check({ view, dialect }) {
    const known = volatilities(view, dialect);
    for (const policy of view.of("policy")) {
      // A check alone is made for each row that is written, where a call weighs little.
      const calls = [policy.using, policy.check].flatMap((text) => (text === null ? [] : expressionCalls(text)));
      const names = [...new Set(calls.filter((call) => isPerRow(call, known)).map((call) => call.name))];
      if (names.length === 0) continue;
      const cheap = names.every((name) => name === "current_setting") || policy.using === null;
      yield {
        ref: policy,
        message: `policy ${policy.name} of table ${policy.table} calls ${names.join(", ")} again for each row`,
        // The server's own function costs little, and an index condition evaluates it once.
        ...(cheap ? { severity: "info" as const } : {}),
        fixes: [
          evaluatedOnce(
            policy,
            known,
            names.every((name) => known.get(name) === "stable"),
          ),
        ],
      };
    }
  },
});
