import { printStatement } from "../../sql/deparse.ts";
import type { Node, SelectStmt } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";
import { substitute, without, wrapped } from "../../tune/rewrites/tree.ts";
import { sameAnswer } from "./attempt.ts";
import type { Answer } from "./attempt.ts";
import { constantsOf, lastName } from "./constants.ts";

/*
 * That two queries agree says nothing of a condition that no row ever met. So each condition that turns on a constant is
 * watched (condition coverage, as tests of programs have it: DO-178B's "every condition has taken all possible outcomes"),
 * and each LIMIT and OFFSET has to have cut something off.
 */

/** What databases have to reach before their agreement counts. */
export interface Coverage {
  /** Both queries, with their conditions watched by `pg_temp.dbwright_seen`. */
  readonly watched: readonly string[];
  readonly conditions: readonly Condition[];
  /** A query, and what it becomes when one of its limits is lifted: answers must differ once. */
  readonly limits: readonly { readonly query: string; readonly lifted: string; readonly what: string }[];
}

interface Condition {
  readonly number: number;
  /** As SQL. */
  readonly what: string;
  /** A check of the table says as much: it need not be false anywhere. */
  readonly implied: boolean;
}

/** What checks of tables say of columns: their bare names, and the constants they are held against. */
export interface Checked {
  readonly columns: readonly string[];
  readonly constants: readonly string[];
}

/** Limits of so few rows are often there to say that there is but one. */
const LIMIT_SMALL = 3;
/** Constants that are reached where anything is. */
const TRIVIAL = /^(?:|-?[01]|t|f|true|false)$/;

/** What to watch in two queries. What the server would not accept is not watched. */
export async function coverageOf(
  queries: readonly Node[],
  isAccepted: (sql: string) => Promise<boolean>,
  checks: readonly Checked[],
): Promise<Coverage> {
  const watched: string[] = [];
  const conditions: Condition[] = [];
  const limits: Coverage["limits"][number][] = [];
  for (const query of queries) {
    const by = new Map<unknown, unknown>();
    const own: Condition[] = [];
    for (const condition of watchable(query)) {
      const number = conditions.length + own.length + 1;
      const text = await printStatement(selecting(condition));
      const what = (text ?? "?").replace(/^SELECT\s+/, "").replaceAll(/\s+/g, " ");
      own.push({ number, what, implied: isImplied(condition, checks) });
      by.set(condition, seen(number, condition));
    }
    const printed = by.size > 0 ? await printStatement(substitute(query, by)) : null;
    if (printed !== null && (await isAccepted(printed))) {
      watched.push(printed);
      conditions.push(...own);
      const all = await printStatement(eachByItself(query, by));
      if (all !== null && (await isAccepted(all))) watched.push(all);
    }
    const plain = await printStatement(query);
    for (const { lifted, what } of liftedLimits(query)) {
      const more = await printStatement(lifted);
      if (plain !== null && more !== null) limits.push({ query: plain, lifted: more, what });
    }
  }
  return { watched, conditions, limits };
}

// Every condition of a clause is computed before the clause: one that others imply is never false after them.
function eachByItself(query: Node, watched: ReadonlyMap<unknown, unknown>): Node {
  const by = new Map<unknown, unknown>();
  for (const clause of clausesOf(query).toReversed()) {
    const calls = [...watched].filter(([condition]) => holds(clause, condition)).map(([, call]) => apart(call as Node));
    if (calls.length === 0 || by.has(clause)) continue;
    const all: Node = {
      FuncCall: {
        funcname: [{ String: { sval: "pg_temp" } }, { String: { sval: "dbwright_all" } }],
        args: calls,
        funcformat: "COERCE_EXPLICIT_CALL",
      },
    };
    by.set(clause, { CaseExpr: { args: [{ CaseWhen: { expr: all, result: substitute(clause, by) } }] } });
  }
  return substitute(query, by);
}

/** Marks of conditions that were computed by themselves have a number that is so much higher. */
const APART = 10_000;

function apart(call: Node): Node {
  const [number, condition] = "FuncCall" in call ? (call.FuncCall.args ?? []) : [];
  const own = number !== undefined && "A_Const" in number ? (number.A_Const.ival?.ival ?? 0) : 0;
  return condition === undefined ? call : seen(own + APART, condition);
}

const selecting = (val: Node): Node => ({
  SelectStmt: { targetList: [{ ResTarget: { val } }], limitOption: "LIMIT_OPTION_DEFAULT", op: "SETOP_NONE" },
});

const seen = (number: number, condition: Node): Node => ({
  FuncCall: {
    funcname: [{ String: { sval: "pg_temp" } }, { String: { sval: "dbwright_seen" } }],
    args: [{ A_Const: { ival: { ival: number } } }, condition],
    funcformat: "COERCE_EXPLICIT_CALL",
  },
});

// Sides of set operations stand in the tree without their type's name.
function selectsOf(query: Node): readonly SelectStmt[] {
  return [...nodesOf(query)].flatMap(({ type, node }) =>
    type === "SelectStmt" || type === "larg" || type === "rarg" ? [node as SelectStmt] : [],
  );
}

// The conditions of WHERE, HAVING, ON, FILTER and CASE that turn on a constant.
function watchable(query: Node): readonly Node[] {
  const found: Node[] = [];
  const pending = [...clausesOf(query)];
  for (let node = pending.shift(); node !== undefined; node = pending.shift()) {
    if ("BoolExpr" in node) pending.push(...(node.BoolExpr.args ?? []));
    else if (turnsOnConstant(node)) found.push(node);
  }
  // What stands within another is not looked into again.
  return found.filter((one) => !found.some((other) => other !== one && holds(other, one)));
}

function clausesOf(query: Node): readonly Node[] {
  const roots: (Node | undefined)[] = [];
  for (const select of selectsOf(query)) {
    roots.push(select.whereClause, select.havingClause);
    // What is grouped by has to be the same expression in the list.
    if (select.groupClause === undefined) roots.push(...searched(select.targetList));
  }
  for (const { JoinExpr } of wrapped(query, "JoinExpr")) roots.push(JoinExpr.quals);
  for (const { FuncCall } of wrapped(query, "FuncCall")) roots.push(FuncCall.agg_filter);
  return roots.filter((root) => root !== undefined);
}

function holds(outer: unknown, inner: unknown): boolean {
  if (outer === inner) return true;
  if (typeof outer !== "object" || outer === null) return false;
  return Object.values(outer).some((value) => holds(value, inner));
}

// Of a CASE without a value that each WHEN is compared with.
function searched(list: SelectStmt["targetList"]): readonly (Node | undefined)[] {
  return [...wrapped(list, "CaseExpr")].flatMap(({ CaseExpr }) =>
    CaseExpr.arg === undefined
      ? (CaseExpr.args ?? []).map((one) => ("CaseWhen" in one ? one.CaseWhen.expr : undefined))
      : [],
  );
}

// That it holds wherever the check does is not looked into: a check of that column has all of its constants.
function isImplied(condition: Node, checks: readonly Checked[]): boolean {
  const constants = constantsOf([condition]);
  const columns = [...nodesOf(condition)].flatMap(({ type, node }) =>
    type === "ColumnRef" ? [lastName(node["fields"])] : [],
  );
  return checks.some(
    (check) =>
      columns.every((column) => check.columns.includes(column)) &&
      constants.every((constant) => check.constants.includes(constant)),
  );
}

function turnsOnConstant(condition: Node): boolean {
  let constant = false;
  let row = false;
  for (const { type, node } of nodesOf(condition)) {
    if (type === "ColumnRef") row = true;
    if (type === "FuncCall" && node["agg_star"] === true) row = true;
    if (type !== "A_Const") continue;
    const { ival, fval, sval } = node as {
      ival?: { ival?: number };
      fval?: { fval?: string };
      sval?: { sval?: string };
    };
    const text = sval?.sval ?? fval?.fval ?? (ival === undefined ? "" : String(ival.ival ?? 0));
    if (!TRIVIAL.test(text)) constant = true;
  }
  return constant && row;
}

function liftedLimits(query: Node): readonly { readonly lifted: Node; readonly what: string }[] {
  return selectsOf(query).flatMap((select) => {
    const found: { lifted: Node; what: string }[] = [];
    const [limit, offset] = [wholeNumber(select.limitCount), wholeNumber(select.limitOffset)];
    const put = (by: SelectStmt): Node => substitute(query, new Map<unknown, unknown>([[select, by]]));
    if (limit !== null && limit > LIMIT_SMALL)
      found.push({
        lifted: put({
          ...without(select, "limitCount"),
          limitOption:
            select.limitOffset === undefined ? "LIMIT_OPTION_DEFAULT" : (select.limitOption ?? "LIMIT_OPTION_DEFAULT"),
        }),
        what: `LIMIT ${limit}`,
      });
    if (offset !== null && offset > 0)
      found.push({
        lifted: put({
          ...without(select, "limitOffset"),
          limitOption:
            select.limitCount === undefined ? "LIMIT_OPTION_DEFAULT" : (select.limitOption ?? "LIMIT_OPTION_DEFAULT"),
        }),
        what: `OFFSET ${offset}`,
      });
    return found;
  });
}

function wholeNumber(node: Node | undefined): number | null {
  if (node === undefined || !("A_Const" in node)) return null;
  const { ival, fval } = node.A_Const;
  if (fval !== undefined) return Number(fval.fval);
  return ival === undefined ? null : (ival.ival ?? 0);
}

/** How much of a {@link Coverage} databases have reached. */
export class Reached {
  readonly #coverage: Coverage;
  readonly #marks = new Set<string>();
  readonly #limits: Set<number>;

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
    this.#limits = new Set(coverage.limits.keys());
  }

  /** What to ask of the next database besides. */
  queries(): readonly string[] {
    const watched = this.#conditions().length > 0 ? this.#coverage.watched : [];
    const limits = [...this.#limits].flatMap((number) => {
      const limit = this.#coverage.limits[number];
      return limit === undefined ? [] : [limit.query, limit.lifted];
    });
    return [...watched, ...limits];
  }

  /** Takes the answers to {@link queries} and the marks that conditions left. */
  add(answers: readonly Answer[], marks: readonly string[]): void {
    const limits = answers.slice(answers.length - this.#limits.size * 2);
    for (const mark of marks) this.#marks.add(mark);
    for (const [place, number] of [...this.#limits].entries()) {
      const [one, other] = [limits[place * 2], limits[place * 2 + 1]];
      if (one !== undefined && other !== undefined && !sameAnswer(one, other, false)) this.#limits.delete(number);
    }
  }

  /** What no database has decided, as SQL. A condition that was never false after the others counts, if it was so alone. */
  missing(): readonly string[] {
    const conditions = this.#conditions().filter(
      ({ number, implied }) => !this.#marks.has(`${number}t`) || (!implied && !this.#marks.has(`${number + APART}f`)),
    );
    return [
      ...conditions.map(({ what }) => what),
      ...[...this.#limits].map((number) => this.#coverage.limits[number]?.what ?? ""),
    ];
  }

  /** Whether more databases might show more. */
  isComplete(): boolean {
    return this.#conditions().length === 0 && this.#limits.size === 0;
  }

  #conditions(): readonly Condition[] {
    if (this.#coverage.watched.length === 0) return [];
    return this.#coverage.conditions.filter(
      ({ number }) => !this.#marks.has(`${number}t`) || !this.#marks.has(`${number}f`),
    );
  }
}
