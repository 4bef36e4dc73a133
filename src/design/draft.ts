import type { Brief, BriefEntity, BriefField, BriefPosition } from "../model/brief.ts";
import type { IndexKey } from "../model/catalog.ts";
import type { Decision } from "../model/decision.ts";
import { invalid } from "../model/error.ts";
import { ref, refKey } from "../model/ref.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import type { DraftColumn, DraftCheck, DraftTable, MovedField, Draft } from "./draft-model.ts";
import { entityVolumes } from "./entity-volumes.ts";
import { namespace, schemaName } from "./names.ts";
import { filteredFields } from "./paths.ts";

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
