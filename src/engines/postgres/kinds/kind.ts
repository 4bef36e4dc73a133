import type { Kind, RefKey } from "../../../model/ref.ts";
import type { ObjectOf, SequenceOptions } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import type { CatalogView } from "../../../model/catalog-view.ts";
import type { Statement } from "../../../model/statement.ts";

/**
 * The fixed OIDs of the system catalogs that hold what we read: the first half of an object's address
 * in `pg_depend` (its `classid`). They are written into the server and the same in every version.
 */
export const CLASS = {
  type: 1247,
  function: 1255,
  relation: 1259,
  default: 2604,
  constraint: 2606,
  namespace: 2615,
  rewrite: 2618,
  trigger: 2620,
  extension: 3079,
  policy: 3256,
  cast: 2605,
  collation: 3456,
  conversion: 2607,
  operator: 2617,
  operatorClass: 2616,
  operatorFamily: 2753,
  familyOperator: 2602,
  familyFunction: 2603,
  textSearchConfiguration: 3602,
  textSearchDictionary: 3600,
  eventTrigger: 3466,
  statistics: 3381,
  foreignDataWrapper: 2328,
  language: 2612,
  server: 1417,
  publication: 6104,
  publishedTable: 6106,
  subscription: 6100,
} as const;

/** What is known of a table, view or index while a catalog is being read. */
export interface RelationFacts {
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`. */
  readonly relkind: string;
  readonly key: RefKey;
  /** Columns by attribute number, in order; filled while columns are read. A view's have the view's key. */
  readonly columns: Map<number, ColumnFacts>;
}

/** The sequence inside an identity column. */
export interface IdentitySequence {
  readonly name: string;
  readonly options: SequenceOptions;
  /** Null where it is as its table is. */
  readonly unlogged: boolean | null;
}

/** A column's name, and the key of the object that stands for it. */
export interface ColumnFacts {
  readonly name: string;
  readonly key: RefKey;
}

/** The state of one introspection: kinds are read in order, each builds on what the earlier ones met. */
export interface Reading {
  /** E.g. 180004. */
  readonly versionNumber: number;
  /** Tables and views by OID. What is not here is out of scope. */
  readonly relations: Map<number, RelationFacts>;
  /** Says which catalog object an OID of a system catalog stands for. */
  identify(classId: number, oid: number | null, key: RefKey): void;
  /** The key of the object that `read` is about to return, where it has made it: it is not made again. */
  own(key: RefKey): void;
  /** The catalog object behind an OID; `column` narrows a table to one of its columns. */
  keyOf(classId: number, oid: number, column?: number): RefKey | undefined;
  /** Records something that was met and is not modelled. */
  report(kind: string, name: string): void;
  /** The roles that the objects read so far mention. */
  readonly roles: Set<string>;
  /** What the reader found out that it may ask for besides. */
  readonly readable: { subscriptions: boolean };
  /** Kinds that the server refused to show. */
  readonly refused: Set<Kind>;
  /** The sequences inside identity columns, by `table-oid column-number`. */
  readonly identities: Map<string, IdentitySequence>;
}

/** What printing one object may look at. */
export interface PrintContext {
  readonly view: CatalogView;
  /** Keys of objects of which a part is printed later, to cut a cycle of dependencies. */
  readonly postponed: ReadonlySet<RefKey>;
  /** Sequences by the key of the table that owns them. */
  readonly ownedSequences: ReadonlyMap<RefKey, readonly ObjectOf<"sequence">[]>;
  /** Keys of indexes that have partitions' indexes attached to them. */
  readonly partedIndexes: ReadonlySet<RefKey>;
  /** Whether a constraint is printed inside its table's CREATE TABLE. */
  inlines(constraint: ObjectOf<"constraint">): boolean;
}

/** All there is to know about one kind of object: how it is read and how it is printed. */
export interface ObjectKind<K extends Kind> {
  readonly kind: K;
  /**
   * The one catalog query that reads all objects of this kind. `$1` is the list of schemas wanted
   * (text[]), or null for all. Runs with an empty search_path.
   */
  query(versionNumber: number): string;
  /**
   * SQL after `select`, e.g. `from pg_cast where oid >= 16384`: without rows there is none of the kind, and `query` is
   * not asked. For kinds that few databases have.
   */
  readonly present?: string;
  /** Values for the query's parameters where they are not just the list of schemas. */
  readonly parameters?: (reading: Reading) => readonly unknown[];
  /** One row as an object, or null when the row is not one. `dependsOn` holds what the row itself says. */
  read(row: CatalogRow, reading: Reading): ObjectOf<K> | null;
  /** Statements that create the object, its comment included. */
  create(object: ObjectOf<K>, context: PrintContext): readonly Statement[];
  /** The part that `create` left out because the object is in `context.postponed`. */
  readonly complete?: (object: ObjectOf<K>, context: PrintContext) => readonly Statement[];
  /** Statements that remove the object alone; empty when it goes with another object or is not ours to remove. */
  drop(object: ObjectOf<K>, context: PrintContext): readonly Statement[];
  /** Undoes `complete`: needed before what the postponed part depends on can be dropped. */
  readonly reduce?: (object: ObjectOf<K>, context: PrintContext) => readonly Statement[];
  /**
   * Statements that change the object where it is. Throws `UnprintableChange` for properties that no
   * statement changes. Absent where none can be.
   */
  readonly alter?: (change: Alteration<K>, context: PrintContext) => readonly Statement[];
  /** Creates the object in a database that holds the rest; absent where `create` does just that. */
  readonly add?: (object: ObjectOf<K>, context: PrintContext) => readonly Statement[];
  /** Removes the object from a database that keeps the rest; absent where `drop` does just that. */
  readonly remove?: (object: ObjectOf<K>, context: PrintContext) => readonly Statement[];
}

/** An object before and after a change, at the same address; `properties` names what differs. */
export interface Alteration<K extends Kind> {
  readonly before: ObjectOf<K>;
  readonly after: ObjectOf<K>;
  readonly properties: readonly string[];
}

/** How each property of a kind is changed, in the order in which statements must run. */
export type Alterers<K extends Kind> = {
  readonly [P in keyof ObjectOf<K>]?: (change: Alteration<K>, context: PrintContext) => readonly Statement[];
};

// What follows from other properties, of this object or of its table.
const DERIVED: ReadonlySet<string> = new Set(["dependsOn", "inherited"]);

/**
 * An {@link ObjectKind.alter} made of one printer for each property. What an object depends on or inherits
 * follows from other properties and is not changed by itself. Throws `UnprintableChange` for a property without a printer.
 */
export function alterBy<K extends Kind>(kind: K, alterers: Alterers<K>): NonNullable<ObjectKind<K>["alter"]> {
  return (change, context) => {
    const wanted = new Set(change.properties.filter((property) => !DERIVED.has(property)));
    const known = alterers as Readonly<Record<string, Alterers<K>[keyof ObjectOf<K>]>>;
    for (const property of wanted) if (known[property] === undefined) throw new UnprintableChange(kind, property);
    return Object.keys(known).flatMap((property) =>
      wanted.has(property) ? (known[property]?.(change, context) ?? []) : [],
    );
  };
}

/** The printers of properties that are changed together: the first that differs prints the change of them all. */
export function inOne<K extends Kind>(
  properties: readonly (keyof ObjectOf<K> & string)[],
  change: (change: Alteration<K>, context: PrintContext) => readonly Statement[],
): Alterers<K> {
  const printer =
    (property: string) =>
    (given: Alteration<K>, context: PrintContext): readonly Statement[] =>
      properties.find((one) => given.properties.includes(one)) === property ? change(given, context) : [];
  return Object.fromEntries(properties.map((property) => [property, printer(property)])) as Alterers<K>;
}

/** A row of any kind's query. */
export type CatalogRow = Readonly<Record<string, unknown>>;

/** A kind whose rows have a known shape: what its own query selects. */
export interface KindDefinition<K extends Kind, Row> extends Omit<ObjectKind<K>, "read"> {
  read(row: Row, reading: Reading): ObjectOf<K> | null;
}

/** Makes an {@link ObjectKind}. The row type is the kind's own affair: its query decides it. */
export function objectKind<K extends Kind, Row>(definition: KindDefinition<K, Row>): ObjectKind<K> {
  return { ...definition, read: (row, reading) => definition.read(row as Row, reading) };
}

/** SQL: the schema `n` (an alias of pg_namespace) is one that was asked for, and no system schema. */
export function inScope(n: string): string {
  return `left(${n}.nspname, 3) <> 'pg_' and ${n}.nspname <> 'information_schema'
      and ($1::text[] is null or ${n}.nspname = any ($1::text[]))`;
}

/** SQL: the object is not part of an extension. */
export function notOfExtension(classId: number, oid: string): string {
  return `${oid} not in (select e.objid from pg_depend e
      where e.refclassid = ${CLASS.extension} and e.classid = ${classId} and e.deptype = 'e')`;
}

/** SQL: the join that brings an object's comment as `d.description`. */
export function joinComment(classId: number, oid: string, column = "0"): string {
  return `left join pg_description d on d.classoid = ${classId} and d.objoid = ${oid} and d.objsubid = ${column}`;
}

/** The list `key=value` of pg_class.reloptions as a record with sorted keys; `prefix` goes before each key. */
export function optionsOf(
  reloptions: readonly (string | null)[] | null,
  toast: readonly (string | null)[] | null = null,
): Record<string, string> {
  // Nearly all have none.
  if (reloptions === null && toast === null) return {};
  const entries = [...entriesOf(reloptions ?? [], ""), ...entriesOf(toast ?? [], "toast.")];
  return Object.fromEntries(entries.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
}

function entriesOf(list: readonly (string | null)[], prefix: string): [string, string][] {
  const entries: [string, string][] = [];
  for (const item of list) {
    if (item === null) continue;
    const cut = item.indexOf("=");
    entries.push([prefix + (cut < 0 ? item : item.slice(0, cut)), cut < 0 ? "true" : item.slice(cut + 1)]);
  }
  return entries;
}

const MINUS = 45;
const ZERO = 48;
const NINE = 57;

/** The numbers of an int2vector (`1 2`), oidvector or int array (`{1,2}`) in the server's text form. */
export function numbersOf(text: string | null): number[] {
  const numbers: number[] = [];
  if (text === null) return numbers;
  // By hand: it is called for every constraint and index, and a regular expression shows in the profile.
  let sign = 1;
  let value = -1;
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : 0;
    if (code >= ZERO && code <= NINE) value = Math.max(value, 0) * 10 + code - ZERO;
    else {
      if (value >= 0) numbers.push(sign * value);
      sign = code === MINUS ? -1 : 1;
      value = -1;
    }
  }
  return numbers;
}

/** The major version of a catalog's server, e.g. 18. */
export function majorOf(view: CatalogView): number {
  return Number.parseInt(view.catalog.engine.version, 10);
}
