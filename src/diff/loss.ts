import type { CatalogObject, ColumnObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import type { Dialect } from "../model/statement.ts";

// Kinds whose objects hold something that their definition does not.
function held(object: CatalogObject, dialect: Dialect): string | null {
  const name = dialect.qualified(object.schema, object.name);
  switch (object.kind) {
    case "table":
      return object.foreign === undefined && object.partitionBy === null ? `the table ${name} and its rows` : null;
    case "column":
      return object.generated === null
        ? `the column ${dialect.qualified(object.schema, object.table)}.${dialect.ident(object.name)} and its values`
        : null;
    case "sequence":
      return `the position of the sequence ${name}`;
    default:
      return null;
  }
}

// A value of the first type always fits the second.
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ["integer", "bigint", "numeric", "text"],
  integer: ["bigint", "numeric", "text"],
  bigint: ["numeric", "text"],
  real: ["double precision"],
  "character varying": ["text"],
};

function narrows(before: ColumnObject, after: ColumnObject): boolean {
  if (before.type === after.type) return false;
  const [was, is] = [/^([^(]*)(?:\((.*)\))?$/.exec(before.type), /^([^(]*)(?:\((.*)\))?$/.exec(after.type)];
  if (was?.[1] === is?.[1]) {
    if (is?.[2] === undefined) return false;
    if (was?.[2] === undefined) return true;
    const [a, b] = [was[2].split(",").map(Number), is[2].split(",").map(Number)];
    return !(a.length === 1 && b.length === 1 && (b[0] ?? 0) >= (a[0] ?? 0));
  }
  return !(is?.[2] === undefined && WIDER[was?.[1] ?? ""]?.includes(is?.[1] ?? "") === true);
}

/**
 * What a change destroys that its undo does not bring back, in words; null where it destroys nothing. `returns`:
 * what is dropped is created again right away.
 */
export function lossOf(change: Change, dialect: Dialect, returns: boolean): string | null {
  if (change.type === "drop") {
    const { object } = change;
    return returns && object.kind !== "table" && object.kind !== "column" ? null : held(object, dialect);
  }
  if (change.type !== "alter") return null;
  const { before, after } = change;
  if (before.kind === "column" && after.kind === "column" && narrows(before, after))
    return `what of the values of ${dialect.qualified(before.schema, before.table)}.${dialect.ident(before.name)} does not fit ${after.type}`;
  return null;
}

/**
 * What a person should know before a change is made that may fail or surprise; null where there is nothing. `before` is
 * what FROM has in the place of a created object.
 */
export function hazardOf(change: Change, dialect: Dialect, before?: CatalogObject): string | null {
  if (change.type === "rename" && change.before.kind === "range")
    return "takes a superuser: the functions that make its values belong to the server";
  if (change.type !== "create") return null;
  if (change.object.kind === "enum" && before?.kind === "enum") {
    const { values } = change.object;
    const gone = before.values.filter((value) => !values.includes(value)).map((value) => dialect.literal(value));
    return gone.length === 0 ? null : `rows that hold ${gone.join(", ")} are refused: give them another value first`;
  }
  if (change.object.kind !== "column") return null;
  const { notNull, default: preset, identity, generated, schema, table } = change.object;
  if (!notNull || preset !== null || identity !== null || generated !== null) return null;
  return `fails where ${dialect.qualified(schema, table)} holds rows: the new column has no default and may not be null`;
}
