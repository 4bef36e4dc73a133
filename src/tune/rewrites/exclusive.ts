import type { CatalogView } from "../../model/catalog-view.ts";
import type { Node } from "../../sql/nodes.ts";
import { equalIsSame } from "./facts.ts";
import type { Meaning, Resolution, Source } from "./meaning.ts";
import { operatorOf } from "./tree.ts";

type ColumnMeaning = Extract<Meaning, { is: "column" }>;

/** What one condition asks of one column. */
interface Asked {
  readonly column: ColumnMeaning;
  /** Constants as `i7` (a whole number) or `sabc` (text), of which it must be equal to one; null: something else. */
  readonly among: readonly string[] | null;
  readonly is: "among" | "null" | "<" | "<=" | ">" | ">=" | "<>" | "not null";
  /** Of a comparison. */
  readonly bound: string | null;
}

/**
 * Whether two lists of conditions cannot both hold for one row of a stored table: each asks something of the same column
 * that excludes the other. `sameRow` says whether two items of FROM stand for that one row.
 */
export function exclude(
  left: readonly Node[],
  right: readonly Node[],
  sameRow: (a: Source, b: Source) => boolean,
  names: Resolution,
  view: CatalogView,
): boolean {
  const [first, second] = [asks(left, names), asks(right, names)];
  return first.some((a) =>
    second.some((b) => {
      const [one, other] = [a.column.column.stored?.column, b.column.column.stored?.column];
      if (one === undefined || one !== other || !sameRow(a.column.source, b.column.source)) return false;
      return contradict(a, b) && (isAskedOfNull(a, b) || equalIsSame(one, view) || isNumber(one.type));
    }),
  );
}

const isAskedOfNull = (a: Asked, b: Asked): boolean => a.is === "null" || b.is === "null";
const isNumber = (type: string): boolean => /^(?:numeric|real|double precision)/.test(type);

const CONTRARY: readonly (readonly [Asked["is"], Asked["is"]])[] = [
  ["<", ">="],
  ["<", ">"],
  ["<=", ">"],
];

function contradict(a: Asked, b: Asked): boolean {
  if (isAskedOfNull(a, b)) return a.is !== b.is;
  if (a.among !== null && b.among !== null) return differ(a.among, b.among, a.column.column.type);
  if (a.bound !== null && a.bound === b.bound)
    return CONTRARY.some(([one, other]) => (a.is === one && b.is === other) || (a.is === other && b.is === one));
  const [list, test] = a.among === null ? [b, a] : [a, b];
  if (list.among === null || test.bound === null) return false;
  return list.among.every((value) => value === test.bound && ["<", ">", "<>"].includes(test.is));
}

// Two texts of a number or a date may mean the same; of a text they do not.
function differ(a: readonly string[], b: readonly string[], type: string | null): boolean {
  const all = [...a, ...b];
  const whole = all.every((value) => value.startsWith("i"));
  const texts = all.every((value) => value.startsWith("s")) && /^(?:text|character varying)\b/.test(type ?? "");
  return (whole || texts) && !a.some((value) => b.includes(value));
}

const FLIPPED = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", "<>": "<>" } as const;
const isComparison = (name: string): name is keyof typeof FLIPPED => name in FLIPPED;

function asks(conditions: readonly Node[], names: Resolution): readonly Asked[] {
  return conditions.flatMap((condition): readonly Asked[] => {
    if ("NullTest" in condition) {
      const column = names.column(condition.NullTest.arg);
      // Of a row of values both may be true, or neither.
      if (column === null || column.column.type === null) return [];
      return [
        { column, among: null, bound: null, is: condition.NullTest.nulltesttype === "IS_NULL" ? "null" : "not null" },
      ];
    }
    if ("A_Expr" in condition && condition.A_Expr.kind === "AEXPR_IN") return inList(condition, names);
    const operator = operatorOf(condition);
    if (operator === null) return [];
    const turned = names.column(operator.left) === null;
    const column = names.column(turned ? operator.right : operator.left);
    const constant = constantOf(turned ? operator.left : operator.right);
    if (column === null || column.column.type === null || constant === null) return [];
    if (operator.name === "=") return [{ column, among: [constant], bound: null, is: "among" }];
    if (!isComparison(operator.name)) return [];
    return [{ column, among: null, bound: constant, is: turned ? FLIPPED[operator.name] : operator.name }];
  });
}

function inList(condition: Extract<Node, { A_Expr: unknown }>, names: Resolution): readonly Asked[] {
  const { name, lexpr, rexpr } = condition.A_Expr;
  const [operator] = name ?? [];
  const column = names.column(lexpr);
  if (operator === undefined || !("String" in operator) || operator.String.sval !== "=" || column === null) return [];
  const items = rexpr !== undefined && "List" in rexpr ? (rexpr.List.items ?? []).map(constantOf) : [];
  if (column.column.type === null || items.length === 0 || !items.every((one) => one !== null)) return [];
  return [{ column, among: items, bound: null, is: "among" }];
}

/** A plain constant, told apart by its kind; null for any other node. */
export function constantOf(node: Node | undefined): string | null {
  if (node === undefined || !("A_Const" in node)) return null;
  const { ival, sval } = node.A_Const;
  if (sval !== undefined) return `s${sval.sval ?? ""}`;
  return ival === undefined ? null : `i${ival.ival ?? 0}`;
}
