import type { ColumnObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonicalOrNull } from "../canonical.ts";
import { commentOn, ident, literal, qualified, setComment, statement } from "../print.ts";
import { SEQUENCE_JSON, changedClauses, sequenceClauses, sequenceOptions } from "../sequence-options.ts";
import type { SequenceRow } from "../sequence-options.ts";
import { alterBy, CLASS, inScope, joinComment, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind, PrintContext, Reading, RelationFacts } from "./kind.ts";
import { objectName } from "../object-name.ts";

interface Row {
  readonly relation: number;
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly not_null: boolean;
  readonly default_oid: number | null;
  readonly default: string | null;
  readonly inherited: boolean;
  readonly comment: string | null;
  /** What few columns have; null for all others, as rows without it travel and parse faster. */
  readonly rare: Rare | null;
}

interface Rare {
  readonly identity: string;
  readonly generated: string;
  readonly collation: string | null;
  readonly storage: string | null;
  readonly compression: string;
  readonly statistics: number | null;
  readonly options: boolean;
  readonly grants: boolean;
  /** The sequence inside an identity column. */
  readonly sequence: (SequenceRow & { readonly name: string }) | null;
}

const STORAGE: Readonly<Record<string, string>> = { p: "plain", e: "external", x: "extended", m: "main" };
const COMPRESSION: Readonly<Record<string, string>> = { p: "pglz", l: "lz4" };

function identityOf(rare: Rare | null): ColumnObject["identity"] {
  // A partition's identity column draws from its parent's sequence and has none of its own.
  if (rare === null || rare.identity === "" || rare.sequence === null) return null;
  return {
    generation: rare.identity === "a" ? "always" : "by default",
    sequence: sequenceOptions(rare.sequence),
  };
}

// What is there and has no place in the model.
function reportRest(row: Row, rare: Rare, table: RelationFacts, reading: Reading): void {
  const name = `${qualified(table.schema, table.name)}.${ident(row.name)}`;
  if (rare.options) reading.report("column options", name);
  if (rare.grants) reading.report("column privileges", name);
  if (rare.sequence !== null && rare.sequence.name !== objectName(table.name, row.name, "seq"))
    reading.report("identity sequence name", `${qualified(table.schema, rare.sequence.name)} of ${name}`);
}

/** Columns of tables. They are printed by their table; see `columnClause` and `columnAlterations`. */
export const column: ObjectKind<"column"> = objectKind<"column", Row>({
  kind: "column",
  query: () => `
    select a.attrelid as relation, a.attnum as number, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as not_null, f.oid as default_oid, pg_get_expr(f.adbin, f.adrelid) as default,
      a.attinhcount > 0 and not a.attislocal as inherited, d.description as comment,
      case when a.attidentity <> '' or a.attgenerated <> '' or a.attcollation <> t.typcollation
        or a.attstorage <> t.typstorage or a.attcompression <> '' or a.attstattarget <> -1
        or a.attoptions is not null or a.attacl is not null
      then json_build_object('identity', a.attidentity, 'generated', a.attgenerated,
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
        'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
        'compression', a.attcompression, 'statistics', nullif(a.attstattarget, -1),
        'options', a.attoptions is not null, 'grants', a.attacl is not null,
        'sequence', case when a.attidentity <> '' then (
          select json_build_object('name', sc.relname, ${SEQUENCE_JSON})
          from pg_depend o join pg_sequence s on s.seqrelid = o.objid join pg_class sc on sc.oid = o.objid
          where o.refclassid = ${CLASS.relation} and o.refobjid = a.attrelid and o.refobjsubid = a.attnum
            and o.classid = ${CLASS.relation} and o.deptype = 'i') end)
      end as rare
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum and a.atthasdef
    ${joinComment(CLASS.relation, "a.attrelid", "a.attnum")}
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and ${inScope("n")}
    order by a.attrelid, a.attnum`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const { rare } = row;
    const own = ref("column", row.name, { schema: table.schema, table: table.name });
    const key = refKey(own);
    table.columns.set(row.number, { name: row.name, key });
    reading.identify(CLASS.default, row.default_oid, key);
    if (rare !== null) reportRest(row, rare, table, reading);
    const expression = canonicalOrNull(row.default);
    const generated = rare !== null && rare.generated !== "" ? rare.generated : null;
    return {
      kind: "column",
      schema: table.schema,
      table: table.name,
      name: row.name,
      signature: "",
      // Dropped columns leave holes in attnum; rows come in its order.
      position: table.columns.size,
      type: row.type,
      notNull: row.not_null,
      default: generated === null ? expression : null,
      identity: identityOf(rare),
      generated: generated === null || expression === null ? null : { expression, stored: generated === "s" },
      collation: rare?.collation ?? null,
      storage: rare === null || rare.storage === null ? null : (STORAGE[rare.storage] ?? rare.storage),
      compression: rare === null ? null : (COMPRESSION[rare.compression] ?? null),
      statisticsTarget: rare?.statistics ?? null,
      inherited: row.inherited,
      comment: row.comment,
      dependsOn: [table.key],
    };
  },
  create: () => [],
  complete: (object) => [setDefault(object)],
  drop: (object) => (object.default === null ? [] : [statement(`${alterColumn(object)} DROP DEFAULT`)]),
  add(object, context) {
    // What a parent declares is there already.
    if (object.inherited) return [];
    const clause = columnClause(object, context, object.notNull);
    return [
      statement(`${alterTable(object)} ADD COLUMN ${clause}`),
      ...columnAlterations(object, null),
      ...commentOn(target(object), object.comment),
    ];
  },
  remove: (object) => [statement(`${alterTable(object)} DROP COLUMN ${ident(object.name)}`)],
  // The order is what the server asks for: a default stands in the way of a type, and identity needs NOT NULL.
  alter: alterBy("column", {
    generated: alterGenerated,
    type: alterType,
    collation: (change) => (change.properties.includes("type") ? [] : alterType(change)),
    notNull: ({ after }) => [statement(`${changeOf(after)} ${after.notNull ? "SET" : "DROP"} NOT NULL`)],
    default: (change) => (change.properties.includes("type") ? [] : [changeDefault(change.after)]),
    identity: alterIdentity,
    storage: ({ after }) => [statement(`${changeOf(after)} SET STORAGE ${after.storage ?? "DEFAULT"}`)],
    compression: ({ after }) => [statement(`${changeOf(after)} SET COMPRESSION ${after.compression ?? "default"}`)],
    statisticsTarget: ({ after }) => [statement(`${changeOf(after)} SET STATISTICS ${after.statisticsTarget ?? -1}`)],
    comment: ({ after }) => [setComment(target(after), after.comment)],
  }),
});

const target = (object: ColumnObject): string =>
  `COLUMN ${qualified(object.schema, object.table)}.${ident(object.name)}`;

const alterTable = (object: ColumnObject): string => `ALTER TABLE ${qualified(object.schema, object.table)}`;

// Unlike in a script, where partitions and children are spelled out, a change reaches them too.
const changeOf = (object: ColumnObject): string => `${alterTable(object)} ALTER COLUMN ${ident(object.name)}`;

const changeDefault = (object: ColumnObject): Statement =>
  statement(`${changeOf(object)} ${object.default === null ? "DROP DEFAULT" : `SET DEFAULT ${object.default}`}`);

function alterType({ before, after, properties }: Alteration<"column">): Statement[] {
  const collate = after.collation === null ? "" : ` COLLATE ${after.collation}`;
  const change = `${changeOf(after)} TYPE ${after.type}${collate} USING ${ident(after.name)}::${after.type}`;
  // The old default may not be castable to the new type.
  const renewed = properties.includes("default");
  return [
    ...(renewed && before.default !== null ? [statement(`${changeOf(after)} DROP DEFAULT`)] : []),
    statement(change),
    ...(renewed && after.default !== null ? [changeDefault(after)] : []),
  ];
}

function alterGenerated({ before, after }: Alteration<"column">): Statement[] {
  if (after.generated === null && before.generated?.stored === true)
    return [statement(`${changeOf(after)} DROP EXPRESSION`)];
  throw new UnprintableChange("column", "generated", "the column is dropped and added again");
}

// The counter of a new identity goes on after the rows that are there.
function alterIdentity({ before, after }: Alteration<"column">): Statement[] {
  const change = changeOf(after);
  if (after.identity === null) return [statement(`${change} DROP IDENTITY`)];
  const { generation, sequence } = after.identity;
  const word = generation === "always" ? "ALWAYS" : "BY DEFAULT";
  if (before.identity !== null) {
    // The server itself gives the counter the column's new type.
    const clauses = changedClauses({ ...before.identity.sequence, type: sequence.type }, sequence);
    const parts = clauses.map((clause) => `SET ${clause}`);
    if (before.identity.generation !== generation) parts.unshift(`SET GENERATED ${word}`);
    return parts.length === 0 ? [] : [statement(`${change} ${parts.join(" ")}`)];
  }
  const clauses = sequenceClauses(sequence);
  const options = clauses.length === 0 ? "" : ` (${clauses.join(" ")})`;
  const table = qualified(after.schema, after.table);
  const counter = `pg_catalog.pg_get_serial_sequence(${literal(table)}, ${literal(after.name)})`;
  const rising = !sequence.increment.startsWith("-");
  const last = `SELECT ${rising ? "max" : "min"}(${ident(after.name)}) FROM ${table}`;
  const next = `${rising ? "GREATEST" : "LEAST"}((${last}) + ${sequence.increment}, ${sequence.start})`;
  return [
    statement(`${change} ADD GENERATED ${word} AS IDENTITY${options}`),
    statement(`SELECT pg_catalog.setval(${counter}, ${next}, false)`),
  ];
}

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
