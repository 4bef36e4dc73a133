import type { ColumnObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { memberKey, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { castsByItself, castSuffix } from "../../../sql/cast.ts";
import { canonicalOrNull } from "../canonical.ts";
import { changedOptions, optionsClause, readOptions } from "../foreign-options.ts";
import { ownStorage } from "../own-storage.ts";
import { changeOptions, commentOn, ident, literal, optionList, qualified, setComment, statement } from "../print.ts";
import { boundStatements, changedClauses, sequenceClauses } from "../sequence-options.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, objectKind, optionsOf } from "./kind.ts";
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
  /** `pg_attribute.attidentity`: "" for none. */
  readonly identity: string;
  readonly inherited: boolean;
  readonly comment: string | null;
  /** What few columns have; null for all others, as rows without it travel and parse faster. */
  readonly rare: Rare | null;
}

interface Rare {
  readonly generated: string;
  readonly collation: string | null;
  readonly storage: string | null;
  readonly compression: string;
  readonly statistics: number | null;
  readonly options: readonly string[] | null;
  readonly foreign_options: readonly string[] | null;
}

const STORAGE: Readonly<Record<string, string>> = { p: "plain", e: "external", x: "extended", m: "main" };
const COMPRESSION: Readonly<Record<string, string>> = { p: "pglz", l: "lz4" };

function identityOf(row: Row, table: RelationFacts, reading: Reading): ColumnObject["identity"] {
  if (row.identity === "") return null;
  const sequence = reading.identities.get(`${row.relation} ${row.number}`);
  if (sequence === undefined) {
    // A partition's identity column draws from its parent's sequence and has none of its own.
    if (reading.refused.has("sequence"))
      reading.report("not readable", `identity of ${qualified(table.schema, table.name)}.${ident(row.name)}`);
    return null;
  }
  const { name, unlogged, options } = sequence;
  return {
    generation: row.identity === "a" ? "always" : "by default",
    sequence: options,
    ...(name === objectName(table.name, row.name, "seq") ? {} : { name }),
    ...(unlogged === null ? {} : { unlogged }),
  };
}

// A server stamps columns with an option of its own (15.20 writes the version that added one); it is no setting.
const STAMP = "pg_";

function optionsOfColumn(list: readonly string[] | null): Pick<ColumnObject, "options"> {
  if (list === null) return {};
  const entries = Object.entries(optionsOf(list)).filter(([name]) => !name.startsWith(STAMP));
  return entries.length === 0 ? {} : { options: Object.fromEntries(entries) };
}

function foreignOptions(row: Row, table: RelationFacts, reading: Reading): Pick<ColumnObject, "foreignOptions"> {
  const list = row.rare?.foreign_options ?? null;
  if (list === null) return {};
  const what = `column ${qualified(table.schema, table.name)}.${ident(row.name)}`;
  return { foreignOptions: readOptions(list, what, reading) };
}

/** Columns of tables. They are printed by their table; see `columnClause` and `columnAlterations`. */
export const column: ObjectKind<"column"> = objectKind<"column", Row>({
  kind: "column",
  query: () => `
    select a.attrelid as relation, a.attnum as number, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as not_null, f.oid as default_oid,
      -- Only what is generated reads columns; to name them the server opens the table.
      pg_get_expr(f.adbin, case when a.attgenerated <> '' then f.adrelid else 0 end) as default,
      a.attidentity as identity, a.attinhcount > 0 and not a.attislocal as inherited, d.description as comment,
      case when a.attgenerated <> '' or a.attcollation <> t.typcollation
        or a.attstorage <> t.typstorage or a.attcompression <> '' or a.attstattarget <> -1
        or a.attoptions is not null or a.attfdwoptions is not null
      then json_build_object('generated', a.attgenerated,
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
        'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
        'compression', a.attcompression, 'statistics', nullif(a.attstattarget, -1),
        'options', a.attoptions, 'foreign_options', a.attfdwoptions)
      end as rare
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum and a.atthasdef
    ${joinComment(CLASS.relation, "a.attrelid", "a.attnum")}
    where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f') and ${inScope("n")}
    order by a.attrelid, a.attnum`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const { rare } = row;
    const key = memberKey("column", table.key, row.name);
    reading.own(key);
    table.columns.set(row.number, { name: row.name, key });
    reading.identify(CLASS.default, row.default_oid, key);
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
      identity: identityOf(row, table, reading),
      generated: generated === null || expression === null ? null : { expression, stored: generated === "s" },
      collation: rare?.collation ?? null,
      storage: rare === null || rare.storage === null ? null : (STORAGE[rare.storage] ?? rare.storage),
      compression: rare === null ? null : (COMPRESSION[rare.compression] ?? null),
      statisticsTarget: rare?.statistics ?? null,
      inherited: row.inherited,
      ...optionsOfColumn(rare?.options ?? null),
      ...foreignOptions(row, table, reading),
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
      ...columnAlterations(object, null, context),
      ...commentOn(target(object), object.comment),
    ];
  },
  remove: (object) => [statement(`${alterTable(object)} DROP COLUMN ${ident(object.name)}`)],
  alter: alterBy("column", {
    generated: alterGenerated,
    ...inOne<"column">(["type", "collation", "notNull", "default", "identity"], alterShape),
    storage: ({ after }, { view }) => [
      statement(`${changeOf(after)} SET STORAGE ${after.storage ?? ownStorage(after.type, view)}`),
    ],
    compression: ({ after }) => [statement(`${changeOf(after)} SET COMPRESSION ${after.compression ?? "default"}`)],
    statisticsTarget: ({ after }) => [statement(`${changeOf(after)} SET STATISTICS ${after.statisticsTarget ?? -1}`)],
    options: ({ before, after }) => changeOptions(changeOf(after), before.options ?? {}, after.options ?? {}),
    foreignOptions: ({ before, after }) => {
      const clause = changedOptions(before.foreignOptions ?? {}, after.foreignOptions ?? {});
      return clause === "" ? [] : [statement(`${changeOf(after)}${clause}`)];
    },
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

function alterType({ before, after, properties }: Alteration<"column">, { view }: PrintContext): Statement[] {
  if (after.generated !== null && !castsByItself(before.type, after.type))
    throw new UnprintableChange("column", "type", "a computed column is not told how to convert its values");
  const collate = after.collation === null ? "" : ` COLLATE ${after.collation}`;
  // What another server holds, or an expression makes, is not converted.
  const kept = after.generated !== null || view.table(after.schema, after.table)?.table.foreign !== undefined;
  const using = kept ? "" : ` USING ${ident(after.name)}${castSuffix(before.type, after.type, view.catalog)}`;
  return [
    // The old default may not be castable to the new type.
    ...(properties.includes("default") && before.default !== null
      ? [statement(`${changeOf(after)} DROP DEFAULT`)]
      : []),
    statement(`${changeOf(after)} TYPE ${after.type}${collate}${using}`),
  ];
}

// The order is what the server asks for: a default stands in the way of a type and of an identity, and an identity
// needs NOT NULL.
function alterShape(change: Alteration<"column">, context: PrintContext): Statement[] {
  const { before, after, properties } = change;
  const is = (property: keyof ColumnObject): boolean => properties.includes(property);
  const retyped = is("type") || is("collation");
  const nullable = is("notNull") && !after.notNull;
  return [
    ...(is("identity") && after.identity === null ? [statement(`${changeOf(after)} DROP IDENTITY`)] : []),
    ...(retyped ? alterType(change, context) : []),
    ...(is("notNull") && after.notNull ? [statement(`${changeOf(after)} SET NOT NULL`)] : []),
    ...(is("default") && !(retyped && before.default !== null && after.default === null) ? [changeDefault(after)] : []),
    ...(is("identity") && after.identity !== null ? alterIdentity(before, after, after.identity) : []),
    ...(nullable ? [statement(`${changeOf(after)} DROP NOT NULL`)] : []),
  ];
}

const MAJOR_SET_EXPRESSION = 17;

function alterGenerated({ before, after, properties }: Alteration<"column">, { view }: PrintContext): Statement[] {
  if (after.generated === null && before.generated?.stored === true)
    return [statement(`${changeOf(after)} DROP EXPRESSION`)];
  const major = Number.parseInt(view.catalog.engine.version, 10);
  const renewable = before.generated !== null && before.generated.stored === after.generated?.stored;
  if (renewable && major >= MAJOR_SET_EXPRESSION && !properties.includes("type"))
    return [statement(`${changeOf(after)} SET EXPRESSION AS (${after.generated?.expression ?? ""})`)];
  throw new UnprintableChange("column", "generated", "the column is dropped and added again");
}

type Identity = NonNullable<ColumnObject["identity"]>;

const sequenceOf = (object: ColumnObject, { name }: Identity): string =>
  name ?? objectName(object.table, object.name, "seq");

function changeIdentity(object: ColumnObject, before: Identity, after: Identity): Statement[] {
  const change = changeOf(object);
  // The server itself gives the counter the column's new type.
  const clauses = changedClauses({ ...before.sequence, type: after.sequence.type }, after.sequence);
  const parts = clauses.map((clause) => `SET ${clause}`);
  if (before.generation !== after.generation)
    parts.unshift(`SET GENERATED ${after.generation === "always" ? "ALWAYS" : "BY DEFAULT"}`);
  const [was, is] = [sequenceOf(object, before), sequenceOf(object, after)];
  return [
    ...boundStatements(qualified(object.schema, was), before.sequence, after.sequence),
    ...(parts.length === 0 ? [] : [statement(`${change} ${parts.join(" ")}`)]),
    ...(was === is ? [] : [statement(`ALTER SEQUENCE ${qualified(object.schema, was)} RENAME TO ${ident(is)}`)]),
    ...(before.unlogged === after.unlogged
      ? []
      : logSequence(object, after, after.unlogged ?? before.unlogged !== true)),
  ];
}

const logSequence = (object: ColumnObject, identity: Identity, unlogged: boolean): Statement[] => [
  statement(
    `ALTER SEQUENCE ${qualified(object.schema, sequenceOf(object, identity))} SET ${unlogged ? "UNLOGGED" : "LOGGED"}`,
  ),
];

// `GENERATED … AS IDENTITY (…)` as CREATE TABLE and ALTER TABLE take it.
function identityClause(object: ColumnObject, identity: Identity): string {
  const clauses = sequenceClauses(identity.sequence);
  if (identity.name !== undefined) clauses.unshift(`SEQUENCE NAME ${qualified(object.schema, identity.name)}`);
  const generation = identity.generation === "always" ? "ALWAYS" : "BY DEFAULT";
  return `GENERATED ${generation} AS IDENTITY${clauses.length === 0 ? "" : ` (${clauses.join(" ")})`}`;
}

// The counter of a new identity goes on after the rows that are there.
function alterIdentity(before: ColumnObject, after: ColumnObject, identity: Identity): Statement[] {
  if (before.identity !== null) return changeIdentity(after, before.identity, identity);
  const table = qualified(after.schema, after.table);
  const counter = `pg_catalog.pg_get_serial_sequence(${literal(table)}, ${literal(after.name)})`;
  const { increment, start } = identity.sequence;
  const rising = !increment.startsWith("-");
  const last = `SELECT ${rising ? "max" : "min"}(${ident(after.name)}) FROM ${table}`;
  const next = `${rising ? "GREATEST" : "LEAST"}((${last}) + ${increment}, ${start})`;
  return [
    statement(`${changeOf(after)} ADD ${identityClause(after, identity)}`),
    statement(`SELECT pg_catalog.setval(${counter}, ${next}, false)`),
    ...(identity.unlogged === undefined ? [] : logSequence(after, identity, identity.unlogged)),
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
  if (object.foreignOptions !== undefined) parts.push(optionsClause(object.foreignOptions).trim());
  if (object.compression !== null) parts.push(`COMPRESSION ${object.compression}`);
  if (object.collation !== null) parts.push(`COLLATE ${object.collation}`);
  if (object.identity !== null) parts.push(identityClause(object, object.identity));
  if (object.generated !== null) {
    const { expression, stored } = object.generated;
    parts.push(`GENERATED ALWAYS AS (${expression}) ${stored ? "STORED" : "VIRTUAL"}`);
  }
  if (object.default !== null && !context.postponed.has(refKey(object))) parts.push(`DEFAULT ${object.default}`);
  if (notNull) parts.push("NOT NULL");
  return parts.join(" ");
}

/** What CREATE TABLE cannot say, or says only in newer versions: storage, the statistics target, options. */
export function columnAlterations(
  object: ColumnObject,
  from: ColumnObject | null,
  { view }: PrintContext,
): Statement[] {
  const statements: Statement[] = [];
  if (object.storage !== (from?.storage ?? null))
    statements.push(statement(`${alterColumn(object)} SET STORAGE ${object.storage ?? ownStorage(object.type, view)}`));
  if (object.statisticsTarget !== null)
    statements.push(statement(`${alterColumn(object)} SET STATISTICS ${object.statisticsTarget}`));
  if (object.options !== undefined)
    statements.push(statement(`${alterColumn(object)} SET ${optionList(object.options)}`));
  if (object.identity?.unlogged !== undefined)
    statements.push(...logSequence(object, object.identity, object.identity.unlogged));
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
  const told = changedOptions(from.foreignOptions ?? {}, object.foreignOptions ?? {});
  // A partition takes over what its parent tells no wrapper: nothing.
  if (object.foreignOptions !== undefined && told !== "") statements.push(statement(`${alterColumn(object)}${told}`));
  return [...statements, ...columnAlterations(object, from, context)];
}
