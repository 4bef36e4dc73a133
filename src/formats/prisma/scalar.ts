import type { ColumnObject, DomainObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { parseTypeName } from "../type-name.ts";
import type { TypeName } from "../type-name.ts";
import { prismaString } from "./names.ts";
import type { PrismaEnum, Scalar } from "./schema.ts";

type Rule = readonly [type: string, native: ((type: TypeName) => string | null) | null];

const plain =
  (native: string): Rule[1] =>
  () =>
    native;
const sized =
  (native: string): Rule[1] =>
  (type) =>
    type.modifiers.length === 1 ? `${native}(${type.modifiers[0]})` : native;
// Without a modifier the server keeps microseconds, which Prisma's own introspection writes as 6.
const precise =
  (native: string): Rule[1] =>
  (type) =>
    `${native}(${type.modifiers[0] ?? "6"})`;

// https://www.prisma.io/docs/orm/reference/prisma-schema-reference#model-field-scalar-types (PostgreSQL)
const RULES: Readonly<Record<string, Rule>> = {
  smallint: ["Int", plain("SmallInt")],
  integer: ["Int", null],
  bigint: ["BigInt", null],
  oid: ["Int", plain("Oid")],
  numeric: ["Decimal", decimal],
  money: ["Decimal", plain("Money")],
  real: ["Float", plain("Real")],
  "double precision": ["Float", null],
  boolean: ["Boolean", null],
  text: ["String", null],
  citext: ["String", plain("Citext")],
  "character varying": ["String", sized("VarChar")],
  character: ["String", (type) => `Char(${type.modifiers[0] ?? "1"})`],
  bit: ["String", (type) => `Bit(${type.modifiers[0] ?? "1"})`],
  "bit varying": ["String", sized("VarBit")],
  uuid: ["String", plain("Uuid")],
  xml: ["String", plain("Xml")],
  inet: ["String", plain("Inet")],
  json: ["Json", plain("Json")],
  jsonb: ["Json", null],
  bytea: ["Bytes", null],
  date: ["DateTime", plain("Date")],
  "timestamp without time zone": ["DateTime", precise("Timestamp")],
  "timestamp with time zone": ["DateTime", precise("Timestamptz")],
  "time without time zone": ["DateTime", precise("Time")],
  "time with time zone": ["DateTime", precise("Timetz")],
};

function decimal(type: TypeName): string | null {
  const [precision, scale] = [Number(type.modifiers[0]), Number(type.modifiers[1] ?? "0")];
  return type.modifiers.length === 0 ? "Decimal" : `Decimal(${precision}, ${scale})`;
}

// PostgreSQL 15 allows scales below zero and above the precision; Prisma does not.
function fits(type: TypeName): boolean {
  if (type.name !== "numeric" || type.modifiers.length === 0) return true;
  const [precision, scale] = [Number(type.modifiers[0]), Number(type.modifiers[1] ?? "0")];
  return scale >= 0 && scale <= precision && precision <= 1000;
}

/** Maps a column's type; a domain becomes its base type, anything Prisma has no word for `Unsupported`. */
export function scalarOf(view: CatalogView, enums: readonly PrismaEnum[], column: ColumnObject): Scalar {
  return (
    mapped(view, enums, column.type, null) ?? {
      type: `Unsupported(${prismaString(column.type.replace(/(\[\d*\])+$/, ""))})`,
      list: column.type.endsWith("]"),
      native: null,
      enum: null,
      supported: false,
      domain: null,
    }
  );
}

function mapped(view: CatalogView, enums: readonly PrismaEnum[], text: string, domain: string | null): Scalar | null {
  const type = parseTypeName(text);
  const list = type.dimensions > 0;
  const is = (object: { readonly schema: string | null; readonly name: string }): boolean =>
    object.name === type.name && (type.schema === null || object.schema === type.schema);
  const own = enums.find((candidate) => is(candidate.object));
  if (own !== undefined) return { type: own.name, list, native: null, enum: own, supported: true, domain };
  const base: DomainObject | undefined = domain === null && !list ? view.of("domain").find(is) : undefined;
  if (base !== undefined) return mapped(view, enums, base.type, text);
  const rule = type.schema === null || type.name === "citext" ? RULES[type.name] : undefined;
  if (rule === undefined || !Object.hasOwn(RULES, type.name) || !fits(type)) return null;
  return { type: rule[0], list, native: rule[1]?.(type) ?? null, enum: null, supported: true, domain };
}
