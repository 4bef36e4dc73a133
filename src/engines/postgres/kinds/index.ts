import type { IndexKey, IndexObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { memberKey, ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonical, canonicalOrNull } from "../canonical.ts";
import {
  changeOptions,
  commentOn,
  dollarQuoted,
  ident,
  identList,
  literal,
  optionList,
  qualified,
  remark,
  setComment,
  statement,
} from "../print.ts";
import {
  alterBy,
  CLASS,
  inOne,
  inScope,
  joinComment,
  notOfExtension,
  numbersOf,
  objectKind,
  optionsOf,
} from "./kind.ts";
import type { Alteration, ObjectKind, PrintContext, RelationFacts } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly name: string;
  readonly relkind: string;
  readonly method: string;
  readonly unique: boolean;
  readonly nulls_not_distinct: boolean;
  readonly key_count: number;
  readonly columns: string;
  readonly flags: string;
  readonly expressions: readonly (string | null)[] | null;
  /** Key columns of which something must be said; null when all are as the server chooses by itself. */
  readonly attributes:
    | readonly {
        readonly number: number;
        readonly opclass: string | null;
        readonly collation: string | null;
        readonly options: readonly string[] | null;
        readonly statistics: number | null;
      }[]
    | null;
  readonly predicate: string | null;
  readonly options: readonly (string | null)[] | null;
  readonly valid: boolean;
  readonly clustered: boolean;
  readonly identity: boolean;
  readonly tablespace: string | null;
  readonly constraint: string | null;
  readonly parent_schema: string | null;
  readonly parent_table: string | null;
  readonly parent_name: string | null;
  /** Null for an index of plain columns. */
  readonly definition: string | null;
  readonly comment: string | null;
}

// indoption's bits, from the server's pg_index.h.
const DESCENDING = 1;
const NULLS_FIRST = 2;

function keysOf(row: Row, table: RelationFacts): IndexKey[] {
  const flags = numbersOf(row.flags);
  const columns = numbersOf(row.columns).slice(0, row.key_count);
  return columns.map((number, index) => {
    const attribute = row.attributes?.find((one) => one.number === index + 1);
    const options = attribute?.options ?? null;
    const bits = flags[index] ?? 0;
    return {
      column: number === 0 ? null : (table.columns.get(number)?.name ?? null),
      expression: number === 0 ? canonicalOrNull(row.expressions?.[index] ?? null) : null,
      opclass: options === null ? (attribute?.opclass ?? null) : `${attribute?.opclass ?? ""} (${options.join(", ")})`,
      collation: attribute?.collation ?? null,
      order: (bits & DESCENDING) === 0 ? "asc" : "desc",
      nulls: (bits & NULLS_FIRST) === 0 ? "last" : "first",
    };
  });
}

function keyText({ column, order, nulls }: IndexKey): string {
  const name = ident(column ?? "");
  if (order === "desc") return nulls === "first" ? `${name} DESC` : `${name} DESC NULLS LAST`;
  return nulls === "first" ? `${name} NULLS FIRST` : name;
}

// What pg_get_indexdef prints where there is neither expression, predicate, operator class nor option.
function plainDefinition(
  row: Row,
  table: RelationFacts,
  keys: readonly IndexKey[],
  include: readonly string[],
): string {
  const create = `CREATE ${row.unique ? "UNIQUE " : ""}INDEX ${ident(row.name)}`;
  const on = `ON ${row.relkind === "I" ? "ONLY " : ""}${qualified(table.schema, table.name)}`;
  const parts = [create, on, `USING ${ident(row.method)} (${keys.map(keyText).join(", ")})`];
  if (include.length > 0) parts.push(`INCLUDE (${identList(include)})`);
  if (row.nulls_not_distinct) parts.push("NULLS NOT DISTINCT");
  return parts.join(" ");
}

const nameOf = (object: IndexObject): string => qualified(object.schema, object.name);

function attach(object: IndexObject): Statement[] {
  if (object.partitionOf === null) return [];
  const parent = qualified(object.partitionOf.schema, object.partitionOf.name);
  return [statement(`ALTER INDEX ${parent} ATTACH PARTITION ${nameOf(object)}`)];
}

const outside = (sql: string): Statement => ({ sql, transactional: false });

// The server prints no tablespace: it stands before WHERE, which is printed as it is stored.
function withTablespace({ definition, predicate, tablespace }: IndexObject): string {
  if (tablespace === undefined) return definition;
  const where = predicate === null ? "" : ` WHERE ${predicate}`;
  const cut = definition.endsWith(where) ? definition.length - where.length : definition.lastIndexOf(" WHERE ");
  return `${definition.slice(0, cut)} TABLESPACE ${ident(tablespace)}${definition.slice(cut)}`;
}

function place(object: IndexObject): Statement[] {
  if (object.tablespace === undefined) return [];
  return [statement(`ALTER INDEX ${nameOf(object)} SET TABLESPACE ${ident(object.tablespace)}`)];
}

const tableOf = (object: IndexObject): string => qualified(object.schema, object.table ?? "");

const setTarget = (object: IndexObject, key: number, target: number): Statement =>
  statement(`ALTER INDEX ${nameOf(object)} ALTER COLUMN ${key} SET STATISTICS ${target}`);

// What is said of an index after it is there.
function marks(object: IndexObject): Statement[] {
  return [
    ...(object.statisticsTargets ?? []).map(({ key, target }) => setTarget(object, key, target)),
    ...(object.clustered === true
      ? [statement(`ALTER TABLE ${tableOf(object)} CLUSTER ON ${ident(object.name)}`)]
      : []),
    ...(object.replicaIdentity === true
      ? [statement(`ALTER TABLE ${tableOf(object)} REPLICA IDENTITY USING INDEX ${ident(object.name)}`)]
      : []),
  ];
}

// A table has one index of each mark: where another has taken it meanwhile, it is not to be taken from that.
function unmark(object: IndexObject, flag: "indisclustered" | "indisreplident", what: string): Statement {
  const others = [
    "SELECT FROM pg_catalog.pg_index AS i",
    `WHERE i.indrelid = ${literal(tableOf(object))}::pg_catalog.regclass AND i.${flag}`,
    `AND i.indexrelid IS DISTINCT FROM pg_catalog.to_regclass(${literal(nameOf(object))})`,
  ].join(" ");
  const body = `BEGIN\n  IF NOT EXISTS (${others}) THEN\n    ALTER TABLE ${tableOf(object)} ${what};\n  END IF;\nEND`;
  return statement(`DO ${dollarQuoted(body)}`);
}

// Without its index a replica identity is none at all, and not the primary key again.
const releaseIdentity = (object: IndexObject): Statement[] =>
  object.replicaIdentity === true ? [unmark(object, "indisreplident", "REPLICA IDENTITY DEFAULT")] : [];

function retarget({ before, after }: Alteration<"index">): Statement[] {
  const is = new Map((after.statisticsTargets ?? []).map(({ key, target }) => [key, target]));
  const gone = (before.statisticsTargets ?? []).filter(({ key }) => !is.has(key));
  return [...is, ...gone.map(({ key }): [number, number] => [key, -1])].map(([key, target]) =>
    setTarget(after, key, target),
  );
}

// The indexes of a partitioned table cannot be built or dropped beside running writes.
const isParted = (object: IndexObject, context: PrintContext): boolean =>
  (context.view.table(object.schema, object.table ?? "")?.table.partitionBy ?? null) !== null;

function addIndex(object: IndexObject, context: PrintContext): Statement[] {
  // The index of a constraint came with the constraint.
  if (object.constraint !== null) return [...index.create(object, context)];
  const definition = withTablespace(object);
  const create = isParted(object, context)
    ? statement(definition)
    : outside(definition.replace(/^CREATE (UNIQUE )?INDEX /, "CREATE $1INDEX CONCURRENTLY "));
  return [create, ...attach(object), ...marks(object), ...commentOn(`INDEX ${nameOf(object)}`, object.comment)];
}

// The index of a constraint goes with the constraint.
function removeIndex(object: IndexObject, context: PrintContext): Statement[] {
  if (object.constraint !== null) return releaseIdentity(object);
  if (isParted(object, context)) return [...releaseIdentity(object), statement(`DROP INDEX ${nameOf(object)}`)];
  return [...releaseIdentity(object), outside(`DROP INDEX CONCURRENTLY ${nameOf(object)}`)];
}

const MEANING = [
  "definition",
  "method",
  "unique",
  "nullsNotDistinct",
  "keys",
  "include",
  "predicate",
] as const satisfies readonly (keyof IndexObject)[];

// An index that is to hold something else is another index: dropped and built anew.
function rebuild({ before, after }: Alteration<"index">, context: PrintContext): Statement[] {
  if (after.constraint !== null)
    throw new UnprintableChange("index", "definition", "it stands behind a constraint, which decides");
  return [...removeIndex(before, context), ...addIndex(after, context)];
}

function revive({ after }: Alteration<"index">, context: PrintContext): Statement[] {
  if (!after.valid) throw new UnprintableChange("index", "valid", "no statement makes an index invalid");
  if (isParted(after, context))
    throw new UnprintableChange("index", "valid", "it becomes valid when each partition has its part attached");
  return [outside(`REINDEX INDEX CONCURRENTLY ${nameOf(after)}`)];
}

/** Indexes of tables and materialised views. One behind a constraint is created by the constraint. */
export const index: ObjectKind<"index"> = objectKind<"index", Row>({
  kind: "index",
  query: () => `
    select i.indexrelid as oid, i.indrelid as relation, c.relname as name, c.relkind, m.amname as method,
      i.indisunique as unique, i.indnullsnotdistinct as nulls_not_distinct, i.indnkeyatts as key_count,
      i.indkey as columns, i.indoption as flags,
      case when i.indexprs is not null then (
        select array_agg(case when i.indkey[g - 1] = 0 then pg_get_indexdef(i.indexrelid, g, false) end order by g)
        from generate_series(1, i.indnkeyatts) g) end as expressions,
      a.attributes, pg_get_expr(i.indpred, i.indrelid) as predicate, c.reloptions as options,
      i.indisvalid as valid, i.indisclustered as clustered, i.indisreplident as identity, s.spcname as tablespace, k.conname as constraint,
      p.parent_schema, p.parent_table, p.parent_name,
      -- Plain columns are put together here: the server takes longer over the text than over all the rest.
      case when i.indexprs is not null or i.indpred is not null or a.attributes is not null or c.reloptions is not null
        then pg_get_indexdef(i.indexrelid) end as definition, d.description as comment
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid and t.relkind in ('r', 'p', 'm')
    join pg_namespace n on n.oid = t.relnamespace
    join pg_am m on m.oid = c.relam
    left join pg_tablespace s on s.oid = c.reltablespace
    -- The server names an operator class only where it is not the one it would choose by itself.
    left join (
      select x.attrelid, json_agg(json_build_object('number', x.attnum, 'options', x.attoptions,
        'opclass', case when not o.opcdefault or better.oid is not null or x.attoptions is not null then
          case when ns.nspname = 'pg_catalog' then '' else quote_ident(ns.nspname) || '.' end || quote_ident(o.opcname)
        end,
        'statistics', nullif(x.attstattarget, -1),
        'collation', case when x.attcollation <> coalesce(tx.attcollation, y.typcollation)
          then x.attcollation::regcollation::text end)) as attributes
      from pg_index xi
      join pg_attribute x on x.attrelid >= 16384 and x.attrelid = xi.indexrelid and x.attnum <= xi.indnkeyatts
      join pg_type y on y.oid = x.atttypid
      join pg_opclass o on o.oid = xi.indclass[x.attnum - 1]
      join pg_namespace ns on ns.oid = o.opcnamespace
      left join pg_attribute tx
        on tx.attrelid >= 16384 and tx.attnum > 0 and tx.attrelid = xi.indrelid and tx.attnum = xi.indkey[x.attnum - 1] and xi.indkey[x.attnum - 1] > 0
      left join pg_opclass better on better.opcmethod = o.opcmethod and better.opcdefault and better.oid <> o.oid
        and better.opcintype = coalesce(tx.atttypid, x.atttypid)
      where xi.indexrelid >= 16384 and (not o.opcdefault or better.oid is not null or x.attoptions is not null
        or x.attstattarget <> -1 or x.attcollation <> coalesce(tx.attcollation, y.typcollation))
      group by x.attrelid) a on a.attrelid = i.indexrelid
    left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
    left join (
      select h.inhrelid, pn.nspname as parent_schema, pt.relname as parent_table, pc.relname as parent_name
      from pg_inherits h
      join pg_class pc on pc.oid = h.inhparent and pc.relkind = 'I'
      join pg_namespace pn on pn.oid = pc.relnamespace
      join pg_index pi on pi.indexrelid = h.inhparent
      join pg_class pt on pt.oid = pi.indrelid) p on p.inhrelid = i.indexrelid
    ${joinComment(CLASS.relation, "i.indexrelid")}
    where ${inScope("n")} and ${notOfExtension(CLASS.relation, "i.indexrelid")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const own = memberKey("index", table.key, row.name);
    reading.own(own);
    reading.identify(CLASS.relation, row.oid, own);
    const targets = (row.attributes ?? []).flatMap(({ number, statistics }) =>
      statistics === null ? [] : [{ key: number, target: statistics }],
    );
    const numbers = numbersOf(row.columns);
    const keys = keysOf(row, table);
    const include = numbers.slice(row.key_count).map((number) => table.columns.get(number)?.name ?? "");
    const dependsOn: RefKey[] = [table.key];
    for (const number of numbers) {
      const column = table.columns.get(number);
      if (column !== undefined) dependsOn.push(column.key);
    }
    if (row.constraint !== null) dependsOn.push(memberKey("constraint", table.key, row.constraint));
    let partitionOf: IndexObject["partitionOf"] = null;
    if (row.parent_schema !== null && row.parent_table !== null && row.parent_name !== null) {
      partitionOf = { schema: row.parent_schema, name: row.parent_name };
      dependsOn.push(refKey(ref("index", row.parent_name, { schema: row.parent_schema, table: row.parent_table })));
    }
    return {
      kind: "index",
      schema: table.schema,
      table: table.name,
      name: row.name,
      signature: "",
      method: row.method,
      unique: row.unique,
      nullsNotDistinct: row.nulls_not_distinct,
      keys,
      include,
      predicate: canonicalOrNull(row.predicate),
      options: optionsOf(row.options),
      valid: row.valid,
      constraint: row.constraint,
      partitionOf,
      definition: row.definition === null ? plainDefinition(row, table, keys, include) : canonical(row.definition),
      ...(row.tablespace === null ? {} : { tablespace: row.tablespace }),
      ...(row.clustered ? { clustered: true as const } : {}),
      ...(row.identity ? { replicaIdentity: true as const } : {}),
      ...(targets.length === 0 ? {} : { statisticsTargets: targets.toSorted((a, b) => a.key - b.key) }),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object, context) {
    const comment = [...marks(object), ...commentOn(`INDEX ${nameOf(object)}`, object.comment)];
    if (object.constraint !== null) {
      const options = Object.keys(object.options).length > 0;
      const set = options ? [statement(`ALTER INDEX ${nameOf(object)} SET ${optionList(object.options)}`)] : [];
      return [...set, ...place(object), ...attach(object), ...comment];
    }
    const parted = context.partedIndexes.has(refKey(object));
    if (!object.valid && !parted && !/ ON ONLY /.test(object.definition))
      return [remark(`index ${nameOf(object)} is left out because it is invalid: ${object.definition}`)];
    return [statement(withTablespace(object)), ...attach(object), ...comment];
  },
  drop: (object) => (object.constraint === null ? [statement(`DROP INDEX ${nameOf(object)}`)] : []),
  add: addIndex,
  remove: removeIndex,
  alter: alterBy("index", {
    ...inOne(MEANING, rebuild),
    valid: revive,
    tablespace: ({ after }) => [
      statement(`ALTER INDEX ${nameOf(after)} SET TABLESPACE ${ident(after.tablespace ?? "pg_default")}`),
    ],
    clustered: ({ after }) =>
      after.clustered === true
        ? [statement(`ALTER TABLE ${tableOf(after)} CLUSTER ON ${ident(after.name)}`)]
        : [unmark(after, "indisclustered", "SET WITHOUT CLUSTER")],
    replicaIdentity: ({ before, after }) =>
      after.replicaIdentity === true
        ? [statement(`ALTER TABLE ${tableOf(after)} REPLICA IDENTITY USING INDEX ${ident(after.name)}`)]
        : releaseIdentity(before),
    statisticsTargets: retarget,
    options: ({ before, after }) => changeOptions(`ALTER INDEX ${nameOf(after)}`, before.options, after.options),
    partitionOf: ({ after }) => {
      if (after.partitionOf === null)
        throw new UnprintableChange("index", "partitionOf", "an index cannot be detached");
      return attach(after);
    },
    comment: ({ after }) => [setComment(`INDEX ${nameOf(after)}`, after.comment)],
  }),
});
