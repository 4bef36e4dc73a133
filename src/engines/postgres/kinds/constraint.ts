import type { CatalogView } from "../../../model/catalog-view.ts";
import type { ConstraintObject, ReferentialAction } from "../../../model/catalog.ts";
import { memberKey, ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { canonical, canonicalOrNull } from "../canonical.ts";
import { objectName } from "../object-name.ts";
import type { Statement } from "../../../model/statement.ts";
import { commentOn, ident, identList, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, notOfExtension, numbersOf, objectKind } from "./kind.ts";
import type { Alteration, ColumnFacts, ObjectKind, Reading, RelationFacts } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly name: string;
  readonly type: string;
  /** Null for a plain foreign key. */
  readonly definition: string | null;
  readonly columns: string | null;
  readonly ref_relation: number;
  readonly ref_schema: string | null;
  readonly ref_table: string | null;
  readonly ref_columns: string | null;
  readonly ref_names: readonly (string | null)[] | null;
  readonly on_update: string;
  readonly on_delete: string;
  readonly validated: boolean;
  readonly enforced: boolean;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  readonly no_inherit: boolean;
  readonly local: boolean;
  readonly inherited: boolean;
  readonly comment: string | null;
}

// A check's text is its expression between these words: to print it once more takes the server as long again.
const CHECK = /^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT ENFORCED| NOT VALID)?$/s;

const expressionOf = (definition: string): string | null => canonicalOrNull(CHECK.exec(definition)?.[1] ?? null);

const TYPES: Readonly<Record<string, ConstraintObject["type"]>> = {
  p: "primary key",
  u: "unique",
  c: "check",
  f: "foreign key",
  x: "exclusion",
  n: "not null",
};

const ACTIONS: Readonly<Record<string, ReferentialAction>> = {
  a: "no action",
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
};

// Before version 18 a NOT NULL has no catalog entry: only what a plain NOT NULL does not say is a fact.
function saysMoreThanNotNull(row: Row, table: RelationFacts): boolean {
  if (!row.local) return false;
  if (row.no_inherit || !row.validated || row.comment !== null) return true;
  const column = table.columns.get(numbersOf(row.columns)[0] ?? 0)?.name ?? "";
  return row.name !== objectName(table.name, column, "not_null");
}

function factsOf(numbers: string | null, table: RelationFacts): ColumnFacts[] {
  const facts: ColumnFacts[] = [];
  for (const number of numbersOf(numbers)) {
    const column = table.columns.get(number);
    if (column !== undefined) facts.push(column);
  }
  return facts;
}

function referencesOf(row: Row, reading: Reading): ConstraintObject["references"] {
  if (row.type !== "f" || row.ref_schema === null || row.ref_table === null) return null;
  const known = reading.relations.get(row.ref_relation)?.columns;
  const columns = numbersOf(row.ref_columns).map(
    (number, index) => known?.get(number)?.name ?? row.ref_names?.[index] ?? "",
  );
  return {
    schema: row.ref_schema,
    table: row.ref_table,
    columns,
    onUpdate: ACTIONS[row.on_update] ?? "no action",
    onDelete: ACTIONS[row.on_delete] ?? "no action",
  };
}

// What pg_get_constraintdef prints of a foreign key without MATCH FULL and columns to set (ruleutils.c).
function foreignKeyText(row: Row, columns: readonly string[], references: ConstraintObject["references"]): string {
  if (references === null) return "";
  const { schema, table, columns: others, onUpdate, onDelete } = references;
  let text = `FOREIGN KEY (${identList(columns)}) REFERENCES ${qualified(schema, table)}(${identList(others)})`;
  if (onUpdate !== "no action") text += ` ON UPDATE ${onUpdate.toUpperCase()}`;
  if (onDelete !== "no action") text += ` ON DELETE ${onDelete.toUpperCase()}`;
  if (row.deferrable) text += " DEFERRABLE";
  if (row.deferred) text += " INITIALLY DEFERRED";
  if (!row.enforced) return `${text} NOT ENFORCED`;
  return row.validated ? text : `${text} NOT VALID`;
}

const tableOf = (object: ConstraintObject): string => qualified(object.schema, object.table);

const MEANING = [
  "type",
  "columns",
  "references",
  "expression",
  "definition",
  "validated",
  "deferrable",
  "initiallyDeferred",
  "enforced",
] as const satisfies readonly (keyof ConstraintObject)[];

// The clauses that do not say what must hold, but when it is looked at: at the end, in this order.
const TIMING = /(?: NO INHERIT)?(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?(?: NOT ENFORCED| NOT VALID)?$/;

const plainDefinition = ({ definition }: ConstraintObject): string => definition.replace(TIMING, "");

const isBoundToParent = ({ definition }: ConstraintObject): boolean => !/ NO INHERIT( NOT VALID)?$/.test(definition);

// What ALTER CONSTRAINT can do: when a foreign key is looked at, and whether NOT NULL goes to children (18).
function reset(before: ConstraintObject, after: ConstraintObject): string | null {
  const name = ident(after.name);
  if (after.type === "foreign key") {
    const enforced = after.enforced ?? true;
    // Enforcing looks at the rows that are there; what was checked is checked still.
    if (before.validated !== after.validated && (before.enforced ?? true) === enforced) return null;
    if ((before.enforced ?? true) !== enforced && after.validated !== enforced) return null;
    const words = [
      ...(after.deferrable ? ["DEFERRABLE"] : ["NOT DEFERRABLE"]),
      ...(after.deferrable ? [after.initiallyDeferred ? "INITIALLY DEFERRED" : "INITIALLY IMMEDIATE"] : []),
      ...((before.enforced ?? true) === enforced ? [] : [enforced ? "ENFORCED" : "NOT ENFORCED"]),
    ];
    return `ALTER CONSTRAINT ${name} ${words.join(" ")}`;
  }
  if (after.type !== "not null" || before.validated !== after.validated) return null;
  return `ALTER CONSTRAINT ${name} ${isBoundToParent(after) ? "" : "NO "}INHERIT`;
}

// Validated or reset where only that differs; else one statement drops it and adds it again, so that it never lacks.
function alterMeaning({ before, after }: Alteration<"constraint">): Statement[] {
  const alterTable = `ALTER TABLE ${tableOf(after)}`;
  const name = ident(after.name);
  if (plainDefinition(before) === plainDefinition(after)) {
    const onlyValid =
      !before.validated && after.validated && before.definition.replace(/ NOT VALID$/, "") === after.definition;
    if (onlyValid) return [statement(`${alterTable} VALIDATE CONSTRAINT ${name}`)];
    const change = reset(before, after);
    if (change !== null) return [statement(`${alterTable} ${change}`)];
  }
  return [
    statement(`${alterTable} DROP CONSTRAINT ${name}, ADD ${constraintClause(after)}`),
    ...constraintComment(after),
  ];
}

/** Constraints of tables. Those of domains belong to the domain. */
export const constraint: ObjectKind<"constraint"> = objectKind<"constraint", Row>({
  kind: "constraint",
  query: (version) => `
    select k.oid, k.conrelid as relation, k.conname as name, k.contype as type,
      -- A plain foreign key between tables that are read is put together here, which takes the server longer.
      case when k.contype <> 'f' or k.confmatchtype <> 's' or k.confdelsetcols is not null ${version < 180000 ? "" : "or k.conperiod"}
        or $1::text[] is not null or not (k.confrelid >= 16384 and ${notOfExtension(CLASS.relation, "k.confrelid")})
      then pg_get_constraintdef(k.oid) end as definition, k.conkey as columns,
      k.confrelid as ref_relation, fn.nspname as ref_schema, fc.relname as ref_table, k.confkey as ref_columns,
      -- Only a catalog of some schemas meets a table whose columns it has not read.
      case when k.contype = 'f' and $1::text[] is not null then (
        select array_agg(fa.attname order by u.position) from unnest(k.confkey) with ordinality u (number, position)
        join pg_attribute fa on fa.attrelid = k.confrelid and fa.attnum = u.number) end as ref_names,
      k.confupdtype as on_update, k.confdeltype as on_delete, k.convalidated as validated,
      ${version < 180000 ? "true" : "k.conenforced"} as enforced,
      k.condeferrable as deferrable, k.condeferred as deferred, k.connoinherit as no_inherit,
      k.conislocal as local, k.coninhcount > 0 and not k.conislocal as inherited, d.description as comment
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_class fc on fc.oid = k.confrelid
    left join pg_namespace fn on fn.oid = fc.relnamespace
    -- A foreign key to a partitioned table has inner copies, one for each partition it points to.
    left join pg_constraint p on p.oid = k.conparentid and k.conparentid <> 0
    ${version < 180000 ? "" : NOT_NULL_COLUMN}
    ${joinComment(CLASS.constraint, "k.oid")}
    where c.relkind in ('r', 'p', 'f') and k.contype in ('p', 'u', 'c', 'f', 'x', 'n')
      and p.conrelid is distinct from k.conrelid
      ${version < 180000 ? "" : NOT_NULL_FILTER}
      and ${inScope("n")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    const type = TYPES[row.type];
    if (table === undefined || type === undefined) return null;
    if (type === "not null" && !saysMoreThanNotNull(row, table)) return null;
    const own = memberKey("constraint", table.key, row.name);
    reading.own(own);
    reading.identify(CLASS.constraint, row.oid, own);
    const columns = factsOf(row.columns, table);
    const names = columns.map((column) => column.name);
    const references = referencesOf(row, reading);
    const definition = row.definition === null ? foreignKeyText(row, names, references) : canonical(row.definition);
    const dependsOn: RefKey[] = [table.key, ...columns.map((column) => column.key)];
    const target = reading.relations.get(row.ref_relation);
    if (target !== undefined)
      dependsOn.push(target.key, ...factsOf(row.ref_columns, target).map((column) => column.key));
    return {
      kind: "constraint",
      schema: table.schema,
      table: table.name,
      name: row.name,
      signature: "",
      type,
      definition,
      columns: names,
      references,
      expression: type === "check" ? expressionOf(row.definition ?? "") : null,
      validated: row.validated,
      deferrable: row.deferrable,
      initiallyDeferred: row.deferred,
      inherited: row.inherited,
      ...(row.enforced ? {} : { enforced: false as const }),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object, context) {
    if (object.inherited && !isKey(object) && object.type !== "foreign key") return constraintComment(object);
    const alone = context.partedIndexes.has(indexKey(object)) || isIncomplete(object, context.view);
    const only = alone ? "ONLY " : "";
    const add = `ALTER TABLE ${only}${tableOf(object)} ADD ${constraintClause(object)}`;
    return [statement(add), ...constraintComment(object)];
  },
  drop: (object) => [statement(`ALTER TABLE ${tableOf(object)} DROP CONSTRAINT ${ident(object.name)}`)],
  alter: alterBy("constraint", {
    ...inOne(MEANING, alterMeaning),
    comment: ({ after }) => [setComment(`CONSTRAINT ${ident(after.name)} ON ${tableOf(after)}`, after.comment)],
  }),
});

// The common case is filtered where the rows are: nearly every NOT NULL has its default name. A partition's that is its
// parent's, too, is the parent's: a primary key that is added to the partition alone, as pg_dump does, makes it its own
// besides, attaching makes it the parent's alone, and no statement does either by itself.
const NOT_NULL_COLUMN = `left join pg_attribute na on k.contype = 'n' and na.attrelid = k.conrelid and na.attnum = k.conkey[1]`;
const NOT_NULL_FILTER = `and (k.contype <> 'n' or k.conislocal and not (c.relispartition and k.coninhcount > 0) and (k.connoinherit or not k.convalidated
        or d.description is not null or k.conname <> c.relname || '_' || na.attname || '_not_null'))`;

/** Whether an index stands behind the constraint. */
export function isKey(object: ConstraintObject): boolean {
  return object.type === "primary key" || object.type === "unique" || object.type === "exclusion";
}

/** The key of the index behind a constraint: it always bears the constraint's name. */
export function indexKey(object: ConstraintObject): RefKey {
  return refKey(ref("index", object.name, { schema: object.schema, table: object.table }));
}

/** Whether a partitioned table has the key and a partition of it has none, so that its index is not valid. */
export function isIncomplete(object: ConstraintObject, view: CatalogView): boolean {
  const index = view.get(indexKey(object));
  return index?.kind === "index" && !index.valid;
}

/** `CONSTRAINT name definition`, for CREATE TABLE and ALTER TABLE … ADD. */
export function constraintClause(object: ConstraintObject): string {
  return `CONSTRAINT ${ident(object.name)} ${object.definition}`;
}

/** The statement that sets the constraint's comment, if it has one. */
export function constraintComment(object: ConstraintObject): ReturnType<typeof commentOn> {
  return commentOn(`CONSTRAINT ${ident(object.name)} ON ${tableOf(object)}`, object.comment);
}
