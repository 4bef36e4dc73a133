import type { ColumnObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import type { Dialect } from "../model/statement.ts";
import { affinityOf } from "../sql/affinity.ts";

/** What a column's type comes down to once domains are resolved. */
export interface BaseType {
  /** Without modifier or brackets, as the engine prints it: `character varying`, `timestamp without time zone`. */
  readonly name: string;
  /** Inside the parentheses, or null: `40`, `12,2`. */
  readonly modifier: string | null;
  readonly array: boolean;
}

/** Reads column types of one catalog; domains are looked up once. */
export function baseTypes(view: CatalogView, dialect: Dialect): (column: Pick<ColumnObject, "type">) => BaseType {
  if (view.catalog.engine.name === "sqlite") return ({ type }) => sqliteType(type);
  const domains = new Map(
    view.of("domain").map((domain) => [dialect.qualified(domain.schema, domain.name), domain.type]),
  );
  return ({ type }) => {
    let text = type;
    // A domain may rest on a domain; a catalog holds no cycle, but may come from a hand-written file.
    for (let depth = 0; depth < 20; depth += 1) {
      const under = domains.get(text);
      if (under === undefined) break;
      text = under;
    }
    return parseType(text);
  };
}

// SQLite enforces neither ranges nor lengths: what counts is the affinity, whatever the spelling.
const BY_AFFINITY = {
  integer: "bigint",
  text: "text",
  blob: "blob",
  real: "double precision",
  numeric: "numeric",
} as const;

function sqliteType(type: string): BaseType {
  const word = /^(?:bool(?:ean)?|date|datetime|time|timestamp)\b/.exec(type)?.[0];
  const name = word === undefined ? BY_AFFINITY[affinityOf(type)] : word.startsWith("bool") ? "boolean" : word;
  return { name, modifier: null, array: false };
}

function parseType(text: string): BaseType {
  const match = /^(?<name>.*?)(?:\((?<modifier>[^()]*)\))?(?<zone> with(?:out)? time zone)?(?<array>(?:\[\])*)$/s.exec(
    text,
  );
  const parts = match?.groups ?? {};
  return {
    name: `${parts["name"] ?? text}${parts["zone"] ?? ""}`,
    modifier: parts["modifier"] ?? null,
    array: (parts["array"] ?? "") !== "",
  };
}

const TEXT: ReadonlySet<string> = new Set(["text", "character varying", "character", "citext"]);

/** Whether it holds free text: `text`, `varchar`, `char` or `citext`, and is no array. */
export function isText({ name, array }: BaseType): boolean {
  return !array && (TEXT.has(name) || name.endsWith(".citext"));
}

/** The greatest value of each integer type. */
export const INTEGER_MAX: Readonly<Record<string, bigint>> = {
  smallint: 32_767n,
  integer: 2_147_483_647n,
  bigint: 9_223_372_036_854_775_807n,
};
