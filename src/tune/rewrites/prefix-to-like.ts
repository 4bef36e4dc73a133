import type { Node } from "../../sql/nodes.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { rewriteConditions, typeFact } from "./conditions.ts";
import type { Change, ConditionColumn, ConditionPlace } from "./conditions.ts";
import { rewrite } from "./rewrite.ts";
import type { Rewrite } from "./rewrite.ts";
import { bothWays, callOf, comparisonOf, textNode, textOf, wholeOf } from "./terms.ts";
import { operation } from "./tree.ts";

const SCHEMA = `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE item (id int PRIMARY KEY, name text, code char(3), title varchar(20), loose text COLLATE loose);`;

const wants = (column: string): string => `CREATE INDEX ON public.item (${column} text_pattern_ops)`;

/** What a text begins with becomes a pattern. */
export const prefixToLike: Rewrite = rewrite({
  id: "prefix-to-like",
  title: "What a text begins with is a LIKE pattern",
  why: "An index on the column does not hold its first letters, so every row is read and cut; LIKE 'abc%' is a stretch of a B-tree that compares byte by byte (text_pattern_ops, or collation C).",
  examples: [
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE left(name, 2) = 'ab'",
      after: "SELECT id FROM item WHERE name LIKE 'ab%'",
      note: wants("name"),
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE 'a%' = substring(title, 1, 2) AND substring(name FROM 1 FOR 1) = 'a'",
      after: String.raw`SELECT id FROM item WHERE title LIKE 'a\%%' AND name LIKE 'a%'`,
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE substr(name, 1, 3) = 'ab'",
      after: "SELECT id FROM item WHERE name = 'ab'",
      note: "only a text that is shorter than what is cut off",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE position('a_' IN name) = 1",
      after: String.raw`SELECT id FROM item WHERE name LIKE 'a\_%'`,
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE strpos(name, 'b') > 0",
      after: "SELECT id FROM item WHERE name LIKE '%b%'",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE left(name, 1) = 'ab'",
      after: null,
      note: "never true",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE left(name, -1) = 'a'", after: null, note: "all but the last" },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE substring(name, 2, 1) = 'a'", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE substring(name, 0, 2) = 'a'", after: null },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE left(code, 2) = 'a '",
      after: null,
      note: "padding is cut off",
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE left(loose, 1) = 'A'",
      after: null,
      note: "a collation may hold different texts to be equal",
    },
    {
      schema: SCHEMA,
      before: `SELECT id FROM item WHERE left(name, 1) = 'a' COLLATE loose`,
      after: null,
    },
    {
      schema: SCHEMA,
      before: "SELECT id FROM item WHERE left(name, 1) > 'a'",
      after: null,
      note: "the collation orders",
    },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE position('' IN name) = 1", after: null },
    { schema: SCHEMA, before: "SELECT id FROM item WHERE position('a' IN name) = 2", after: null },
  ],
  rewrite: (statement, context) =>
    rewriteConditions(statement, context, {
      change: (node, place) => cut(node, place) ?? found(node, place),
      argument:
        "Texts are compared character by character here (the collation tells any two different texts apart), so that the first n characters are these exactly if the text begins with them; the characters that mean something in a pattern are escaped. NULL gives NULL on both sides.",
    }),
});

function textColumn(node: Node | undefined, place: ConditionPlace): ConditionColumn | null {
  const column = place.column(node);
  if (column?.stored == null || column.stored.column.collation !== null) return null;
  return column.type === "text" || /^character varying(?:\(\d+\))?$/.test(column.type) ? column : null;
}

/** Characters of one byte only: how many characters others make depends on the database's encoding. */
const isPlain = (text: string): boolean => /^[ -~]+$/.test(text);

const CUTS = new Set(["left", "substring", "substr"]);

function cut(node: Node, place: ConditionPlace): Change | null {
  for (const { left, operator, right } of bothWays(node)) {
    const call = callOf(left);
    const text = textOf(right);
    if (call === null || text === null || operator !== "=" || !CUTS.has(call.name) || !isPlain(text)) continue;
    const [argument, ...numbers] = call.args;
    const column = textColumn(argument, place);
    const values = numbers.map(wholeOf);
    const length = call.name === "left" ? values[0] : values[0] === 1n ? values[1] : undefined;
    const expected = call.name === "left" ? 1 : 2;
    if (column === null || argument === undefined || length == null || values.length !== expected) continue;
    if (!place.isBuiltIn("=", "~~", call.name)) continue;
    if (BigInt(text.length) > length) continue;
    // Shorter than what is cut off, it is the whole text.
    if (BigInt(text.length) < length) return { after: operation("=", argument, right), preconditions: facts(column) };
    return like(argument, column, `${escaped(text)}%`, "prefix");
  }
  return null;
}

const facts = (column: ConditionColumn): Change["preconditions"] => [
  typeFact(column),
  {
    what: `${column.name} has the database's own collation, which tells any two texts apart`,
    from: "column collation",
  },
];

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

function like(node: Node, column: ConditionColumn, pattern: string, kind: "prefix" | "within"): Change {
  const after: Node = {
    A_Expr: { kind: "AEXPR_LIKE", name: [{ String: { sval: "~~" } }], lexpr: node, rexpr: textNode(pattern) },
  };
  const preconditions = facts(column);
  const { stored } = column;
  if (stored === null) return { after, preconditions };
  const table = qualified(stored.table.table.schema, stored.table.table.name);
  const name = ident(stored.column.name);
  const key =
    kind === "prefix"
      ? `(${name} ${column.type === "text" ? "text_pattern_ops" : "varchar_pattern_ops"})`
      : `USING gin (${name} gin_trgm_ops)`;
  return { after, preconditions, wants: [`CREATE INDEX ON ${table} ${key}`] };
}

function found(node: Node, place: ConditionPlace): Change | null {
  const compared = comparisonOf(node);
  const call = callOf(compared?.left);
  if (compared === null || call === null || !["position", "strpos"].includes(call.name)) return null;
  if (!place.isBuiltIn(compared.operator, "~~", call.name)) return null;
  // Written `position(b IN a)`, it is held as position(a, b).
  const [argument, wanted, ...more] = call.args;
  const column = textColumn(argument, place);
  const text = textOf(wanted);
  const at = wholeOf(compared.right);
  if (column === null || argument === undefined || text === null || !isPlain(text) || more.length > 0) return null;
  if (compared.operator === "=" && at === 1n) return like(argument, column, `${escaped(text)}%`, "prefix");
  const anywhere =
    (compared.operator === ">" && at === 0n) ||
    (compared.operator === ">=" && at === 1n) ||
    (compared.operator === "<>" && at === 0n);
  return anywhere ? like(argument, column, `%${escaped(text)}%`, "within") : null;
}
