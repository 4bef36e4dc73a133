import { unavailable } from "../../model/error.ts";
import type { Catalog, CatalogObject, ObjectOf, Unmodelled } from "../../model/catalog.ts";
import { catalogOfKeyed, inOrder } from "../../model/catalog-view.ts";
import type { Kind, RefKey } from "../../model/ref.ts";
import { ref, refKey } from "../../model/ref.ts";
import { DEPENDENCIES, takeDependencies } from "./dependencies.ts";
import type { DependencyRow } from "./dependencies.ts";
import type { Session } from "./driver.ts";
import type { CatalogRow, ObjectKind, Reading } from "./kinds/kind.ts";
import { CLASS } from "./kinds/kind.ts";
import { READING_ORDER, REGISTRY } from "./kinds/registry.ts";
import { PUBLIC_SCHEMA } from "./kinds/schema.ts";
import { CONNECTIONS, takeConnection } from "./kinds/subscription.ts";
import { HAS_LABELS, HAS_UNMODELLED, LABELS, UNMODELLED, UNMODELLED_PROPERTIES } from "./unmodelled.ts";

/** What to read. */
export interface IntrospectOptions {
  /** Only these schemas (exact names); absent for all but the system's. */
  readonly schemas?: readonly string[];
  readonly signal?: AbortSignal;
  /** The session is inside a transaction: read what it has changed so far, and leave it as it is. */
  readonly inTransaction?: boolean;
}

// One snapshot for all queries. The settings decide how the server spells expressions: names qualified,
// values independent of the user's locale, time zone and styles.
// The queries are joined in the order they are written: planning them takes longer than small ones run.
const SETTINGS = `
  SET LOCAL lock_timeout = '5s';
  SET LOCAL search_path = '';
  SET LOCAL quote_all_identifiers = off;
  SET LOCAL datestyle = 'ISO, MDY';
  SET LOCAL intervalstyle = 'postgres';
  SET LOCAL timezone = 'UTC';
  SET LOCAL extra_float_digits = 1;
  SET LOCAL bytea_output = 'hex';
  SET LOCAL jit = off;
  SET LOCAL join_collapse_limit = 1;
  SAVEPOINT part`;
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${SETTINGS}`;
// Going back to it takes the settings back, too.
const BEGIN_INSIDE = `SAVEPOINT introspection; ${SETTINGS}`;
const END_INSIDE = "ROLLBACK TO SAVEPOINT introspection; RELEASE SAVEPOINT introspection";

const INSUFFICIENT_PRIVILEGE = "42501";
// Printing an expression opens its table, which waits for whoever holds it exclusively.
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Reads the catalog of the session's database: PostgreSQL 15 to 18, one snapshot, one query per kind.
 * Left out are system schemas, temporary objects and whatever belongs to an extension; what is met and
 * not modelled, or may not be read, is named in `unmodelled`. The session must not be inside a
 * transaction, unless `inTransaction` says so. Throws the server's own error, the signal's reason, or
 * `unavailable` when another session keeps a table locked for more than five seconds.
 */
export async function introspect(session: Session, options: IntrospectOptions = {}): Promise<Catalog> {
  options.signal?.throwIfAborted();
  const collector = new Collector(session.versionNumber);
  const schemas = options.schemas === undefined ? null : [...options.schemas];
  const inside = options.inTransaction === true;
  await session.execute(inside ? BEGIN_INSIDE : BEGIN);
  try {
    for (const parts of partsOf(session.versionNumber, collector, schemas))
      await readParts(session, collector, parts, options.signal);
  } finally {
    await session.execute(inside ? END_INSIDE : "ROLLBACK").catch(() => {});
  }
  return collector.catalog(schemas);
}

// What the census calls them, beside the kinds.
const LABEL = "security label";
const NOT_MODELLED = "not modelled";

/** One query and what is done with its rows. */
interface Part {
  readonly what: string;
  readonly sql: string;
  /** Whether it need not be asked; known, as the parameters are, once the parts of the list before have been taken. */
  readonly idle?: () => boolean;
  readonly parameters: () => readonly unknown[];
  take(rows: readonly CatalogRow[]): void;
  /** The kind of the objects, where they are of one. */
  readonly kind?: Kind;
}

// In the order in which they are taken; each list is asked at once.
function partsOf(versionNumber: number, collector: Collector, schemas: readonly string[] | null): Part[][] {
  const absent = new Set<string>();
  const partOf = (kind: Kind): Part => {
    // As in the registry's own `print`: each kind reads its own rows.
    const reader = REGISTRY[kind] as unknown as ObjectKind<CatalogObject["kind"]>;
    return {
      what: `${kind} objects`,
      sql: reader.query(versionNumber),
      idle: () => absent.has(kind),
      parameters: () => reader.parameters?.(collector) ?? [schemas],
      take: (rows) => {
        for (const row of rows) collector.add(reader.read(row, collector));
      },
      kind,
    };
  };
  const named = (rows: readonly CatalogRow[]): void => {
    for (const row of rows) collector.report(String(row["kind"]), String(row["name"]));
  };
  const dependencies: Part = {
    what: "dependencies",
    sql: DEPENDENCIES,
    parameters: () => [],
    take: (rows) =>
      takeDependencies(rows as unknown as DependencyRow[], collector, (key, needs) => collector.link(key, needs)),
  };
  const connections: Part = {
    what: "connections of subscriptions",
    sql: CONNECTIONS,
    idle: () => !collector.readable.subscriptions,
    parameters: () => [],
    take: (rows) => {
      for (const row of rows) takeConnection(row, collector.of("subscription"), collector);
    },
  };
  return [
    [census(absent)],
    [
      ...READING_ORDER.filter((kind) => kind !== "role").map(partOf),
      dependencies,
      {
        what: "objects that are not modelled",
        sql: UNMODELLED,
        idle: () => absent.has(NOT_MODELLED),
        parameters: () => [schemas],
        take: named,
      },
      {
        what: "properties that are not modelled",
        sql: UNMODELLED_PROPERTIES,
        parameters: () => [],
        take: named,
      },
      {
        what: "security labels",
        sql: LABELS,
        idle: () => absent.has(LABEL),
        parameters: () => [],
        take: named,
      },
    ],
    // By now all that mentions roles has been read.
    [connections, { ...partOf("role"), idle: () => collector.roles.size === 0 }],
  ];
}

// Most databases have nothing of most kinds: one question for all of them spares as many queries.
function census(absent: Set<string>): Part {
  const rare = READING_ORDER.flatMap((kind) => {
    const { present } = REGISTRY[kind];
    return present === undefined ? [] : [{ kind, test: `exists (select ${present})` }];
  });
  const tests = [...rare, { kind: LABEL, test: HAS_LABELS }, { kind: NOT_MODELLED, test: HAS_UNMODELLED }];
  return {
    what: "which kinds there are",
    sql: `select ${tests.map(({ kind, test }) => `${test} as "${kind}"`).join(", ")}`,
    parameters: () => [],
    take: ([row]) => {
      for (const { kind } of tests) if (row?.[kind] === false) absent.add(kind);
    },
  };
}

// The server works on the next queries while we look at the rows of the last.
async function readParts(
  session: Session,
  collector: Collector,
  parts: readonly Part[],
  signal: AbortSignal | undefined,
): Promise<void> {
  let rest = parts.filter((part) => part.idle?.() !== true);
  while (rest.length > 0) {
    const refused: { readonly part: Part; readonly error: Error }[] = [];
    let taken = 0;
    const asked = rest.map(({ sql, parameters }) => ({ sql, parameters: parameters() }));
    await session.pipeline(asked, (answer, index) => {
      signal?.throwIfAborted();
      const part = rest[index];
      // Once one is refused, the transaction refuses whatever was sent after it.
      if (part === undefined || refused.length > 0) return;
      taken = index + 1;
      if (answer instanceof Error) refused.push({ part, error: answer });
      else part.take(answer);
    });
    for (const one of refused) await passOver(session, collector, one);
    rest = rest.slice(taken);
  }
}

// A server may refuse a part of its catalog; that part is then reported as not read, never as empty.
async function passOver(
  session: Session,
  collector: Collector,
  { part, error }: { readonly part: Part; readonly error: Error },
): Promise<void> {
  const { code } = error as { code?: string };
  if (code === LOCK_NOT_AVAILABLE) {
    throw unavailable(
      {
        what: "a table stayed locked by another session for 5 s, a migration perhaps",
        where: `reading ${part.what}`,
        mend: "try again when it has ended; pg_locks and pg_stat_activity tell who holds it",
      },
      { cause: error },
    );
  }
  if (code !== INSUFFICIENT_PRIVILEGE) throw error;
  if (part.kind !== undefined) collector.refused.add(part.kind);
  await session.execute("ROLLBACK TO SAVEPOINT part");
  collector.report("not readable", `${part.what}: ${error.message}`);
}

/** Gathers objects and addresses while kinds are read. */
class Collector implements Reading {
  readonly versionNumber: number;
  readonly relations: Reading["relations"] = new Map();
  readonly roles: Set<string> = new Set();
  readonly readable: Reading["readable"] = { subscriptions: false };
  readonly refused: Reading["refused"] = new Set();
  readonly identities: Reading["identities"] = new Map();
  readonly #keys = new Map<number, Map<number, RefKey>>();
  readonly #objects = new Map<RefKey, CatalogObject>();
  readonly #unmodelled: Unmodelled[] = [];
  #own: RefKey | null = null;

  constructor(versionNumber: number) {
    this.versionNumber = versionNumber;
  }

  own(key: RefKey): void {
    this.#own = key;
  }

  /** What a row was read as, or null where it is no object. */
  add(object: CatalogObject | null): void {
    if (object !== null) this.#objects.set(this.#own ?? refKey(object), object);
    this.#own = null;
  }

  of<K extends CatalogObject["kind"]>(kind: K): readonly ObjectOf<K>[] {
    return [...this.#objects.values()].filter((object): object is ObjectOf<K> => object.kind === kind);
  }

  link(key: RefKey, needs: RefKey): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    // The object was made a moment ago and nobody else holds it: its list may still grow.
    (object.dependsOn as RefKey[]).push(needs);
    // What an index needs (an operator class, say), the constraint that creates the index needs as well.
    if (object.kind === "index" && object.constraint !== null) {
      const where = { schema: object.schema, table: object.table };
      this.link(refKey(ref("constraint", object.constraint, where)), needs);
    }
  }

  identify(classId: number, oid: number | null, key: RefKey): void {
    if (oid === null || oid === 0) return;
    let keys = this.#keys.get(classId);
    if (keys === undefined) {
      keys = new Map();
      this.#keys.set(classId, keys);
    }
    keys.set(oid, key);
  }

  keyOf(classId: number, oid: number, column = 0): RefKey | undefined {
    if (column > 0 && classId === CLASS.relation) {
      const found = this.relations.get(oid)?.columns.get(column);
      if (found !== undefined) return found.key;
    }
    return this.#keys.get(classId)?.get(oid);
  }

  report(kind: string, name: string): void {
    this.#unmodelled.push({ kind, name });
  }

  catalog(schemas: readonly string[] | null): Catalog {
    const needed = new Set<RefKey>();
    for (const [own, object] of this.#objects) {
      const needs: RefKey[] = [];
      for (const key of object.dependsOn) {
        if (!this.#objects.has(key)) continue;
        needs.push(key);
        if (key.startsWith("schema ") || key.startsWith("extension ")) needed.add(key);
      }
      // Nobody else holds the object yet.
      (object as { dependsOn: readonly RefKey[] }).dependsOn = inOrder(needs, own);
    }
    const kept = this.#objects;
    for (const [key, object] of kept) {
      if (object.kind === "schema" && object.name === PUBLIC_SCHEMA && object.comment === null && !needed.has(key))
        kept.delete(key);
      // Extensions belong to the whole database: a partial catalog takes those it needs or holds.
      if (object.kind === "extension" && schemas !== null && !needed.has(key))
        if (object.schema === null || !schemas.includes(object.schema)) kept.delete(key);
    }
    return catalogOfKeyed({ name: "postgres", version: versionOf(this.versionNumber) }, kept, this.#unmodelled);
  }
}

// 180004 is 18.4.
function versionOf(versionNumber: number): string {
  return `${Math.floor(versionNumber / 10_000)}.${versionNumber % 10_000}`;
}
