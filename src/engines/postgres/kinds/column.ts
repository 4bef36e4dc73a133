import type { ColumnObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonicalOrNull } from "../canonical.ts";
import { ident, qualified, statement } from "../print.ts";
import { SEQUENCE_COLUMNS, sequenceClauses, sequenceOptions } from "../sequence-options.ts";
import type { SequenceRow } from "../sequence-options.ts";
import { CLASS, inScope, joinComment, objectKind } from "./kind.ts";
import type { ObjectKind, PrintContext } from "./kind.ts";

interface Row extends Omit<SequenceRow, "seq_type"> {
  readonly relation: number;
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly not_null: boolean;
  readonly default_oid: number | null;
  readonly default: string | null;
  readonly identity: string;
  readonly generated: string;
  readonly collation: string | null;
  readonly storage: string | null;
  readonly compression: string | null;
  readonly statistics: number | null;
  readonly inherited: boolean;
  readonly options: readonly (string | null)[] | null;
  readonly grants: boolean;
  readonly seq_type: string | null;
  readonly seq_name: string | null;
  readonly comment: string | null;
}

const STORAGE: Readonly<Record<string, string>> = { p: "plain", e: "external", x: "extended", m: "main" };
const COMPRESSION: Readonly<Record<string, string>> = { p: "pglz", l: "lz4" };

// `position` counts the columns that are left: each table's rows come one after the other.
const positions = new WeakMap<Map<number, string>, number>();

function nextPosition(columns: Map<number, string>): number {
  const position = (positions.get(columns) ?? 0) + 1;
  positions.set(columns, position);
  return position;
}

function identityOf(row: Row): ColumnObject["identity"] {
  // A partition's identity column draws from its parent's sequence and has none of its own.
  if (row.identity === "" || row.seq_type === null) return null;
  return {
    generation: row.identity === "a" ? "always" : "by default",
    sequence: sequenceOptions({ ...row, seq_type: row.seq_type }),
  };
}

/** Columns of tables. They are printed by their table; see `columnClause` and `columnAlterations`. */
export const column: ObjectKind<"column"> = objectKind<"column", Row>({
  kind: "column",
  query: () => `
    select a.attrelid as relation, a.attnum as number, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as not_null, f.oid as default_oid, pg_get_expr(f.adbin, f.adrelid) as default,
      a.attidentity as identity, a.attgenerated as generated,
      case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end as collation,
      case when a.attstorage <> t.typstorage then a.attstorage end as storage,
      nullif(a.attcompression, '') as compression, nullif(a.attstattarget, -1) as statistics,
      a.attinhcount > 0 and not a.attislocal as inherited, a.attoptions as options, a.attacl is not null as grants,
      s.*, d.description as comment
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum and a.atthasdef
    left join (
      select o.refobjid, o.refobjsubid, sc.relname as seq_name, ${SEQUENCE_COLUMNS}
      from pg_depend o join pg_sequence s on s.seqrelid = o.objid join pg_class sc on sc.oid = o.objid
      where o.classid = ${CLASS.relation} and o.refclassid = ${CLASS.relation} and o.deptype = 'i'
    ) s on s.refobjid = a.attrelid and s.refobjsubid = a.attnum
    ${joinComment(CLASS.relation, "a.attrelid", "a.attnum")}
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and ${inScope("n")}
    order by a.attrelid, a.attnum`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    table.columns.set(row.number, row.name);
    const own = ref("column", row.name, { schema: table.schema, table: table.name });
    reading.identify(CLASS.default, row.default_oid, refKey(own));
    const name = (): string => `${qualified(table.schema, table.name)}.${ident(row.name)}`;
    if (row.options !== null) reading.report("column options", name());
    if (row.grants) reading.report("column privileges", name());
    if (row.seq_name !== null && row.seq_name !== `${table.name}_${row.name}_seq`)
      reading.report("identity sequence name", `${qualified(table.schema, row.seq_name)} of ${name()}`);
    const expression = canonicalOrNull(row.default);
    return {
      ...own,
      kind: "column",
      table: table.name,
      position: nextPosition(table.columns),
      type: row.type,
      notNull: row.not_null,
      default: row.generated === "" ? expression : null,
      identity: identityOf(row),
      generated: row.generated === "" || expression === null ? null : { expression, stored: row.generated === "s" },
      collation: row.collation,
      storage: row.storage === null ? null : (STORAGE[row.storage] ?? row.storage),
      compression: row.compression === null ? null : (COMPRESSION[row.compression] ?? row.compression),
      statisticsTarget: row.statistics,
      inherited: row.inherited,
      comment: row.comment,
      dependsOn: [table.key],
    };
  },
  create: () => [],
  complete: (object) => [setDefault(object)],
  drop: (object) => (object.default === null ? [] : [statement(`${alterColumn(object)} DROP DEFAULT`)]),
});

function alterColumn(object: ColumnObject): string {
  return `ALTER TABLE ONLY ${qualified(object.schema, object.table)} ALTER COLUMN ${ident(object.name)}`;
}

function setDefault(object: ColumnObject): Statement {
  return statement(
    `${alterColumn(object)} ${object.default === null ? "DROP DEFAULT" : `SET DEFAULT ${object.default}`}`,
  );
}

/** The column's line in CREATE TABLE. `notNull` is false where a named NOT NULL constraint says it instead. */
export function columnClause(object: ColumnObject, context: PrintContext, notNull: boolean): string {
  const parts = [ident(object.name), object.type];
  if (object.compression !== null) parts.push(`COMPRESSION ${object.compression}`);
  if (object.collation !== null) parts.push(`COLLATE ${object.collation}`);
  if (object.identity !== null) {
    const clauses = sequenceClauses({ ...object.identity.sequence });
    const generation = object.identity.generation === "always" ? "ALWAYS" : "BY DEFAULT";
    parts.push(`GENERATED ${generation} AS IDENTITY${clauses.length === 0 ? "" : ` (${clauses.join(" ")})`}`);
  }
  if (object.generated !== null) {
    const { expression, stored } = object.generated;
    parts.push(`GENERATED ALWAYS AS (${expression}) ${stored ? "STORED" : "VIRTUAL"}`);
  }
  if (object.default !== null && !context.postponed.has(refKey(object))) parts.push(`DEFAULT ${object.default}`);
  if (notNull) parts.push("NOT NULL");
  return parts.join(" ");
}

/** What CREATE TABLE cannot say, or says only in newer versions: storage and the statistics target. */
export function columnAlterations(object: ColumnObject, from: ColumnObject | null): Statement[] {
  const statements: Statement[] = [];
  if (object.storage !== (from?.storage ?? null))
    statements.push(statement(`${alterColumn(object)} SET STORAGE ${object.storage ?? "DEFAULT"}`));
  if (object.statisticsTarget !== null)
    statements.push(statement(`${alterColumn(object)} SET STATISTICS ${object.statisticsTarget}`));
  return statements;
}

/**
 * What must change in a column that a table has just inherited from `from`, so that it becomes `object`.
 * `notNull` says whether a plain SET NOT NULL is wanted.
 */
export function inheritedAlterations(
  object: ColumnObject,
  from: ColumnObject,
  context: PrintContext,
  notNull: boolean,
): Statement[] {
  const statements: Statement[] = [];
  if (object.default !== from.default && object.generated === null && !context.postponed.has(refKey(object)))
    statements.push(setDefault(object));
  if (notNull && object.notNull && !from.notNull) statements.push(statement(`${alterColumn(object)} SET NOT NULL`));
  if (object.compression !== from.compression)
    statements.push(statement(`${alterColumn(object)} SET COMPRESSION ${object.compression ?? "default"}`));
  return [...statements, ...columnAlterations(object, from)];
}
