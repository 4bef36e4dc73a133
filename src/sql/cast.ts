import type { Catalog } from "../model/catalog.ts";
import { qualified } from "./identifier.ts";
import { ASIDE_SUFFIX } from "./temporary-name.ts";

/*
 * Between which types PostgreSQL converts by a cast. Every value has a text, and every type reads one: where no cast
 * is known, a value passes through its text, which works for those that read as the other type and fails for others.
 */

const NUMBERS: readonly string[] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];

// Casts of the system's own types (pg_cast of version 18; those that came after 13 are left out), by source.
const CASTS: Readonly<Record<string, readonly string[]>> = {
  smallint: NUMBERS,
  integer: [...NUMBERS, "boolean", "bit", "money", "oid"],
  bigint: [...NUMBERS, "bit", "money", "oid"],
  numeric: [...NUMBERS, "money"],
  real: NUMBERS,
  "double precision": NUMBERS,
  money: ["numeric"],
  oid: ["integer", "bigint"],
  boolean: ["integer"],
  bit: ["integer", "bigint", "bit varying"],
  "bit varying": ["bit"],
  date: ["timestamp without time zone", "timestamp with time zone"],
  interval: ["time without time zone"],
  "time without time zone": ["interval", "time with time zone"],
  "time with time zone": ["time without time zone"],
  "timestamp without time zone": ["date", "time without time zone", "timestamp with time zone"],
  "timestamp with time zone": ["date", "time without time zone", "time with time zone", "timestamp without time zone"],
  cidr: ["inet"],
  inet: ["cidr"],
  macaddr: ["macaddr8"],
  macaddr8: ["macaddr"],
  json: ["jsonb"],
  jsonb: ["json", "boolean", ...NUMBERS],
  box: ["point", "circle", "lseg", "polygon"],
  circle: ["box", "polygon", "point"],
  lseg: ["point"],
  path: ["polygon"],
  point: ["box"],
  polygon: ["path", "point", "box", "circle"],
};

const TEXTS: ReadonlySet<string> = new Set(["text", "character varying", "character", "name"]);

// Groups of types whose values turn into one another on assignment (castcontext i or a in pg_cast).
const ASSIGNED: readonly (readonly string[])[] = [
  NUMBERS,
  ["text", "character varying", "character"],
  ["date", "timestamp without time zone", "timestamp with time zone"],
];

/** Whether a value of either type becomes one of the other without being told how, as computed columns need it. */
export function castsByItself(a: string, b: string): boolean {
  const [one, other] = [bare(a), bare(b)];
  return one === other || ASSIGNED.some((group) => group.includes(one) && group.includes(other));
}

interface Known {
  /** Printed names of domains, each with the type it stands on. */
  readonly domains: ReadonlyMap<string, string>;
  /** Printed names of composite types. */
  readonly composites: ReadonlySet<string>;
  /** `source>target` of the casts that somebody made. */
  readonly casts: ReadonlySet<string>;
}

const KNOWN = new WeakMap<Catalog, Known>();

function knownOf(catalog: Catalog): Known {
  const found = KNOWN.get(catalog);
  if (found !== undefined) return found;
  const domains = new Map<string, string>();
  const composites = new Set<string>();
  const casts = new Set<string>();
  for (const object of catalog.objects) {
    if (object.kind === "domain") domains.set(qualified(object.schema, object.name), object.type);
    else if (object.kind === "composite") composites.add(qualified(object.schema, object.name));
    else if (object.kind === "cast") casts.add(`${object.source}>${object.target}`);
  }
  const known = { domains, composites, casts };
  KNOWN.set(catalog, known);
  return known;
}

const bare = (type: string): string => type.replace(/\([^)"]*\)/, "");

function plain(type: string, catalog: Catalog): string {
  const base = knownOf(catalog).domains.get(bare(type));
  return base === undefined || base === type ? bare(type) : plain(base, catalog);
}

function isCastable(from: string, to: string, catalog: Catalog): boolean {
  if (knownOf(catalog).casts.has(`${bare(from)}>${bare(to)}`)) return true;
  const [a, b] = [plain(from, catalog), plain(to, catalog)];
  if (a === b || TEXTS.has(a) || TEXTS.has(b)) return true;
  return CASTS[a]?.includes(b) === true || knownOf(catalog).casts.has(`${a}>${b}`);
}

// Whether the one is a composite type and the other the same while it stands aside: the plan makes casts between them.
function isOfAside(type: string, old: string, catalog: Catalog): boolean {
  if (!knownOf(catalog).composites.has(type)) return false;
  const [name, was] = [type, old].map((one) => one.replaceAll('"', "")) as [string, string];
  return was.endsWith(ASIDE_SUFFIX) && name.startsWith(was.slice(0, -ASIDE_SUFFIX.length));
}

/**
 * What follows an expression of one type to make it one of another: `::integer`, or `::text::integer` where the server
 * has no cast. Types are as the server prints them; `catalog` knows the domains and the casts that somebody made.
 */
export function castSuffix(from: string, to: string, catalog: Catalog): string {
  const arrays = from.endsWith("[]") && to.endsWith("[]");
  const element = (type: string): string => (arrays ? type.replace(/(?:\[\])+$/, "") : type);
  const [one, other] = [element(from), element(to)];
  if (isCastable(one, other, catalog) || isOfAside(one, other, catalog) || isOfAside(other, one, catalog))
    return `::${to}`;
  return `::text${arrays ? "[]" : ""}::${to}`;
}
