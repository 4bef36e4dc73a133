import type { Node } from "libpg-query";
import { parseExpression } from "../../sql/parse.ts";

/** A bound as the constraint states it. */
export interface Bound {
  readonly value: string;
  readonly inclusive: boolean;
}

/** What is known of the values one column may take. */
export interface Limits {
  readonly min: Bound | null;
  readonly max: Bound | null;
  /** In characters. */
  readonly lengthMin: number | null;
  readonly lengthMax: number | null;
  /** The only values allowed, or null. */
  readonly allowed: readonly string[] | null;
  /** Regular expressions the text must match. */
  readonly patterns: readonly { readonly source: string; readonly ignoreCase: boolean }[];
  readonly notNull: boolean;
  readonly isNull: boolean;
}

/** What a boolean expression says, as far as it is understood. What is not understood is left to the server. */
export interface Understanding {
  readonly limits: ReadonlyMap<string, Limits>;
  /** Exactly one of these columns is not null. */
  readonly exactlyOne: readonly (readonly string[])[];
  /** `low` is at most (or, when strict, below) `high`. */
  readonly orderings: readonly { readonly low: string; readonly high: string; readonly strict: boolean }[];
}

/** Limits that allow everything. */
export const NO_LIMITS: Limits = {
  min: null,
  max: null,
  lengthMin: null,
  lengthMax: null,
  allowed: null,
  patterns: [],
  notNull: false,
  isNull: false,
};

type Loose = Readonly<Record<string, unknown>>;
type Constant = { readonly text: string };

const inner = (node: Node | undefined, type: string): Loose | null =>
  node !== undefined && type in node ? ((node as unknown as Loose)[type] as Loose) : null;

const words = (list: unknown): string[] =>
  ((list ?? []) as Node[]).map((item) => {
    const text = inner(item, "String")?.["sval"];
    return typeof text === "string" ? text : "";
  });

// A column, seen through casts (the server prints `(status)::text = …`).
function columnOf(node: Node | undefined): string | null {
  const reference = inner(node, "ColumnRef");
  if (reference !== null) return words(reference["fields"]).at(-1) ?? null;
  const cast = inner(node, "TypeCast");
  return cast === null ? null : columnOf(cast["arg"] as Node);
}

function constantOf(node: Node | undefined): Constant | null {
  const cast = inner(node, "TypeCast");
  if (cast !== null) return constantOf(cast["arg"] as Node);
  const constant = inner(node, "A_Const");
  if (constant === null) {
    const operation = inner(node, "A_Expr");
    if (operation === null || words(operation["name"])[0] !== "-" || operation["lexpr"] !== undefined) return null;
    const positive = constantOf(operation["rexpr"] as Node);
    return positive === null ? null : { text: `-${positive.text}` };
  }
  for (const [kind, field] of [
    ["sval", "sval"],
    ["ival", "ival"],
    ["fval", "fval"],
    ["boolval", "boolval"],
  ] as const) {
    const held = constant[kind] as Loose | undefined;
    if (held === undefined) continue;
    const value = held[field];
    // The grammar leaves out zero, false and the empty text.
    if (value === undefined) return { text: { sval: "", ival: "0", fval: "0", boolval: "false" }[kind] };
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return { text: `${value}` };
  }
  return null;
}

function listOf(node: Node | undefined): readonly string[] | null {
  const cast = inner(node, "TypeCast");
  if (cast !== null) {
    const constant = constantOf(node);
    const simple = constant === null ? null : /^\{([^"{}\\]*)\}$/.exec(constant.text);
    return simple === null ? listOf(cast["arg"] as Node) : (simple[1] ?? "").split(",");
  }
  const items = (inner(node, "A_ArrayExpr")?.["elements"] ?? inner(node, "List")?.["items"]) as Node[] | undefined;
  const values = items?.map((item) => constantOf(item)?.text);
  return values === undefined || values.some((value) => value === undefined) ? null : (values as string[]);
}

function tighter(a: Bound | null, b: Bound | null, side: "min" | "max"): Bound | null {
  if (a === null || b === null) return a ?? b;
  const [x, y] = [Number(a.value), Number(b.value)];
  const less = Number.isNaN(x) || Number.isNaN(y) ? a.value < b.value : x < y;
  return less === (side === "min") ? b : a;
}

/** Both sets of limits at once. */
export function mergeLimits(a: Limits, b: Limits): Limits {
  const least = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? (x ?? y) : Math.min(x, y);
  const most = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? (x ?? y) : Math.max(x, y);
  return {
    min: tighter(a.min, b.min, "min"),
    max: tighter(a.max, b.max, "max"),
    lengthMin: most(a.lengthMin, b.lengthMin),
    lengthMax: least(a.lengthMax, b.lengthMax),
    allowed:
      a.allowed !== null && b.allowed !== null
        ? a.allowed.filter((value) => b.allowed?.includes(value))
        : (a.allowed ?? b.allowed),
    patterns: [...a.patterns, ...b.patterns],
    notNull: a.notNull || b.notNull,
    isNull: a.isNull || b.isNull,
  };
}

class Reader {
  readonly limits = new Map<string, Limits>();
  readonly exactlyOne: (readonly string[])[] = [];
  readonly orderings: { low: string; high: string; strict: boolean }[] = [];

  add(column: string, limits: Partial<Limits>): void {
    this.limits.set(column, mergeLimits(this.limits.get(column) ?? NO_LIMITS, { ...NO_LIMITS, ...limits }));
  }

  read(node: Node): void {
    const bool = inner(node, "BoolExpr");
    if (bool !== null) return this.readBool(bool);
    const test = inner(node, "NullTest");
    const tested = columnOf(test?.["arg"] as Node | undefined);
    if (test !== null && tested !== null) {
      return this.add(tested, test["nulltesttype"] === "IS_NULL" ? { isNull: true } : { notNull: true });
    }
    const operation = inner(node, "A_Expr");
    if (operation !== null) return this.readOperation(operation);
    const bare = columnOf(node);
    if (bare !== null) this.add(bare, { allowed: ["true"] });
  }

  private readBool(bool: Loose): void {
    const parts = (bool["args"] ?? []) as Node[];
    if (bool["boolop"] === "AND_EXPR") for (const part of parts) this.read(part);
    if (bool["boolop"] === "NOT_EXPR") {
      const column = columnOf(parts[0]);
      if (column !== null) this.add(column, { allowed: ["false"] });
    }
    if (bool["boolop"] !== "OR_EXPR") return;
    // `x IS NULL OR …x…`: a null passes a check in any case, so what remains is the limit.
    const rest = parts.filter((part) => inner(part, "NullTest")?.["nulltesttype"] !== "IS_NULL");
    if (rest.length === 1 && rest[0] !== undefined) this.read(rest[0]);
  }

  private readOperation(operation: Loose): void {
    const name = words(operation["name"]).at(-1) ?? "";
    const [left, right] = [operation["lexpr"] as Node | undefined, operation["rexpr"] as Node | undefined];
    const kind = operation["kind"];
    const column = columnOf(left);
    if (kind === "AEXPR_BETWEEN" && column !== null) {
      const [low, high] = listOf(right) ?? [];
      if (low === undefined || high === undefined) return;
      return this.add(column, { min: { value: low, inclusive: true }, max: { value: high, inclusive: true } });
    }
    if ((kind === "AEXPR_OP_ANY" || kind === "AEXPR_IN") && name === "=" && column !== null) {
      const allowed = listOf(right);
      if (allowed !== null) this.add(column, { allowed });
      return;
    }
    if (kind !== "AEXPR_OP" && kind !== "AEXPR_LIKE" && kind !== "AEXPR_ILIKE") return;
    const constant = constantOf(right);
    if (constant !== null) return this.readComparison(left, name, constant.text);
    const turned = constantOf(left);
    if (turned !== null && right !== undefined) return this.readComparison(right, TURNED[name] ?? "", turned.text);
    this.readOrdering(column, name, columnOf(right));
  }

  private readOrdering(left: string | null, name: string, right: string | null): void {
    if (left === null || right === null) return;
    if (name === "<" || name === "<=") this.orderings.push({ low: left, high: right, strict: name === "<" });
    if (name === ">" || name === ">=") this.orderings.push({ low: right, high: left, strict: name === ">" });
  }

  private readComparison(left: Node | undefined, name: string, value: string): void {
    const column = columnOf(left);
    if (column === null) return this.readCall(left, name, value);
    if (name === "=") this.add(column, { allowed: [value] });
    else if (name === "<>" && value === "") this.add(column, { lengthMin: 1 });
    else if (name === ">" || name === ">=") this.add(column, { min: { value, inclusive: name === ">=" } });
    else if (name === "<" || name === "<=") this.add(column, { max: { value, inclusive: name === "<=" } });
    else if (name === "~" || name === "~*") {
      this.add(column, { patterns: [{ source: value, ignoreCase: name === "~*" }] });
    } else if (name === "~~" || name === "~~*") {
      this.add(column, { patterns: [{ source: likeAsRegularExpression(value), ignoreCase: name === "~~*" }] });
    }
  }

  private readCall(left: Node | undefined, name: string, value: string): void {
    const cast = inner(left, "TypeCast");
    const call = inner(cast === null ? left : (cast["arg"] as Node), "FuncCall");
    if (call === null) return;
    const routine = words(call["funcname"]).at(-1) ?? "";
    const columns = ((call["args"] ?? []) as Node[]).map(columnOf);
    if (columns.some((column) => column === null)) return;
    if (routine === "num_nonnulls" && name === "=" && value === "1") this.exactlyOne.push(columns as string[]);
    const column = columns[0];
    if (typeof column !== "string") return;
    if (["btrim", "trim"].includes(routine) && name === "<>" && value === "") this.add(column, { lengthMin: 1 });
    if (!["char_length", "character_length", "length", "octet_length"].includes(routine)) return;
    const count = Number(value);
    if (name === "=") this.add(column, { lengthMin: count, lengthMax: count });
    if (name === ">" || name === ">=") this.add(column, { lengthMin: name === ">" ? count + 1 : count });
    if (name === "<" || name === "<=") this.add(column, { lengthMax: name === "<" ? count - 1 : count });
  }
}

// `%` any text, `_` any character, a backslash takes the next as it is (manual, "LIKE").
function likeAsRegularExpression(pattern: string): string {
  const parts = [...pattern.matchAll(/\\(.)|(.)/gsu)].map(([, escaped, plain]) =>
    escaped === undefined && plain === "%"
      ? ".*"
      : escaped === undefined && plain === "_"
        ? "."
        : (escaped ?? plain ?? "").replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  );
  return `^${parts.join("")}$`;
}

const TURNED: Readonly<Record<string, string>> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "<>": "<>" };

/**
 * Reads a check, a domain's check or an index's predicate. Only what is certain is taken: limits found
 * hold for every row that passes; a part that is not understood adds none.
 */
export async function understand(expression: string): Promise<Understanding> {
  const reader = new Reader();
  const parsed = await parseExpression(expression);
  if (parsed.ok) reader.read(parsed.value.node);
  return reader;
}

/** The expression inside a clause such as `CHECK ((a > 0)) NOT VALID`. */
export function checkExpression(definition: string): string {
  const open = definition.indexOf("(");
  let depth = 0;
  for (let index = open; index >= 0 && index < definition.length; index++) {
    const character = definition[index];
    if (character === "'" || character === '"') {
      // A doubled quote closes and opens again at once, which comes to the same.
      index = definition.indexOf(character, index + 1);
      if (index < 0) break;
    } else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return definition.slice(open + 1, index);
  }
  return definition;
}
