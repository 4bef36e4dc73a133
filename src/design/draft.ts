import type { Brief, BriefEntity, BriefField, BriefPosition, BriefRelation, OnDelete } from "../model/brief.ts";
import type { CatalogObject, ColumnObject, IndexKey } from "../model/catalog.ts";
import type { Decision } from "../model/decision.ts";
import type { DesignedColumn, DesignedJob, DesignedPartitions, DesignedQuery } from "../model/design.ts";
import { invalid } from "../model/error.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import { namespace, schemaName } from "./names.ts";
import type { Namespace } from "./names.ts";
import { filteredFields } from "./paths.ts";
import { entityVolumes } from "./entity-volumes.ts";
import type { DraftVolume } from "./entity-volumes.ts";

/*
 * The design while it is made. Each topic (keys, relations, indexes …) reads and extends it in turn;
 * `emit.ts` turns it into an immutable catalog at the end. Nothing outside `src/design` sees it.
 */

/** A column being designed. `width_bytes` is the average stored width of a value. */
export interface DraftColumn {
  readonly name: string;
  type: string;
  notNull: boolean;
  default: string | null;
  identity: ColumnObject["identity"];
  generated: ColumnObject["generated"];
  comment: string | null;
  readonly meaning: string;
  readonly origin: string | null;
  classification: DesignedColumn["classification"];
  readonly width_bytes: number;
  /** Types and functions it needs. */
  needs: RefKey[];
}

/** PRIMARY KEY or UNIQUE. `serves` says what it is for. */
export interface DraftKey {
  readonly name: string;
  readonly kind: "primary key" | "unique";
  columns: readonly string[];
  readonly deferrable: boolean;
  readonly nullsNotDistinct: boolean;
  /** Columns its index holds beside the key (INCLUDE). */
  readonly include: readonly string[];
}

/** A foreign key. */
export interface DraftForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly target: DraftTable;
  readonly targetColumns: readonly string[];
  readonly onDelete: OnDelete;
  /** For `set null`: the columns that become null (the tenant column never does). */
  readonly setNull: readonly string[];
  /** The relation of the brief, or null for what design added. */
  readonly relation: BriefRelation | null;
}

/** CHECK. */
export interface DraftCheck {
  readonly name: string;
  readonly expression: string;
  readonly columns: readonly string[];
}

/** EXCLUDE USING gist. `clause` is everything after EXCLUDE. */
export interface DraftExclusion {
  readonly name: string;
  readonly clause: string;
  readonly columns: readonly string[];
  readonly keys: readonly IndexKey[];
  readonly predicate: string | null;
}

/** An index that stands by itself (those behind keys and exclusions come with them). */
export interface DraftIndex {
  readonly name: string;
  readonly method: "btree" | "gin" | "brin" | "gist";
  readonly unique: boolean;
  readonly keys: readonly IndexKey[];
  readonly include: readonly string[];
  readonly predicate: string | null;
}

/** A row trigger. */
export interface DraftTrigger {
  readonly name: string;
  /** `BEFORE UPDATE OF title`. */
  readonly timing: string;
  /** `EXECUTE FUNCTION …`, with its WHEN before it. */
  readonly call: string;
  readonly needs: readonly RefKey[];
}

/** A row security policy. */
export interface DraftPolicy {
  readonly name: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/** What a table is there for. */
export type TableRole = "entity" | "junction" | "history" | "lookup" | "search" | "rollup";

/** A table being designed. */
export interface DraftTable {
  readonly schema: string;
  readonly name: string;
  readonly role: TableRole;
  /** The entity it holds, or the one it belongs to. */
  readonly entity: BriefEntity | null;
  /** For a history: the table whose changes it keeps. */
  recordOf: DraftTable | null;
  /** Whether each row belongs to one tenant. */
  readonly perTenant: boolean;
  comment: string | null;
  readonly columns: DraftColumn[];
  /** The columns of the primary key, in order; the tenant column first where there is one. */
  primaryKey: string[];
  readonly primaryKeyName: string;
  /** Columns the primary key's index holds beside the key (INCLUDE). */
  keyIncludes: readonly string[];
  readonly keys: DraftKey[];
  readonly foreignKeys: DraftForeignKey[];
  readonly checks: DraftCheck[];
  readonly exclusions: DraftExclusion[];
  readonly indexes: DraftIndex[];
  readonly triggers: DraftTrigger[];
  readonly policies: DraftPolicy[];
  /** Time column and interval of its range partitions. */
  partitions: { readonly column: string; readonly bounds: readonly DraftPartition[] } | null;
  /** Privileges of the application role, upper case. */
  readonly grants: Set<string>;
  readonly operatorGrants: Set<string>;
  volume: DraftVolume;
  readonly constraintNames: Namespace;
}

/** One partition. */
export interface DraftPartition {
  readonly name: string;
  readonly bound: string;
}

/** One end of a junction: the entity, and the columns that refer to it (without the tenant's). */
export interface JunctionEnd {
  readonly entity: string;
  /** How patterns call the collection seen from the other end. */
  readonly names: readonly string[];
  readonly columns: readonly string[];
}

/** A many-to-many relationship as built. */
export interface Junction {
  readonly table: DraftTable;
  readonly ends: readonly [JunctionEnd, JunctionEnd];
}

/** What a field is stored as. `checks` are conditions with `$` for the quoted column. */
export interface FieldStorage {
  readonly type: string;
  readonly needs: readonly RefKey[];
  readonly width_bytes: number;
  readonly checks: readonly string[];
  /** The table of allowed values, for long enumerations. */
  readonly lookup: DraftTable | null;
}

/** A field moved to another table by normalisation, with the columns that lead there. */
export interface MovedField {
  readonly entity: string;
  readonly from: readonly string[];
}

/** Everything known so far. */
export interface Draft {
  readonly brief: Brief;
  readonly dialect: Dialect;
  /** `YYYY-MM-DD`: partitions are made around this day. */
  readonly today: string;
  readonly schema: string;
  /** Where the tables of one tenant live; the main schema except with a schema per tenant. */
  readonly tenantSchema: string;
  readonly applicationRole: string;
  readonly operatorRole: string;
  readonly entities: ReadonlyMap<string, BriefEntity>;
  readonly tables: DraftTable[];
  readonly entityTables: Map<string, DraftTable>;
  readonly decisions: Decision[];
  readonly jobs: DesignedJob[];
  readonly queries: DesignedQuery[];
  readonly partitions: DesignedPartitions[];
  /** Types, functions, extensions, views: what is no table. */
  readonly objects: CatalogObject[];
  /** `entity` then `field`: where normalisation took a field. */
  readonly moved: ReadonlyMap<string, ReadonlyMap<string, MovedField>>;
  readonly relationNames: ReadonlyMap<string, Namespace>;
  /** What each field (`entity.field`) is stored as, once asked for. */
  readonly fieldTypes: Map<string, FieldStorage>;
  /** `entity.field` of every field that a pattern filters by. */
  readonly filtered: ReadonlySet<string>;
  readonly volumes: ReadonlyMap<string, DraftVolume>;
  readonly junctions: Junction[];
  operatorNeeded: boolean;
}

/** Starts a draft from a brief whose entities are final. */
export function newDraft(
  brief: Brief,
  dialect: Dialect,
  today: string,
  moved: ReadonlyMap<string, ReadonlyMap<string, MovedField>>,
): Draft {
  const schema = schemaName(brief.name, dialect.identifierBytesMax);
  const tenantSchema = brief.tenancy?.model === "schema-per-tenant" ? "tenant_template" : schema;
  const names = new Map([schema, tenantSchema].map((name) => [name, namespace(dialect.identifierBytesMax)]));
  const entities = new Map<string, BriefEntity>();
  const folded = new Map<string, BriefEntity>();
  for (const entity of brief.entities) {
    const same = folded.get(entity.name.toLowerCase());
    if (same !== undefined) {
      throw problemAt(
        brief,
        entity.at,
        `the entity ${entity.name} has the name of another one (line ${same.at.line})`,
        {
          expected: "names that differ by more than upper and lower case",
        },
      );
    }
    folded.set(entity.name.toLowerCase(), entity);
    entities.set(entity.name, entity);
    // Tables come first, so that no type or helper table takes an entity's name.
    for (const space of names.values()) space.claim(entity.name);
  }
  return {
    brief,
    dialect,
    today,
    schema,
    tenantSchema,
    applicationRole: `${schema}_app`,
    operatorRole: `${schema}_operator`,
    entities,
    tables: [],
    entityTables: new Map(),
    decisions: [],
    jobs: [],
    queries: [],
    partitions: [],
    objects: [],
    moved,
    relationNames: names,
    fieldTypes: new Map(),
    filtered: filteredFields(brief, entities),
    volumes: entityVolumes(brief, entities),
    junctions: [],
    operatorNeeded: false,
  };
}

/** An `invalid` error that points into the brief. */
export function problemAt(
  brief: Brief,
  at: BriefPosition,
  what: string,
  more: { readonly expected?: string; readonly mend?: string } = {},
): Error {
  return invalid({ what, where: `${brief.file}:${at.line}:${at.column} (${at.path})`, ...more });
}

/** Claims a name for a table, index, view or type in a schema. */
export function claimName(draft: Draft, schema: string, wanted: string): string {
  const space = draft.relationNames.get(schema);
  if (space === undefined) throw new Error(`no such schema in the draft: ${schema}`);
  return space.claim(wanted);
}

/** Adds an empty table. */
export function addTable(
  draft: Draft,
  table: Pick<DraftTable, "name" | "role" | "entity" | "perTenant" | "comment" | "volume">,
): DraftTable {
  const schema = table.perTenant ? draft.tenantSchema : draft.schema;
  const made: DraftTable = {
    ...table,
    schema,
    recordOf: null,
    columns: [],
    primaryKey: [],
    keyIncludes: [],
    primaryKeyName: claimName(draft, schema, `${table.name}_pk`),
    keys: [],
    foreignKeys: [],
    checks: [],
    exclusions: [],
    indexes: [],
    triggers: [],
    policies: [],
    partitions: null,
    grants: new Set(["SELECT", "INSERT", "UPDATE", "DELETE"]),
    operatorGrants: new Set(),
    constraintNames: namespace(draft.dialect.identifierBytesMax),
  };
  draft.tables.push(made);
  return made;
}

type ColumnSeed = Pick<DraftColumn, "name" | "type" | "meaning" | "width_bytes"> & Partial<DraftColumn>;

/** Adds a column; throws `invalid` when the table has one of that name already. */
export function addColumn(draft: Draft, table: DraftTable, column: ColumnSeed, at?: BriefPosition): DraftColumn {
  if (columnOf(table, column.name) !== undefined) {
    const where = at ?? table.entity?.at ?? { path: "", line: 1, column: 1 };
    throw problemAt(draft.brief, where, `the table ${table.name} would have two columns called ${column.name}`, {
      expected: "fields and relations that do not take the name of a column dbwright adds",
      mend: "rename the field or the relation",
    });
  }
  const made: DraftColumn = {
    notNull: true,
    default: null,
    identity: null,
    generated: null,
    comment: null,
    origin: null,
    classification: table.entity?.classification ?? "internal",
    needs: [],
    ...column,
  };
  table.columns.push(made);
  return made;
}

/** The column of that name. */
export function columnOf(table: DraftTable, name: string): DraftColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

/** A name no column of the table has yet: the wanted one, or that with a number. */
export function freeName(table: DraftTable, wanted: string): string {
  let name = wanted;
  for (let number = 2; columnOf(table, name) !== undefined; number++) name = `${wanted}_${number}`;
  return name;
}

/** The column of that name, which must exist. */
export function columnNamed(table: DraftTable, name: string): DraftColumn {
  const found = columnOf(table, name);
  if (found === undefined) throw new Error(`the draft table ${table.name} has no column ${name}`);
  return found;
}

/** The table of an entity, which must exist. */
export function tableOf(draft: Draft, entity: string): DraftTable {
  const found = draft.entityTables.get(entity);
  if (found === undefined) throw new Error(`no table was made for the entity ${entity}`);
  return found;
}

/** The columns as a quoted list: `organisation_id, id`. */
export function quotedList(draft: Draft, columns: readonly string[]): string {
  return columns.map((column) => draft.dialect.ident(column)).join(", ");
}

/** The table's name, qualified and quoted. */
export function qualifiedTable(draft: Draft, table: DraftTable): string {
  return draft.dialect.qualified(table.schema, table.name);
}

/** The key of a table in the catalog. */
export function tableKeyOf(table: DraftTable): RefKey {
  return refKey(ref("table", table.name, { schema: table.schema }));
}

/** The key of something that hangs on a table. */
export function partKeyOf(table: DraftTable, kind: "column" | "constraint" | "index" | "policy", name: string): RefKey {
  return refKey(ref(kind, name, { schema: table.schema, table: table.name }));
}

/** The tenant column's name, or null where tables have none. */
export function tenantColumn(draft: Draft): string | null {
  return draft.brief.tenancy?.model === "shared-schema" ? `${draft.brief.tenancy.tenant}_id` : null;
}

/** The tenant column of a table as a list of one, or an empty list. */
export function tenantLead(draft: Draft, table: DraftTable): readonly string[] {
  const column = tenantColumn(draft);
  return column !== null && table.perTenant && columnOf(table, column) !== undefined ? [column] : [];
}

/** Adds a unique constraint; the tenant column leads where `columns` says so. Returns its name. */
export function addUnique(
  draft: Draft,
  table: DraftTable,
  columns: readonly string[],
  options: { readonly deferrable?: boolean } = {},
): string {
  const same = [{ name: table.primaryKeyName, columns: table.primaryKey }, ...table.keys].find(
    (key) => key.columns.length === columns.length && key.columns.every((column) => columns.includes(column)),
  );
  if (same !== undefined) return same.name;
  const bare = columns.filter((column) => column !== tenantColumn(draft) || columns.length === 1);
  const name = claimName(draft, table.schema, `${table.name}_${bare.join("_")}_uq`);
  table.constraintNames.claim(name);
  table.keys.push({
    name,
    kind: "unique",
    columns,
    deferrable: options.deferrable ?? false,
    nullsNotDistinct: false,
    include: [],
  });
  return name;
}

/** Adds a check constraint named after the columns it reads. */
export function addCheck(
  table: DraftTable,
  expression: string,
  columns: readonly string[],
  stem: string = columns.join("_"),
): DraftCheck {
  const name = table.constraintNames.claim(`${table.name}_${stem}_ck`);
  const check = { name, expression, columns };
  table.checks.push(check);
  return check;
}

/** A plain ascending key over a column. */
export function indexKey(column: string, order: "asc" | "desc" = "asc"): IndexKey {
  return { column, expression: null, opclass: null, collation: null, order, nulls: order === "asc" ? "last" : "first" };
}

/** Notes a decision. */
export function decide(draft: Draft, decision: Decision): void {
  draft.decisions.push(decision);
}

/** A field of an entity, or undefined. */
export function fieldOf(entity: BriefEntity, name: string): BriefField | undefined {
  return entity.fields.find((field) => field.name === name);
}
