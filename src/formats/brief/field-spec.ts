import { CLASSIFICATIONS, FIELD_TYPES } from "../../model/brief.ts";
import type { BriefField, Classification, FieldType, Range, UniqueScope } from "../../model/brief.ts";
import { Cursor, SpecError } from "./cursor.ts";
import { compareDecimals, isWhole } from "./decimal-text.ts";
import { defaultProblem } from "./field-default.ts";
import { nearest } from "./nearest.ts";

/** What the short form of a field says: all of a field but its name and place. */
export type FieldSpec = Omit<BriefField, "name" | "about" | "at">;
type ElementSpec = NonNullable<BriefField["element"]>;
type TypeSpec = ElementSpec & Pick<BriefField, "element">;

/** Which arguments a type takes in its parentheses. */
export const TYPE_ARGUMENTS: Readonly<
  Record<FieldType, "none" | "length" | "range" | "precision" | "values" | "element">
> = {
  text: "length",
  code: "length",
  slug: "length",
  email: "none",
  url: "length",
  phone: "none",
  markdown: "length",
  integer: "range",
  bigint: "range",
  decimal: "precision",
  money: "precision",
  percent: "range",
  float: "range",
  boolean: "none",
  date: "none",
  time: "none",
  instant: "none",
  duration: "none",
  uuid: "none",
  json: "none",
  bytes: "length",
  ip: "none",
  country: "none",
  currency: "none",
  language: "none",
  timezone: "none",
  enum: "values",
  list: "element",
  token: "length",
  hash: "length",
  point: "none",
};

/** Names of the same thing in SQL and in programming languages. */
const SYNONYMS: Readonly<Record<string, string>> = {
  varchar: "text",
  string: "text",
  char: "code",
  int: "integer",
  int4: "integer",
  smallint: "integer",
  number: "integer or decimal",
  int8: "bigint",
  long: "bigint",
  numeric: "decimal",
  double: "float",
  real: "float",
  bool: "boolean",
  timestamp: "instant",
  timestamptz: "instant",
  datetime: "instant",
  interval: "duration",
  jsonb: "json",
  object: "json",
  blob: "bytes",
  bytea: "bytes",
  binary: "bytes",
  inet: "ip",
  array: "list",
  guid: "uuid",
  serial: "nothing: dbwright makes the key itself",
  json5: "json",
};

/** Longest `text(n)` of PostgreSQL's character varying: 10 MiB. */
const LENGTH_MAX = 10_485_760;
/** Longest value of an enum in bytes: PostgreSQL's limit of an enum label. */
const VALUE_BYTES_MAX = 63;
const INT4 = { min: "-2147483648", max: "2147483647" };
const INT8 = { min: "-9223372036854775808", max: "9223372036854775807" };
const MODIFIERS = ["unique", "unique-per-tenant", "immutable", ...CLASSIFICATIONS.map((name) => `@${name}`)];

/**
 * Reads the short form of a field, for example `integer(1..4)? = 3 unique @personal`:
 *
 *     field    = type [ "?" ] { modifier }
 *     type     = name [ "(" arguments ")" ]
 *     modifier = "=" value | "unique" | "unique-per-tenant" | "immutable" | "@" classification
 *
 * Throws {@link SpecError} with the offset of the first thing that does not fit. `values` stands in for
 * the arguments of an `enum` written without any.
 */
export function parseFieldSpec(text: string, values: readonly string[] = []): FieldSpec {
  const cursor = new Cursor(text);
  const type = parseType(cursor, values);
  const optional = cursor.eat("?");
  const found: {
    default: string | null;
    unique: UniqueScope | null;
    immutable: boolean;
    classification: Classification | null;
  } = {
    default: null,
    unique: null,
    immutable: false,
    classification: null,
  };
  const seen = new Set<string>();
  while (!cursor.done) {
    const offset = cursor.offset;
    const kind = parseModifier(cursor, found, type);
    if (seen.has(kind)) throw new SpecError(`the ${kind} is stated twice`, offset, "each modifier once");
    seen.add(kind);
  }
  return { ...type, optional, ...found };
}

function parseModifier(
  cursor: Cursor,
  found: {
    default: string | null;
    unique: UniqueScope | null;
    immutable: boolean;
    classification: Classification | null;
  },
  type: TypeSpec,
): string {
  const offset = cursor.offset;
  if (cursor.eat("=")) {
    const from = cursor.offset;
    const value = cursor.quoted() ?? cursor.match(/[^\s'"]+/u);
    if (value === null)
      throw new SpecError('no value after "="', cursor.offset, "a default, in quotes when it has blanks");
    const problem = defaultProblem(type, value);
    if (problem !== null) throw new SpecError(problem.what, from, problem.expected, problem.mend);
    found.default = value;
    return "default";
  }
  if (cursor.eat("@")) {
    const name = cursor.word() ?? "";
    const known = CLASSIFICATIONS.find((one) => one === name);
    if (known === undefined)
      throw unknownWord(
        `@${name}`,
        offset,
        CLASSIFICATIONS.map((one) => `@${one}`),
        "a classification",
      );
    found.classification = known;
    return "classification";
  }
  if (cursor.sees("?")) throw new SpecError('"?" stands too late', offset, "? right behind the type, as in text(20)?");
  const word = cursor.word();
  if (word === null) throw cursor.unexpected(`one of ${MODIFIERS.join(", ")}, or = and a default`);
  if (word === "unique" || word === "unique-per-tenant") {
    found.unique = word === "unique" ? "everywhere" : "per-tenant";
    return "unique";
  }
  if (word === "immutable") {
    found.immutable = true;
    return "immutable";
  }
  throw modifierError(word, offset);
}

function modifierError(word: string, offset: number): SpecError {
  const expected = `one of ${MODIFIERS.join(", ")}, or = and a default`;
  const lower = word.toLowerCase();
  const habits: Readonly<Record<string, string>> = {
    not: "a field is required unless its type ends in ?",
    required: "a field is required unless its type ends in ?",
    null: "write ? behind the type: text(20)?",
    nullable: "write ? behind the type: text(20)?",
    optional: "write ? behind the type: text(20)?",
    default: "write = and the value",
    primary: "dbwright makes the key; for a natural key write key: [field] beside fields",
    references: "a reference stands under belongs_to",
  };
  const habit = Object.hasOwn(habits, lower) ? habits[lower] : undefined;
  if (habit !== undefined) return new SpecError(`unknown word "${word}"`, offset, expected, habit);
  return unknownWord(word, offset, [...MODIFIERS, ...CLASSIFICATIONS], "a modifier");
}

function unknownWord(word: string, offset: number, candidates: readonly string[], noun: string): SpecError {
  const guess = nearest(word, candidates);
  const fixed = guess !== null && (CLASSIFICATIONS as readonly string[]).includes(guess) ? `@${guess}` : guess;
  const listed = candidates.filter((one) => !(CLASSIFICATIONS as readonly string[]).includes(one)).join(", ");
  return new SpecError(
    `unknown word "${word}"`,
    offset,
    `${noun}: ${listed}`,
    fixed === null ? null : `did you mean ${fixed}?`,
  );
}

function parseType(cursor: Cursor, values: readonly string[]): TypeSpec {
  const offset = cursor.offset;
  const word = cursor.word();
  if (word === null) throw cursor.unexpected("a type such as text(120), integer, date or enum(a, b)");
  const type = FIELD_TYPES.find((one) => one === word);
  if (type === undefined) {
    const synonym = Object.hasOwn(SYNONYMS, word.toLowerCase()) ? SYNONYMS[word.toLowerCase()] : undefined;
    const guess = synonym ?? nearest(word, FIELD_TYPES);
    const mend = guess === null ? null : `did you mean ${guess}?`;
    throw new SpecError(`unknown type "${word}"`, offset, `a type: ${FIELD_TYPES.join(", ")}`, mend);
  }
  const bare: TypeSpec = {
    type,
    length: null,
    range: null,
    precision: type === "money" ? { precision: 19, scale: 4 } : null,
    values: type === "enum" ? values : [],
    element: null,
  };
  if (!cursor.sees("(")) {
    if (type === "enum" && values.length === 0)
      throw new SpecError("an enum without values", cursor.offset, "enum(a, b)");
    if (type === "list") throw new SpecError("a list without an element", cursor.offset, "list(text(40))");
    return bare;
  }
  const from = cursor.offset;
  cursor.eat("(");
  const spec = parseArguments(cursor, bare, from);
  cursor.need(")", `to close ${type}(`);
  return spec;
}

function parseArguments(cursor: Cursor, bare: TypeSpec, from: number): TypeSpec {
  switch (TYPE_ARGUMENTS[bare.type]) {
    case "none":
      throw new SpecError(`${bare.type} takes no arguments`, from, bare.type);
    case "length":
      return { ...bare, length: parseLength(cursor, bare.type) };
    case "range":
      return { ...bare, range: parseRange(cursor, bare.type) };
    case "precision":
      return parsePrecision(cursor, bare);
    case "values":
      return { ...bare, values: parseValues(cursor) };
    case "element": {
      // The element is a type of its own; BriefField.element holds no lists of lists.
      const offset = cursor.offset;
      const { element: nested, ...element } = parseType(cursor, []);
      if (nested !== null || element.type === "list")
        throw new SpecError("a list of lists", offset, "list of one plain type", "make it an entity of its own");
      return { ...bare, element };
    }
  }
}

function parseLength(cursor: Cursor, type: FieldType): number {
  const offset = cursor.offset;
  const digits = cursor.match(/\d+/);
  const unit = type === "bytes" ? "bytes" : "characters";
  const expected = `${type}(n): at most n ${unit}, 1 to ${LENGTH_MAX}`;
  if (digits === null) throw cursor.unexpected(expected);
  const length = Number(digits);
  if (length < 1 || length > LENGTH_MAX) throw new SpecError(`a length of ${digits}`, offset, expected);
  return length;
}

function parseRange(cursor: Cursor, type: FieldType): Range {
  const offset = cursor.offset;
  const number = /-?\d+(?:\.\d+)?/;
  const expected = `${type}(min..max), ${type}(min..) or ${type}(..max)`;
  const min = cursor.match(number);
  if (!cursor.eat("..")) throw cursor.unexpected(expected);
  const max = cursor.match(number);
  if (min === null && max === null) throw new SpecError("a range without ends", offset, expected);
  if (min !== null && max !== null && compareDecimals(min, max) > 0)
    throw new SpecError(`the range ${min}..${max} is empty`, offset, expected, `write ${max}..${min}`);
  const bounds = type === "integer" ? INT4 : type === "bigint" ? INT8 : null;
  if (bounds !== null)
    for (const end of [min, max]) {
      if (end === null) continue;
      if (!isWhole(end))
        throw new SpecError(`${end} is not whole`, offset, `whole numbers in ${type}(…)`, "use decimal or float");
      if (compareDecimals(end, bounds.min) < 0 || compareDecimals(end, bounds.max) > 0)
        throw new SpecError(
          `${end} does not fit ${type}`,
          offset,
          `${bounds.min} to ${bounds.max}`,
          type === "integer" ? "use bigint" : "use decimal",
        );
    }
  return { min, max };
}

function parsePrecision(cursor: Cursor, bare: TypeSpec): TypeSpec {
  const offset = cursor.offset;
  const expected = `${bare.type}(12,2), ${bare.type}(0..100) or ${bare.type}(12,2, 0..100)`;
  // A range begins with a number too: what follows the number tells them apart.
  if (/^\s*(?:-?[\d.]+)?\s*\.\./.test(cursor.rest)) return { ...bare, range: parseRange(cursor, bare.type) };
  const digits = cursor.match(/\d+/);
  if (digits === null) throw cursor.unexpected(expected);
  cursor.need(",", `and the digits after the point, as in ${bare.type}(12,2)`);
  const after = cursor.match(/\d+/);
  if (after === null) throw cursor.unexpected(expected);
  const precision = Number(digits);
  const scale = Number(after);
  if (precision < 1 || precision > 1000 || scale > precision)
    throw new SpecError(
      `${precision} digits with ${scale} after the point`,
      offset,
      `${expected}: 1 to 1000 digits in all, no more after the point than in all`,
    );
  const range = cursor.eat(",") ? parseRange(cursor, bare.type) : null;
  return { ...bare, precision: { precision, scale }, range };
}

function parseValues(cursor: Cursor): string[] {
  const seen = new Set<string>();
  return cursor.list(() => {
    const offset = cursor.offset;
    const value = cursor.quoted() ?? cursor.match(/[\p{L}\p{N}_][\p{L}\p{N}_.+-]*/u);
    if (value === null) throw cursor.unexpected("a value, in quotes when it is more than one word");
    const problem = enumValueProblem(value);
    if (problem !== null) throw new SpecError(problem, offset, `a text of 1 to ${VALUE_BYTES_MAX} bytes`);
    if (seen.has(value)) throw new SpecError(`the value "${value}" is here twice`, offset, "each value once");
    seen.add(value);
    return value;
  });
}

/** What is wrong with a value of an enum, or null. */
export function enumValueProblem(value: string): string | null {
  if (value.trim() === "") return "an empty value";
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) return `a value of ${Buffer.byteLength(value)} bytes`;
  return /\p{Cc}/u.test(value) ? "a value with control characters" : null;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function printType(spec: ElementSpec & { readonly element?: ElementSpec | null }): string {
  const range = spec.range === null ? null : `${spec.range.min ?? ""}..${spec.range.max ?? ""}`;
  const precision = spec.precision === null ? null : `${spec.precision.precision},${spec.precision.scale}`;
  const implied = spec.type === "money" && precision === "19,4";
  const parts = [
    spec.length === null ? null : String(spec.length),
    implied ? null : precision,
    range,
    ...spec.values.map((value) => (/^[\p{L}\p{N}_][\p{L}\p{N}_.+-]*$/u.test(value) ? value : quote(value))),
    spec.element === null || spec.element === undefined ? null : printType(spec.element),
  ].filter((part) => part !== null);
  return parts.length === 0 ? spec.type : `${spec.type}(${parts.join(", ")})`;
}

/** The short form that {@link parseFieldSpec} reads as this. */
export function printFieldSpec(spec: FieldSpec): string {
  return [
    printType(spec) + (spec.optional ? "?" : ""),
    spec.default === null ? null : `= ${/^[^\s'"]+$/u.test(spec.default) ? spec.default : quote(spec.default)}`,
    spec.unique === null ? null : spec.unique === "everywhere" ? "unique" : "unique-per-tenant",
    spec.immutable ? "immutable" : null,
    spec.classification === null ? null : `@${spec.classification}`,
  ]
    .filter((part) => part !== null)
    .join(" ");
}
