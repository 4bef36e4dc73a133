import type { CatalogColumn, CatalogShape } from "./shape.ts";
import { ATTRIBUTE_NUMBERS, COLUMNS_LEFT_OUT, PRINTED, PRIVILEGES, UNORDERED, UNORDERED_TEXTS } from "./left-out.ts";

/** The query that reads one catalog's rows of user objects as texts. */
export interface CatalogQuery {
  readonly catalog: string;
  /** Columns of the result's `shown`, in order. */
  readonly columns: readonly string[];
  /** Selects `identity` (text), `parents` (text[]: what the row stands or falls with, `class:oid`), `shown` (text[]). */
  readonly sql: string;
  /** Selects the catalog's name when there is a row to read; null when it may not be read at all. */
  readonly any: string | null;
  /** Columns that could not be read, and why. */
  readonly unseen: readonly string[];
}

// Catalogs whose OIDs the server can name (`pg_identify_object`); the same in 15 to 18.
const NAMEABLE: ReadonlySet<string> = new Set(
  `class proc type cast collation constraint conversion attrdef language operator opclass opfamily am amop amproc
   rewrite trigger namespace statistic_ext ts_parser ts_dict ts_template ts_config authid database tablespace
   foreign_data_wrapper foreign_server user_mapping default_acl extension event_trigger policy publication
   publication_namespace publication_rel subscription transform parameter_acl`
    .split(/\s+/)
    .map((name) => `pg_${name}`),
);

// The first OID that initdb does not give (FirstNormalObjectId of the server's source, access/transam.h).
const FIRST_OWN = 16_384;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const ident = (name: string): string => `c."${name.replaceAll('"', '""')}"`;

function named(catalog: string, value: string): string {
  return `case when ${value} = 0 then '-' else coalesce((select i.identity from pg_identify_object('pg_catalog.${catalog}'::regclass, ${value}, 0) i), 'gone') end`;
}

const addressed = (classId: string, oid: string, sub: string): string =>
  `(select i.type || ' ' || i.identity from pg_identify_object(${classId}, ${oid}, ${sub}) i)`;

/** Columns that together hold an object's address: class, OID, number within; as in pg_depend and pg_description. */
interface Address {
  readonly classId: string;
  readonly oid: string;
  readonly sub: string | null;
}

function addressesOf(shape: CatalogShape): Address[] {
  const names = new Set(shape.columns.map(({ name }) => name));
  return [
    ["classid", "objid", "objsubid"],
    ["classoid", "objoid", "objsubid"],
    ["refclassid", "refobjid", "refobjsubid"],
  ].flatMap(([classId = "", oid = "", sub = ""]) =>
    names.has(classId) && names.has(oid) ? [{ classId, oid, sub: names.has(sub) ? sub : null }] : [],
  );
}

function referenced(shape: CatalogShape, column: CatalogColumn): string {
  const value = ident(column.name);
  const catalog = column.refersTo ?? "";
  // A policy's list of roles: 0 is everybody.
  if (!column.list) return named(catalog, `${value}::oid`);
  const order = catalog === "pg_authid" ? "1" : "u.o";
  const one = named(catalog, "u.v::oid");
  return `(select string_agg(x.n, ', ' order by x.o) from (select ${one} as n, ${order === "1" ? one : "lpad(u.o::text, 6)"} as o from unnest(${value}) with ordinality u(v, o)) x)`;
}

function numbered(shape: CatalogShape, column: CatalogColumn, relation: string): string {
  const name = (number: string): string =>
    `coalesce((select a.attname::text from pg_attribute a where a.attrelid = ${ident(relation)} and a.attnum = ${number}), ${number}::text)`;
  if (!column.list) return name(ident(column.name));
  const unordered = UNORDERED[`${shape.name}.${column.name}`] ?? "false";
  return `(select string_agg(x.n, ', ' order by case when ${unordered} then x.n end collate "C", x.o) from (select ${name("u.v")} as n, u.o from unnest(${ident(column.name)}) with ordinality u(v, o)) x)`;
}

/** SQL of one column as text, or null with the reason why it cannot be compared. */
function shown(shape: CatalogShape, column: CatalogColumn): string | { readonly unseen: string } {
  const value = ident(column.name);
  const printed = PRINTED[shape.name]?.[column.name];
  if (!column.readable) return { unseen: "no privilege to read it" };
  if (printed !== undefined) return printed;
  const relation = column.numbersOf ?? ATTRIBUTE_NUMBERS[shape.name]?.[column.name] ?? null;
  if (relation !== null) return numbered(shape, column, relation);
  if (column.refersTo !== null) {
    if (!NAMEABLE.has(column.refersTo))
      return { unseen: `it refers to ${column.refersTo}, whose objects have no name` };
    return referenced(shape, column);
  }
  if (column.type === "pg_node_tree") return { unseen: "a parse tree that nothing prints" };
  if (column.type === "_aclitem") {
    const absent = PRIVILEGES[shape.name]?.[column.name];
    const list = absent === undefined ? value : `coalesce(${value}, acldefault(${absent}))`;
    return `(select string_agg(p::text, ', ' order by p::text collate "C") from unnest(${list}) p)`;
  }
  if (column.type === "_text" && (column.name.endsWith("options") || UNORDERED_TEXTS.has(column.name)))
    return `(select array_agg(p order by p collate "C")::text from unnest(${value}) p)`;
  return `${value}::text`;
}

// A name that tells the row from the others of its catalog, without numbers.
function identity(shape: CatalogShape, addresses: readonly Address[]): string {
  if (shape.name === "pg_attribute") {
    // The columns of an index bear names from the time it was made.
    return `case when (select r.relkind from pg_class r where r.oid = c.attrelid) in ('i', 'I')
      then 'index key ' || c.attnum || ' of ' || ${named("pg_class", "c.attrelid")}
      else ${addressed("'pg_catalog.pg_class'::regclass", "c.attrelid", "c.attnum")} end`;
  }
  if (shape.name === "pg_trigger") {
    // The server names those of foreign keys after numbers.
    return `case when c.tgisinternal and c.tgconstraint <> 0 then 'internal trigger on ' || ${named("pg_class", "c.tgrelid")} || ' for ' || ${named("pg_constraint", "c.tgconstraint")} || ' by ' || ${named("pg_proc", "c.tgfoid")}
      else ${addressed("'pg_catalog.pg_trigger'::regclass", "c.oid", "0")} end`;
  }
  if (NAMEABLE.has(shape.name)) return addressed(`'pg_catalog.${shape.name}'::regclass`, "c.oid", "0");
  const left = COLUMNS_LEFT_OUT[shape.name] ?? {};
  const key = shape.keys.find((columns) => columns.every((name) => name !== "oid" && left[name] === undefined));
  // Without a key, what is shown tells the row.
  const columns = shape.columns.filter((column) =>
    (key ?? shape.columns.map(({ name }) => name)).includes(column.name),
  );
  const parts = columns.flatMap((column) => {
    const address = addresses.find(({ oid }) => oid === column.name);
    if (address !== undefined)
      return [addressed(ident(address.classId), ident(address.oid), address.sub === null ? "0" : ident(address.sub))];
    if (addresses.some(({ classId, sub }) => classId === column.name || sub === column.name)) return [];
    const text = shown(shape, column);
    return typeof text === "string" ? [text] : [];
  });
  return parts.map((part) => `coalesce(${part}, '-')`).join(" || ' : ' || ");
}

// The address of the object that a row is part of, and the condition that it is no object of the server's own.
function belonging(shape: CatalogShape, addresses: readonly Address[]): { parents: string[]; own: string } {
  const [address] = addresses;
  if (address !== undefined) {
    const oid = ident(address.oid);
    const publicToo = `(${ident(address.classId)} = 'pg_catalog.pg_namespace'::regclass and ${oid} = 2200)`;
    return {
      parents: [`${ident(address.classId)}::oid || ':' || ${oid}`],
      own: `(${oid} >= ${FIRST_OWN} or ${publicToo})`,
    };
  }
  const byOid = shape.columns.some(({ name }) => name === "oid");
  const parent = (column: CatalogColumn): string =>
    `'pg_catalog.${column.refersTo ?? ""}'::regclass::oid || ':' || ${ident(column.name)}`;
  const inKeys = shape.columns.filter(
    ({ name, refersTo, list }) => refersTo !== null && !list && shape.keys.some((key) => key.includes(name)),
  );
  if (byOid) {
    const own = `c.oid >= ${FIRST_OWN}`;
    const self = `'pg_catalog.${shape.name}'::regclass::oid || ':' || c.oid`;
    if (shape.name === "pg_namespace") return { parents: [self], own: `(${own} or c.nspname = 'public')` };
    // The extension that every database begins with may be dropped like any other.
    if (shape.name === "pg_extension") return { parents: [self], own: "true" };
    return { parents: NAMEABLE.has(shape.name) ? [self] : inKeys.map(parent), own };
  }
  const first = inKeys.find(({ name }) => name === shape.keys[0]?.[0]) ?? inKeys[0];
  if (first === undefined) return { parents: [], own: "true" };
  return { parents: [parent(first)], own: `${ident(first.name)}::oid >= ${FIRST_OWN}` };
}

/** Writes the query for a catalog, from what the server says of it. */
export function catalogQuery(shape: CatalogShape): CatalogQuery {
  const hidden = shape.columns.find(
    ({ name, readable }) => !readable && (name === "oid" || shape.keys.some((key) => key.includes(name))),
  );
  if (hidden !== undefined)
    return { catalog: shape.name, columns: [], sql: "", any: null, unseen: [`${shape.name}: no privilege to read it`] };
  const addresses = addressesOf(shape);
  const left = COLUMNS_LEFT_OUT[shape.name] ?? {};
  const inAddress = new Set(addresses.flatMap(({ classId, oid, sub }) => [classId, oid, sub]));
  const columns: string[] = [];
  const values: string[] = [];
  const unseen: string[] = [];
  for (const column of shape.columns) {
    if (column.name === "oid" || left[column.name] !== undefined || inAddress.has(column.name)) continue;
    const text = shown(shape, column);
    if (typeof text !== "string") unseen.push(`${shape.name}.${column.name}: ${text.unseen}`);
    else {
      columns.push(column.name);
      values.push(text);
    }
  }
  for (const [name, sql] of Object.entries(PRINTED[shape.name] ?? {})) {
    if (shape.columns.some((column) => column.name === name)) continue;
    columns.push(name);
    values.push(sql);
  }
  // A row without a key is told by all it shows; what it leans on comes first.
  for (const { classId, oid, sub } of addresses.slice(1)) {
    columns.push(oid);
    values.push(addressed(ident(classId), ident(oid), sub === null ? "0" : ident(sub)));
  }
  const { parents, own } = belonging(shape, addresses);
  const conditions = [own];
  if (shape.name === "pg_attribute") conditions.push("c.attnum > 0 and not c.attisdropped");
  if (shape.name === "pg_subscription")
    conditions.push("c.subdbid = (select d.oid from pg_database d where d.datname = current_database())");
  const where = conditions.join(" and ");
  return {
    catalog: shape.name,
    columns,
    sql: `select ${identity(shape, addresses)} as identity, array[${parents.join(", ")}]::text[] as parents,
      array[${values.map((value) => `(${value})::text`).join(", ")}]::text[] as shown
      from pg_catalog.${shape.name} c where ${where}`,
    any: `select ${literal(shape.name)} as catalog where exists (select from pg_catalog.${shape.name} c where ${where})`,
    unseen,
  };
}
