import { createHash } from "node:crypto";
import type { Catalog, IndexKey, IndexObject } from "../../model/catalog.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Dialect } from "../../model/statement.ts";
import type { Node } from "../../sql/nodes.ts";
import type { WorkloadQuery } from "../../model/workload.ts";
import { parseSql } from "../../sql/parse.ts";
import { mirrored, sameKey } from "../extends-index.ts";
import type { Demand } from "./demand.ts";
import { Figures } from "./figures.ts";
import { FixedConstants } from "./fixed-constants.ts";
import { mergeIncluded } from "./merge-included.ts";
import { planDemands } from "./read-plan.ts";
import { StatementReader, viewQueries } from "./read-statement.ts";
import { Relations } from "./relations.ts";
import { shapesOf } from "./shapes.ts";
import type { Shape } from "./shapes.ts";

/** An index that might help, with the queries that it was thought of for. */
export interface Candidate {
  readonly index: IndexObject;
  /** Ids of queries. */
  readonly queries: readonly string[];
  /** Why these columns in this order, as a sentence. */
  readonly reason: string;
}

/** What a query asks of a table, kept to tell which candidates can matter to it. */
export interface QueryDemand {
  readonly query: string;
  readonly demands: readonly Demand[];
}

/** Candidates, and statements that could not be read. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly demands: readonly QueryDemand[];
  readonly unread: readonly { readonly query: string; readonly why: string }[];
}

/** How candidates are made. */
export interface CandidateOptions {
  readonly dialect: Dialect;
  /** Schemas in which unqualified names are looked up. */
  readonly searchPath: readonly string[];
  /** Null: nothing is known of values; partial and BRIN indexes are then rarely thought of. */
  readonly statistics: PlannerStatistics | null;
  /** Plans without new indexes by the queries' ids: what they filter and sort is asked for, too. */
  readonly plans?: ReadonlyMap<string, QueryPlan>;
  /** Tables of fewer rows than this need no index; 0 to take all. */
  readonly rowsMin?: number;
}

const ROWS_MIN = 1_000;

/**
 * Thinks of indexes for each query from its text: what is compared, joined, ordered and grouped, with names resolved
 * against the catalog through aliases, WITH queries, sub-queries and views. Order of keys: equalities first (the more
 * selective first), then lists, then one range, or what orders the result. Left out is what an existing index does
 * already. Pure save for the grammar, which is loaded at its first use.
 */
export async function candidatesFor(
  queries: readonly WorkloadQuery[],
  catalog: Catalog,
  options: CandidateOptions,
): Promise<Candidates> {
  const relations = new Relations(catalog, options.searchPath);
  const views = await viewQueries(relations);
  const demands: QueryDemand[] = [];
  const unread: { query: string; why: string }[] = [];
  const figures = new Figures(options.statistics);
  const fixed = new FixedConstants(figures);
  const read = (node: Node): readonly Demand[] => {
    const reader = new StatementReader(relations, options.dialect, views);
    reader.read(node);
    return reader.demands;
  };
  for (const query of queries) {
    if (query.verb === "other") continue;
    const parsed = await parseSql(query.executions[0]?.sql ?? query.text);
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node === undefined) {
      unread.push({ query: query.id, why: parsed.ok ? "there is no statement in it" : parsed.error.message });
      continue;
    }
    const own = read(node);
    const texts = [own];
    for (const sql of otherTexts(query)) {
      const other = await parseSql(sql);
      texts.push(other.ok && other.value[0] !== undefined ? read(other.value[0].node) : []);
    }
    fixed.note(query, texts);
    const plan = options.plans?.get(query.id);
    const planned = plan === undefined ? [] : await planDemands(plan, relations, options.dialect);
    withoutOwnConstants(planned, query, own);
    demands.push({ query: query.id, demands: [...own, ...planned] });
  }
  return {
    candidates: collect(demands, relations, options, { figures, fixed }),
    demands,
    unread,
  };
}

// A plan prints the values of parameters, and the query's own constants otherwise than it does itself: only those that
// come from elsewhere (a function's body, row security) may stand in a predicate.
function withoutOwnConstants(planned: readonly Demand[], { executions }: WorkloadQuery, own: readonly Demand[]): void {
  const bound = executions.some(({ values }) => values.length > 0);
  const named = new Set(own.flatMap(({ equalities }) => equalities.map(({ column }) => column)));
  for (const { equalities } of planned)
    for (const [at, one] of equalities.entries())
      if (one.by !== "null" && (bound || named.has(one.column)))
        equalities[at] = { ...one, constants: null, text: null };
}

// Its texts with other constants.
const otherTexts = ({ executions }: WorkloadQuery): readonly string[] =>
  [...new Set(executions.map(({ sql }) => sql))].slice(1);

interface Draft {
  readonly schema: string;
  readonly table: string;
  readonly shape: Shape;
  readonly queries: Set<string>;
}

function collect(
  demands: readonly QueryDemand[],
  relations: Relations,
  options: CandidateOptions,
  { figures, fixed }: { readonly figures: Figures; readonly fixed: FixedConstants },
): readonly Candidate[] {
  const trigrams = trigramSchema(relations, options.dialect);
  const drafts = new Map<string, Draft>();
  for (const { query, demands: own } of demands) {
    for (const demand of own) {
      const { schema, table } = demand;
      const rows = figures.rows(schema, table);
      if (rows !== null && rows < (options.rowsMin ?? ROWS_MIN)) continue;
      const typeOf = (column: string): string | undefined => relations.typeOf(schema, table, column);
      // Of a masked value's share nothing is known.
      const isFixed = (column: string, text: string): boolean =>
        options.statistics?.masked !== true && fixed.has(demand, column, text);
      for (const shape of shapesOf(demand, { figures, typeOf, isFixed, trigrams })) {
        const key = identityOf(schema, table, shape);
        const known = drafts.get(key);
        if (known === undefined) drafts.set(key, { schema, table, shape, queries: new Set([query]) });
        else known.queries.add(query);
      }
    }
  }
  for (const { schema, table, shape, queries } of mergeIncluded([...drafts.values()], figures)) {
    const key = identityOf(schema, table, shape);
    if (!drafts.has(key)) drafts.set(key, { schema, table, shape, queries: new Set(queries) });
  }
  const taken = new Set(relations.view.catalog.objects.map(({ schema, name }) => JSON.stringify([schema, name])));
  const existing = existingBy(relations);
  return [...drafts.values()].flatMap((draft): Candidate[] => {
    const { schema, table } = draft;
    if ((existing.get(JSON.stringify([schema, table])) ?? []).some((index) => serves(index, draft.shape))) return [];
    const index = indexObject(draft, options.dialect, taken);
    return [{ index, queries: [...draft.queries], reason: draft.shape.reason }];
  });
}

/** What makes two indexes of a table the same to the planner. */
function identityOf(schema: string, table: string, shape: Shape): string {
  const [first] = shape.keys;
  const backwards = shape.method === "btree" && first?.order === "desc";
  const keys = shape.keys.map(({ column, expression, opclass, order, nulls }) => [
    column,
    expression,
    opclass,
    (order === "desc") !== backwards,
    (nulls === "first") !== backwards,
  ]);
  return JSON.stringify([schema, table, shape.method, keys, shape.include.toSorted(), shape.predicate]);
}

function existingBy(relations: Relations): ReadonlyMap<string, readonly IndexObject[]> {
  const byTable = new Map<string, IndexObject[]>();
  for (const index of relations.view.of("index")) {
    if (!index.valid) continue;
    const key = JSON.stringify([index.schema, index.table]);
    byTable.set(key, [...(byTable.get(key) ?? []), index]);
  }
  return byTable;
}

// Whether an index that is there finds all that the shape would, and holds all it would.
function serves(index: IndexObject, shape: Shape): boolean {
  if (index.method !== shape.method || (index.predicate !== null && index.predicate !== shape.predicate)) return false;
  const starts = (keys: readonly IndexKey[]): boolean => keys.every((key, place) => sameKey(key, index.keys[place]));
  const holds = new Set([...index.include, ...index.keys.flatMap((key) => key.column ?? [])]);
  if (!shape.include.every((column) => holds.has(column))) return false;
  if (shape.method !== "btree") return index.keys.length === shape.keys.length && starts(shape.keys);
  return starts(shape.keys) || starts(shape.keys.map(mirrored));
}

function trigramSchema(relations: Relations, dialect: Dialect): string | null {
  const found = relations.view.of("extension").find((extension) => extension.name === "pg_trgm");
  return found === undefined ? null : dialect.ident(found.schema ?? "public");
}

const NAME_PART = /[^\p{L}\p{N}_]+/gu;

// `table_column_column_idx`, as the server itself names them; cut and told apart by a digest where it is too long.
function nameFor({ schema, table, shape }: Draft, dialect: Dialect, taken: Set<string>): string {
  const parts = shape.keys.map((key) =>
    (key.column ?? key.expression ?? "").replaceAll(NAME_PART, "_").replaceAll(/^_+|_+$/g, ""),
  );
  const digest = createHash("sha256")
    .update(identityOf(schema, table, shape))
    .digest("hex")
    .slice(0, 6);
  const long = [table, ...parts].join("_");
  const free = (name: string): boolean => !taken.has(JSON.stringify([schema, name]));
  const simple = `${long}_idx`;
  const isPlain = shape.include.length === 0 && shape.predicate === null && shape.method === "btree";
  const name =
    isPlain && Buffer.byteLength(simple) <= dialect.identifierBytesMax && free(simple)
      ? simple
      : `${cut(long, dialect.identifierBytesMax - 11)}_${digest}_idx`;
  taken.add(JSON.stringify([schema, name]));
  return name;
}

function cut(text: string, bytes: number): string {
  let kept = "";
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}

function keyText({ column, expression, opclass, order, nulls }: IndexKey, dialect: Dialect): string {
  const what = column === null ? `(${expression ?? ""})` : dialect.ident(column);
  const direction = order === "desc" ? " DESC" : "";
  const natural = order === "desc" ? "first" : "last";
  return `${what}${opclass === null ? "" : ` ${opclass}`}${direction}${nulls === natural ? "" : ` NULLS ${nulls.toUpperCase()}`}`;
}

function indexObject(draft: Draft, dialect: Dialect, taken: Set<string>): IndexObject {
  const { schema, table } = draft;
  const { method, keys, include, predicate } = draft.shape;
  const name = nameFor(draft, dialect, taken);
  const definition = [
    `CREATE INDEX ${dialect.ident(name)} ON ${dialect.qualified(schema, table)} USING ${dialect.ident(method)}`,
    `(${keys.map((key) => keyText(key, dialect)).join(", ")})`,
    ...(include.length === 0 ? [] : [`INCLUDE (${include.map((column) => dialect.ident(column)).join(", ")})`]),
    ...(predicate === null ? [] : [`WHERE (${predicate})`]),
  ].join(" ");
  const columns = [...keys.flatMap((key) => key.column ?? []), ...include];
  return {
    kind: "index",
    schema,
    table,
    name,
    signature: "",
    method,
    unique: false,
    nullsNotDistinct: false,
    keys,
    include,
    predicate,
    options: {},
    valid: true,
    constraint: null,
    partitionOf: null,
    definition,
    comment: null,
    dependsOn: [
      refKey(ref("table", table, { schema })),
      ...columns.map((column) => refKey(ref("column", column, { schema, table }))),
    ].toSorted(),
  };
}
