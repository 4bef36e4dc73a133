import type { Node, TypeName } from "libpg-query";
import { ident } from "../identifier.ts";

// The grammar's names of types, as the server prints them (format_type).
const PRINTED: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  varchar: "character varying",
  bpchar: "character",
  decimal: "numeric",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
  time: "time without time zone",
  timetz: "time with time zone",
  varbit: "bit varying",
  serial: "integer",
  serial4: "integer",
  bigserial: "bigint",
  serial8: "bigint",
  smallserial: "smallint",
  serial2: "smallint",
};

const SERIAL = /^(?:small|big)?serial$|^serial[248]$/;

const words = (names: readonly Node[] | undefined): string[] =>
  (names ?? []).map((name) => ("String" in name ? (name.String.sval ?? "") : ""));

/** Whether a column of that type draws its default from a sequence of its own. */
export function isSerial(type: TypeName | undefined): boolean {
  const names = words(type?.names);
  return names.length === 1 && SERIAL.test(names[0] ?? "");
}

/** A type as the server prints it: `character varying(40)`, `numeric(12,2)`, `app.state[]`. */
export function typeText(type: TypeName | undefined): string {
  if (type === undefined) return "";
  const names = words(type.names);
  const bare = names[0] === "pg_catalog" && names.length === 2 ? names[1] : names.length === 1 ? names[0] : undefined;
  // A name of the system's own needs no quotes, but for the one-byte type that shares its name with char(n).
  const plain = names[0] === "pg_catalog" && bare !== "char" ? bare : bare === undefined ? undefined : ident(bare);
  const base = bare === undefined ? names.map(ident).join(".") : (PRINTED[bare] ?? plain ?? bare);
  const modifiers = (type.typmods ?? []).flatMap((modifier) => {
    if (!("A_Const" in modifier)) return [];
    const value = modifier.A_Const.ival;
    return value === undefined ? [] : [String(value.ival ?? 0)];
  });
  const [head, tail] = splitZone(base);
  // `interval` carries a mask of fields before its precision; `char` without a length has length 1.
  const shown = base === "interval" ? modifiers.slice(1) : modifiers;
  const arrays = (type.arrayBounds ?? []).length > 0 ? "[]" : "";
  return `${head}${shown.length === 0 ? "" : `(${shown.join(",")})`}${tail}${arrays}`;
}

function splitZone(base: string): readonly [string, string] {
  const at = base.search(/ with(?:out)? time zone$/);
  return at < 0 ? [base, ""] : [base.slice(0, at), base.slice(at)];
}

/** A type's text without modifiers and array marks: `character varying`, `timestamp with time zone`. */
export function bareType(type: string): string {
  return type.replace(/\[\]$/, "").replace(/\([^)]*\)/, "");
}

/** The modifiers in a type's text, e.g. [12, 2]; empty where there are none. */
export function typeModifiers(type: string): readonly number[] {
  const inside = /\(([\d,\s]+)\)/.exec(type)?.[1];
  return inside === undefined ? [] : inside.split(",").map(Number);
}
