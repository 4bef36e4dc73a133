import type { IndexKey, IndexObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonical, canonicalOrNull } from "../canonical.ts";
import { commentOn, optionList, qualified, remark, statement } from "../print.ts";
import { CLASS, inScope, joinComment, notOfExtension, numbersOf, objectKind, optionsOf } from "./kind.ts";
import type { ObjectKind, Reading, RelationFacts } from "./kind.ts";

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
  readonly opclasses: string;
  readonly expressions: readonly (string | null)[] | null;
  /** Per attribute of the index: its type and, where they differ, the collation and the opclass's options. */
  readonly attributes:
    | readonly {
        readonly number: number;
        readonly type: number;
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
  readonly constraint: string | null;
  readonly parent_schema: string | null;
  readonly parent_table: string | null;
  readonly parent_name: string | null;
  readonly definition: string;
  readonly comment: string | null;
}

// indoption's bits, from the server's pg_index.h.
const DESCENDING = 1;
const NULLS_FIRST = 2;

// The server names an operator class only where it is not the one it would choose by itself.
function opclassText(oid: number, type: number, options: readonly string[] | null, reading: Reading): string | null {
  const facts = reading.opclasses.get(oid);
  if (facts === undefined) return null;
  const exact = facts.defaultFor.get(type);
  const chosen = facts.isDefault && (exact === undefined || exact === oid);
  if (options === null) return chosen ? null : facts.name;
  return `${facts.name} (${options.join(", ")})`;
}

function keysOf(row: Row, table: RelationFacts, reading: Reading): IndexKey[] {
  const flags = numbersOf(row.flags);
  const opclasses = numbersOf(row.opclasses);
  const columns = numbersOf(row.columns).slice(0, row.key_count);
  const attributes = new Map((row.attributes ?? []).map((attribute) => [attribute.number, attribute]));
  return columns.map((number, index) => {
    const attribute = attributes.get(index + 1);
    const bits = flags[index] ?? 0;
    return {
      column: number === 0 ? null : (table.columns.get(number) ?? null),
      expression: number === 0 ? canonicalOrNull(row.expressions?.[index] ?? null) : null,
      opclass: opclassText(opclasses[index] ?? 0, attribute?.type ?? 0, attribute?.options ?? null, reading),
      collation: attribute?.collation ?? null,
      order: (bits & DESCENDING) === 0 ? "asc" : "desc",
      nulls: (bits & NULLS_FIRST) === 0 ? "last" : "first",
    };
  });
}

const nameOf = (object: IndexObject): string => qualified(object.schema, object.name);

function attach(object: IndexObject): Statement[] {
  if (object.partitionOf === null) return [];
  const parent = qualified(object.partitionOf.schema, object.partitionOf.name);
  return [statement(`ALTER INDEX ${parent} ATTACH PARTITION ${nameOf(object)}`)];
}

/** Indexes of tables and materialised views. One behind a constraint is created by the constraint. */
export const index: ObjectKind<"index"> = objectKind<"index", Row>({
  kind: "index",
  query: () => `
    select i.indexrelid as oid, i.indrelid as relation, c.relname as name, c.relkind, m.amname as method,
      i.indisunique as unique, i.indnullsnotdistinct as nulls_not_distinct, i.indnkeyatts as key_count,
      i.indkey as columns, i.indoption as flags, i.indclass as opclasses,
      case when i.indexprs is not null then (
        select array_agg(case when i.indkey[g - 1] = 0 then pg_get_indexdef(i.indexrelid, g, false) end order by g)
        from generate_series(1, i.indnkeyatts) g) end as expressions,
      a.attributes, pg_get_expr(i.indpred, i.indrelid) as predicate, c.reloptions as options,
      i.indisvalid as valid, i.indisclustered as clustered, i.indisreplident as identity, k.conname as constraint,
      pn.nspname as parent_schema, pt.relname as parent_table, pc.relname as parent_name,
      pg_get_indexdef(i.indexrelid) as definition, d.description as comment
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid and t.relkind in ('r', 'p', 'm')
    join pg_namespace n on n.oid = t.relnamespace
    join pg_am m on m.oid = c.relam
    left join lateral (
      select json_agg(json_build_object('number', x.attnum, 'type', coalesce(tx.atttypid, x.atttypid)::bigint, 'options', x.attoptions,
        'statistics', nullif(x.attstattarget, -1), 'collation',
        case when x.attcollation <> coalesce(tx.attcollation, y.typcollation) then x.attcollation::regcollation::text end)) as attributes
      from pg_attribute x
      join pg_type y on y.oid = x.atttypid
      left join pg_attribute tx on tx.attrelid = i.indrelid and tx.attnum = i.indkey[x.attnum - 1] and tx.attnum > 0
      where x.attrelid = i.indexrelid and x.attnum > 0) a on true
    left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
    left join pg_inherits h on h.inhrelid = i.indexrelid
    left join pg_class pc on pc.oid = h.inhparent
    left join pg_namespace pn on pn.oid = pc.relnamespace
    left join pg_index pi on pi.indexrelid = h.inhparent
    left join pg_class pt on pt.oid = pi.indrelid
    ${joinComment(CLASS.relation, "i.indexrelid")}
    where ${inScope("n")} and ${notOfExtension(CLASS.relation, "i.indexrelid")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const own = ref("index", row.name, { schema: table.schema, table: table.name });
    reading.identify(CLASS.relation, row.oid, refKey(own));
    const where = { schema: table.schema, table: table.name };
    const name = qualified(table.schema, row.name);
    if (row.clustered) reading.report("cluster", `${qualified(table.schema, table.name)} using ${name}`);
    if (row.identity) reading.report("replica identity", `${qualified(table.schema, table.name)} using ${name}`);
    for (const attribute of row.attributes ?? []) {
      if (attribute.statistics !== null)
        reading.report("index statistics target", `${name} column ${attribute.number}`);
    }
    const numbers = numbersOf(row.columns);
    const columns = numbers.map((number) => table.columns.get(number)).filter((column) => column !== undefined);
    const dependsOn: RefKey[] = [table.key];
    if (table.relkind !== "m") for (const column of columns) dependsOn.push(refKey(ref("column", column, where)));
    if (row.constraint !== null) dependsOn.push(refKey(ref("constraint", row.constraint, where)));
    let partitionOf: IndexObject["partitionOf"] = null;
    if (row.parent_schema !== null && row.parent_table !== null && row.parent_name !== null) {
      partitionOf = { schema: row.parent_schema, name: row.parent_name };
      dependsOn.push(refKey(ref("index", row.parent_name, { schema: row.parent_schema, table: row.parent_table })));
    }
    return {
      ...own,
      kind: "index",
      table: table.name,
      method: row.method,
      unique: row.unique,
      nullsNotDistinct: row.nulls_not_distinct,
      keys: keysOf(row, table, reading),
      include: numbers.slice(row.key_count).map((number) => table.columns.get(number) ?? ""),
      predicate: canonicalOrNull(row.predicate),
      options: optionsOf(row.options),
      valid: row.valid,
      constraint: row.constraint,
      partitionOf,
      definition: canonical(row.definition),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object, context) {
    const comment = commentOn(`INDEX ${nameOf(object)}`, object.comment);
    if (object.constraint !== null) {
      const options = Object.keys(object.options).length > 0;
      const set = options ? [statement(`ALTER INDEX ${nameOf(object)} SET ${optionList(object.options)}`)] : [];
      return [...set, ...attach(object), ...comment];
    }
    const parted = context.partedIndexes.has(refKey(object));
    if (!object.valid && !parted && !/ ON ONLY /.test(object.definition))
      return [remark(`index ${nameOf(object)} is left out because it is invalid: ${object.definition}`)];
    return [statement(object.definition), ...attach(object), ...comment];
  },
  drop: (object) => (object.constraint === null ? [statement(`DROP INDEX ${nameOf(object)}`)] : []),
});
