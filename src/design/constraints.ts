import type { BriefEntity, BriefRule, FieldType } from "../model/brief.ts";
import type { IndexKey } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import {
  addCheck,
  addUnique,
  claimName,
  decide,
  fieldOf,
  indexKey,
  partKeyOf,
  problemAt,
  tableOf,
  tenantColumn,
  tenantLead,
} from "./draft.ts";
import type { Draft, DraftCheck, DraftTable } from "./draft-model.ts";
import { bindExpression, ownColumn, relationColumns } from "./expressions.ts";
import { fieldColumns } from "./fields.ts";
import { addFieldUniques } from "./tables.ts";

/** Adds the constraints of every stated rule, and the uniqueness of fields and stated keys. */
export async function addConstraints(draft: Draft): Promise<void> {
  addFieldUniques(draft, (table, columns, perTenant) => unique(draft, table, columns, perTenant));
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    for (const rule of entity.rules) {
      if (rule.kind === "check") await addRule(draft, table, entity, rule);
      else if (rule.kind === "unique") await addUniqueRule(draft, table, entity, rule);
      else addNoOverlap(draft, table, entity, rule);
    }
  }
  for (const { table } of draft.junctions) {
    for (const field of table.entity?.fields ?? []) {
      if (field.unique !== null) unique(draft, table, fieldColumns(draft, field), field.unique === "per-tenant");
    }
  }
}

function unique(draft: Draft, table: DraftTable, columns: readonly string[], perTenant: boolean): void {
  const lead = perTenant ? tenantLead(draft, table).filter((column) => !columns.includes(column)) : [];
  const wanted = [...lead, ...columns];
  const tenant = tenantColumn(draft);
  const subject = `${table.name}.${columns.join("_")}`;
  const before = table.keys.length + table.indexes.length;
  const { name, kind } = addUniqueness(draft, table, wanted);
  // Stated twice, or the key already.
  if (table.keys.length + table.indexes.length === before) return;
  const leaks = !perTenant && tenantLead(draft, table).length > 0;
  decide(draft, {
    id: `constraint/${table.name}/${name}`,
    topic: "constraint",
    subject,
    choice:
      kind === "index"
        ? `unique among rows that are not deleted: ${wanted.join(", ")}`
        : `unique (${wanted.join(", ")})`,
    because: leaks
      ? `The brief states it as unique everywhere. One tenant can therefore find out, by trying, that a value exists with another: the price of one namespace for all.`
      : lead.length > 0
        ? `Unique within one ${draft.brief.tenancy?.tenant ?? "tenant"}: ${tenant ?? ""} leads, so the same value may stand with every tenant and nobody learns of another's.`
        : "Two rows with one value are refused by the database itself, also when two writers come at once.",
    alternatives: [
      { option: "a check in the application", whyNot: "two requests at once both find no row, and both insert" },
    ],
    objects: [partKeyOf(table, kind === "index" ? "index" : "constraint", name)],
    evidence: [`entities.${table.entity?.name ?? table.name}`],
  });
}

// Deleted rows do not hold their values: the rule is then an index with a predicate, which a constraint cannot have.
function addUniqueness(
  draft: Draft,
  table: DraftTable,
  columns: readonly string[],
): { readonly name: string; readonly kind: "constraint" | "index" } {
  if (table.entity?.softDelete !== true || table.role !== "entity") {
    return { name: addUnique(draft, table, columns), kind: "constraint" };
  }
  const predicate = `${draft.dialect.ident("deleted_at")} IS NULL`;
  return { name: addUniqueIndex(draft, table, columns, predicate), kind: "index" };
}

function addUniqueIndex(draft: Draft, table: DraftTable, columns: readonly string[], predicate: string): string {
  const same = table.indexes.find(
    (index) =>
      index.unique &&
      index.predicate === predicate &&
      index.keys.length === columns.length &&
      columns.every((column, at) => index.keys[at]?.column === column),
  );
  if (same !== undefined) return same.name;
  const bare = columns.filter((column) => column !== tenantColumn(draft));
  const name = claimName(draft, table.schema, `${table.name}_${bare.join("_")}_uq`);
  const keys = columns.map((column) => indexKey(column));
  table.indexes.push({ name, method: "btree", unique: true, keys, include: [], predicate });
  return name;
}

async function addRule(
  draft: Draft,
  table: DraftTable,
  entity: BriefEntity,
  rule: Extract<BriefRule, { kind: "check" }>,
): Promise<void> {
  const bound = await bindExpression(draft, table, entity, rule.expression, rule.at);
  const implied = impliedBy(table, bound.sql);
  const check =
    implied === undefined
      ? addCheck(table, bound.sql, bound.columns, bound.columns.length === 0 ? "rule" : bound.columns.join("_"))
      : { name: implied.name, expression: bound.sql, columns: bound.columns };
  if (implied !== undefined) table.checks[table.checks.indexOf(implied)] = check;
  decide(draft, {
    id: `constraint/${table.name}/${check.name}`,
    topic: "constraint",
    subject: entity.name,
    choice: `CHECK (${bound.sql})`,
    because: `${rule.about === null ? "An invariant of the brief." : sentence(rule.about)} The database refuses a row that breaks it, whoever writes; where it comes out as null, a CHECK lets it pass.`,
    alternatives: [
      {
        option: "validation in the application",
        whyNot: "holds for one program, not for imports, scripts and the next program",
      },
    ],
    objects: [partKeyOf(table, "constraint", check.name)],
    evidence: [rule.at.path],
  });
}

const sentence = (text: string): string => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

// `amount > 0` says all that `amount >= 0`, made from a range, would say, and takes its place.
function impliedBy(table: DraftTable, stated: string): DraftCheck | undefined {
  const [, column, sign, limit] = /^\s*("?[a-z_][a-z0-9_]*"?)\s*([<>])\s*(-?\d+(?:\.\d+)?)\s*$/.exec(stated) ?? [];
  if (column === undefined) return undefined;
  return table.checks.find((check) => check.expression === `${column} ${sign ?? ""}= ${limit ?? ""}`);
}

function columnsNamed(
  draft: Draft,
  table: DraftTable,
  entity: BriefEntity,
  names: readonly string[],
  rule: BriefRule,
): string[] {
  return names.flatMap((name) => {
    const field = fieldOf(entity, name);
    if (field !== undefined) return fieldColumns(draft, field);
    const related = relationColumns(table, entity, name);
    if (related.length > 0) return related;
    const own = ownColumn(draft, table, entity, name);
    if (own !== null) return [own];
    throw problemAt(draft.brief, rule.at, `the rule of ${entity.name} names ${name}, which is no field of it`, {
      expected: "fields and references of the entity",
    });
  });
}

async function addUniqueRule(
  draft: Draft,
  table: DraftTable,
  entity: BriefEntity,
  rule: Extract<BriefRule, { kind: "unique" }>,
): Promise<void> {
  const columns = columnsNamed(draft, table, entity, rule.fields, rule);
  if (columns.length === 0) return;
  const lead = tenantLead(draft, table).filter((column) => !columns.includes(column));
  if (rule.where === null) return unique(draft, table, columns, true);
  const bound = await bindExpression(draft, table, entity, rule.where, rule.at);
  const alive =
    entity.softDelete && !bound.columns.includes("deleted_at")
      ? ` AND ${draft.dialect.ident("deleted_at")} IS NULL`
      : "";
  const before = table.indexes.length;
  const name = addUniqueIndex(draft, table, [...lead, ...columns], `(${bound.sql})${alive}`);
  if (table.indexes.length === before) return;
  decide(draft, {
    id: `constraint/${table.name}/${name}`,
    topic: "constraint",
    subject: entity.name,
    choice: `unique (${[...lead, ...columns].join(", ")}) where ${bound.sql}`,
    because:
      "The rule holds for some rows only: a unique index with that predicate holds it, and contains no other rows.",
    alternatives: [{ option: "a unique constraint", whyNot: "would also refuse rows that the rule does not speak of" }],
    objects: [partKeyOf(table, "index", name)],
    evidence: [rule.at.path],
  });
}

const RANGES: Partial<Record<FieldType, string>> = {
  instant: "tstzrange",
  date: "daterange",
  integer: "int8range",
  bigint: "int8range",
  decimal: "numrange",
  money: "numrange",
  percent: "numrange",
};

function addNoOverlap(
  draft: Draft,
  table: DraftTable,
  entity: BriefEntity,
  rule: Extract<BriefRule, { kind: "no-overlap" }>,
): void {
  const [from, to] = [rule.from, rule.to].map((name) => fieldOf(entity, name));
  const range = from === undefined ? undefined : RANGES[from.type];
  if (from === undefined || to === undefined || range === undefined || from.type !== to.type) {
    throw problemAt(
      draft.brief,
      rule.at,
      `no overlap of (${rule.from}, ${rule.to}) needs two fields of ${entity.name} of one type`,
      {
        expected: `two fields of type ${Object.keys(RANGES).join(", ")}`,
      },
    );
  }
  const columns = columnsNamed(draft, table, entity, rule.per, rule);
  const lead = tenantLead(draft, table).filter((column) => !columns.includes(column));
  const equal = [...lead, ...columns];
  const { ident } = draft.dialect;
  const cast = range === "int8range" ? "::bigint" : "";
  const bounds = `${range}(${ident(from.name)}${cast}, ${ident(to.name)}${cast})`;
  const keys: IndexKey[] = [
    ...equal.map((column) => indexKey(column)),
    { column: null, expression: bounds, opclass: null, collation: null, order: "asc", nulls: "last" },
  ];
  const predicate = entity.softDelete ? `${ident("deleted_at")} IS NULL` : null;
  const parts = [...equal.map((column) => `${ident(column)} WITH =`), `${bounds} WITH &&`].join(", ");
  const name = claimName(draft, table.schema, `${table.name}_${[...columns, from.name, to.name].join("_")}_ex`);
  table.constraintNames.claim(name);
  const clause = `USING gist (${parts})${predicate === null ? "" : ` WHERE (${predicate})`}`;
  table.exclusions.push({ name, clause, columns: [...equal, from.name, to.name], keys, predicate });
  if (equal.length > 0) extension(draft, "btree_gist");
  decide(draft, {
    id: `constraint/${table.name}/${name}`,
    topic: "constraint",
    subject: entity.name,
    choice: `exclusion: no two rows of one ${rule.per.join(", ") || entity.name} overlap in ${range}(${rule.from}, ${rule.to})`,
    because: `The brief forbids it, and only the database sees two writers at once. An open end (null) reaches to infinity, so one ${rule.per.join(", ") || entity.name} has one open row at most.${lead.length > 0 ? ` ${lead[0] ?? ""} leads, so the check reads one tenant's part of the index.` : ""}${equal.length > 0 ? " Equality in a GiST index comes from btree_gist, which is part of PostgreSQL." : ""}`,
    alternatives: [
      {
        option: "a query before each insert",
        whyNot: "two requests at once both find nothing, unless both run serializable",
      },
      {
        option: "WITHOUT OVERLAPS",
        whyNot: "PostgreSQL 18 has it for keys over a stored range column; here the bounds are two columns",
      },
    ],
    objects: [partKeyOf(table, "constraint", name)],
    evidence: [rule.at.path],
  });
}

// The versions that come with each major (share/extension/*.control).
const VERSIONS: Record<"btree_gist" | "btree_gin", (major: number) => string> = {
  btree_gist: (major) => (major >= 18 ? "1.8" : "1.7"),
  btree_gin: () => "1.3",
};

/** Adds an extension to the design, once, in the main schema; both are trusted: no superuser is needed. */
export function extension(draft: Draft, name: "btree_gist" | "btree_gin"): void {
  if (draft.objects.some((object) => object.kind === "extension" && object.name === name)) return;
  draft.objects.push({
    ...ref("extension", name, { schema: draft.schema }),
    kind: "extension",
    comment: null,
    dependsOn: [refKey(ref("schema", draft.schema))],
    version: VERSIONS[name](draft.brief.engine.major),
  });
}
