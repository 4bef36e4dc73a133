import type { IndexObject } from "../../model/catalog.ts";
import { prismaString } from "./names.ts";
import type { PrismaField, PrismaModel } from "./schema.ts";

const METHODS: Readonly<Record<string, string>> = {
  btree: "BTree",
  hash: "Hash",
  gin: "Gin",
  gist: "Gist",
  spgist: "SpGist",
  brin: "Brin",
};

// Which fields an index method takes without a named operator class. Found by asking the validator of Prisma
// 7.10 about every pair; GiST on text is left out, since PostgreSQL itself has no default class for it.
const DEFAULT_CLASS: Readonly<Record<string, (field: PrismaField) => boolean>> = {
  BTree: () => true,
  Hash: () => true,
  Gin: ({ scalar }) => !scalar.supported || scalar.list || (scalar.type === "Json" && scalar.native === null),
  Gist: ({ scalar }) => !scalar.supported,
  SpGist: ({ scalar }) =>
    !scalar.supported || (scalar.type === "String" && /^(VarChar|Char|Inet|$)/.test(scalar.native ?? "")),
  Brin: ({ scalar }) =>
    !scalar.supported ||
    (/^(Int|BigInt|Float|Decimal|DateTime|String|Bytes)$/.test(scalar.type) &&
      !/^(Money|Citext|Xml)$/.test(scalar.native ?? "")),
};

/** Why Prisma cannot hold an index, or null when it can. */
export function unrepresentable(index: IndexObject, model: PrismaModel): string | null {
  if (index.predicate !== null) return `it is partial (where ${index.predicate})`;
  if (index.keys.some((key) => key.column === null)) return "it is on an expression";
  if (!index.valid) return "it is invalid";
  const method = METHODS[index.method];
  if (method === undefined) return `Prisma does not know the method ${index.method}`;
  if (method === "SpGist" && index.keys.length > 1) return "Prisma allows one column with SP-GiST";
  for (const key of index.keys) {
    const field = model.fields.get(key.column ?? "");
    if (field === undefined) return `the column ${key.column ?? ""} is not in the catalog`;
    if (field.scalar.native === "Xml") return `Prisma indexes no xml (${field.column.name})`;
    if (key.opclass === null && DEFAULT_CLASS[method]?.(field) !== true) {
      return `Prisma knows no default operator class of ${index.method} for ${field.column.name}`;
    }
  }
  return null;
}

/** What an index has beyond Prisma's words, though the index itself is written. */
export function beyond(index: IndexObject): string | null {
  const parts = [
    ...(index.include.length === 0 ? [] : [`includes ${index.include.join(", ")}`]),
    ...index.keys.flatMap((key) =>
      key.nulls === (key.order === "asc" ? "last" : "first") ? [] : [`${key.column ?? ""} nulls ${key.nulls}`],
    ),
    ...(index.nullsNotDistinct ? ["nulls not distinct"] : []),
    ...index.keys.flatMap((key) => (key.collation === null ? [] : [`${key.column ?? ""} collate ${key.collation}`])),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

/** The `@@index` line; only for an index that is representable. */
export function indexLine(index: IndexObject, model: PrismaModel): string {
  const keys = index.keys.map((key) => {
    const name = model.fields.get(key.column ?? "")?.name ?? "";
    const options = [
      ...(key.opclass === null ? [] : [`ops: raw(${prismaString(key.opclass)})`]),
      ...(key.order === "desc" && index.method !== "hash" ? ["sort: Desc"] : []),
    ];
    return options.length === 0 ? name : `${name}(${options.join(", ")})`;
  });
  const usual = `${model.view.table.name}_${index.keys.map((key) => key.column ?? "").join("_")}_idx`;
  return `@@index([${keys.join(", ")}]${index.method === "btree" ? "" : `, type: ${METHODS[index.method] ?? ""}`}${
    index.name === usual ? "" : `, map: ${prismaString(index.name)}`
  })`;
}
