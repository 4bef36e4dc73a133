import type { Node } from "../../sql/nodes.ts";
import { parseExpression } from "../../sql/parse.ts";
import { splitScript } from "../../sql/split.ts";
import type { WorkloadCollector } from "./collector.ts";
import { numberedPlaceholders } from "./placeholders.ts";

/** Draws of each script: so many concrete forms of each statement. */
const DRAWS = 5;

/** Whether a file is a script for pgbench: it has one of its meta commands. */
export function isPgbenchScript(text: string): boolean {
  return /^[ \t]*\\(?:set|sleep|setshell|if|gset|aset|startpipeline)\b/m.test(text);
}

/**
 * Adds the statements of a pgbench script, its variables drawn by its own `\set` expressions. `scale` is pgbench's
 * `:scale`. Expressions and commands that are not understood are named; statements that need them are drawn from
 * statistics instead.
 *
 * Source: the PostgreSQL manual, "pgbench", custom scripts.
 */
export async function addPgbenchScript(
  collector: WorkloadCollector,
  text: string,
  file: string,
  options: { readonly weight?: number; readonly scale?: number } = {},
): Promise<void> {
  const weight = options.weight ?? 1;
  const random = randomFrom(0x2545_f491);
  const refused = new Set<string>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const variables = new Map<string, number>([
      ["scale", options.scale ?? 1],
      ["client_id", draw],
      ["random_seed", 1],
      ["default_seed", 1],
    ]);
    for (const { sql, set, line } of commandsOf(text)) {
      if (set !== undefined) {
        const value = await valueOf(set.expression, variables, random);
        if (value === null) refused.add(`\\set ${set.name} at ${file}:${line}`);
        else variables.set(set.name, value);
        continue;
      }
      const numbered = numberedPlaceholders(sql);
      const values = (numbered?.names ?? []).map((name) => variables.get(name ?? ""));
      collector.add({
        sql: numbered?.sql ?? sql,
        values: values.includes(undefined) ? null : values.map(String),
        calls: draw === 0 ? weight : 0,
        total_ms: null,
        rows: null,
        prepared: false,
        origin: { where: file, line },
      });
    }
  }
  for (const what of refused) collector.leaveOut(what, "an expression of pgbench that is not understood here");
}

interface Command {
  readonly sql: string;
  readonly line: number;
  readonly set?: { readonly name: string; readonly expression: string };
}

// Commands end with their line unless it ends with a backslash; what stands between them is SQL.
function* commandsOf(text: string): Generator<Command> {
  const lines = text.replaceAll(/\\\r?\n/g, "  ").split("\n");
  let pending = "";
  let from = 1;
  for (const [index, line] of lines.entries()) {
    if (!/^\s*\\[a-z]/.test(line)) {
      if (pending.trim() === "") from = index + 1;
      pending += `${line}\n`;
      continue;
    }
    yield* statementsOf(pending, from);
    pending = "";
    const set = /^\s*\\set\s+([A-Za-z_]\w*)\s+(.+?)\s*$/.exec(line);
    if (set !== null) yield { sql: "", line: index + 1, set: { name: set[1] ?? "", expression: set[2] ?? "" } };
  }
  yield* statementsOf(pending, from);
}

function* statementsOf(text: string, from: number): Generator<Command> {
  for (const part of splitScript(text))
    if (part.kind === "statement") yield { sql: part.text.replace(/;\s*$/, ""), line: from + part.line - 1 };
}

// Mulberry32: small, and the same draws in each run.
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function valueOf(
  expression: string,
  variables: ReadonlyMap<string, number>,
  random: () => number,
): Promise<number | null> {
  // The grammar of expressions is a part of SQL's, but for the variables.
  const parsed = await parseExpression(expression.replaceAll(/:([A-Za-z_]\w*)/g, '"$1"'));
  return parsed.ok ? evaluate(parsed.value.node, variables, random) : null;
}

function evaluate(node: Node, variables: ReadonlyMap<string, number>, random: () => number): number | null {
  const inner = (one: Node | undefined): number | null => (one === undefined ? null : evaluate(one, variables, random));
  if ("A_Const" in node) {
    const { ival, fval } = node.A_Const;
    return fval?.fval !== undefined ? Number(fval.fval) : ival === undefined ? null : (ival.ival ?? 0);
  }
  if ("ColumnRef" in node) {
    const [field] = node.ColumnRef.fields ?? [];
    return field !== undefined && "String" in field ? (variables.get(field.String.sval ?? "") ?? null) : null;
  }
  if ("A_Expr" in node) {
    const [name] = node.A_Expr.name ?? [];
    const operator = name !== undefined && "String" in name ? name.String.sval : undefined;
    const left = node.A_Expr.lexpr === undefined ? 0 : inner(node.A_Expr.lexpr);
    const right = inner(node.A_Expr.rexpr);
    return left === null || right === null ? null : operated(operator ?? "", left, right);
  }
  if ("FuncCall" in node) {
    const last = node.FuncCall.funcname?.at(-1);
    const values = (node.FuncCall.args ?? []).map((one) => inner(one));
    if (last === undefined || !("String" in last) || values.includes(null)) return null;
    return called(last.String.sval ?? "", values as number[], random);
  }
  return null;
}

function operated(operator: string, left: number, right: number): number | null {
  const whole = Number.isInteger(left) && Number.isInteger(right);
  if (operator === "+") return left + right;
  if (operator === "-") return left - right;
  if (operator === "*") return left * right;
  if (right === 0) return null;
  if (operator === "/") return whole ? Math.trunc(left / right) : left / right;
  return operator === "%" ? left % right : null;
}

function called(name: string, values: readonly number[], random: () => number): number | null {
  const [first = 0, second = 0, third = 0] = values;
  const within = (share: number): number => first + Math.min(second - first, Math.floor(share * (second - first + 1)));
  switch (name) {
    case "random":
      return within(random());
    case "random_gaussian":
      return within(gaussianShare(third, random));
    case "random_exponential":
      return within(-Math.log(Math.exp(-third) + (1 - Math.exp(-third)) * (1 - random())) / third);
    // The exact law is of no weight here: the first values are the frequent ones.
    case "random_zipfian":
      return within(random() ** (1 + third));
    case "abs":
      return Math.abs(first);
    case "int":
      return Math.trunc(first);
    case "double":
      return first;
    case "mod":
      return second === 0 ? null : first % second;
    case "least":
      return Math.min(...values);
    case "greatest":
      return Math.max(...values);
    case "sqrt":
      return Math.sqrt(first);
    case "power":
    case "pow":
      return first ** second;
    case "exp":
      return Math.exp(first);
    case "ln":
      return Math.log(first);
    case "pi":
      return Math.PI;
    default:
      return null;
  }
}

// Box and Muller (1958), cut at `parameter` standard deviations as pgbench does.
function gaussianShare(parameter: number, random: () => number): number {
  for (;;) {
    const deviation = Math.sqrt(-2 * Math.log(1 - random())) * Math.sin(2 * Math.PI * random());
    if (Math.abs(deviation) < parameter) return (deviation + parameter) / (2 * parameter);
  }
}
