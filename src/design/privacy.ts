import type { BriefEntity } from "../model/brief.ts";
import { columnNamed, columnOf, decide, fieldOf, partKeyOf, qualifiedTable, tableOf, tenantLead } from "./draft.ts";
import type { Draft, DraftColumn, DraftTable } from "./draft-model.ts";
import { baseType } from "./needs.ts";
import { listText, rowsText, withArticle } from "./figures.ts";
import { keyPlan } from "./keys.ts";
import { currentTenant, openToOperator } from "./row-security.ts";

const PERSONAL = new Set<string>(["personal", "special-category", "card-data"]);

// Values that many share (a state, a flag, an amount) tell about a person only where the brief says so of the field.
const COMMON = new Set<string>([
  "enum",
  "boolean",
  "integer",
  "bigint",
  "decimal",
  "money",
  "percent",
  "float",
  "currency",
  "language",
  "timezone",
]);

/** Columns of an entity's table that say something about a person. */
export function personalColumns(table: DraftTable): readonly DraftColumn[] {
  return table.columns.filter((column) => {
    if (column.origin === null || table.primaryKey.includes(column.name)) return false;
    const stated =
      table.entity?.fields.find((field) => `${table.entity?.name ?? ""}.${field.name}` === column.origin)
        ?.classification ?? null;
    return PERSONAL.has(column.classification) && (stated !== null || !COMMON.has(column.meaning));
  });
}

/** Explains how each classified value is kept, and adds a job for each way a person is forgotten. */
export function addPrivacy(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    const columns = personalColumns(table);
    const secrets = table.columns.filter((column) => column.classification === "secret" && column.origin !== null);
    if (secrets.length > 0) decideSecrets(draft, entity, table, secrets);
    if (entity.erase === "erase") addErasure(draft, entity, table, columns);
    else if (entity.erase === "anonymise" && columns.length > 0) addAnonymisation(draft, entity, table, columns);
    else if (columns.length > 0) decideKept(draft, entity, table, columns);
  }
}

function decideSecrets(draft: Draft, entity: BriefEntity, table: DraftTable, secrets: readonly DraftColumn[]): void {
  decide(draft, {
    id: `privacy/${entity.name}/secrets`,
    topic: "privacy",
    subject: listText(secrets.map((column) => `${entity.name}.${column.name}`)),
    choice: "stored as a hash",
    because: `The brief calls ${secrets.length === 1 ? "it" : "them"} secret. A password is stored as a salted slow hash (argon2id), a token as its SHA-256, which is looked up as fast: whoever reads a backup of ${rowsText(table.volume.horizon_rows)} rows can use none. The column's comment says so.`,
    alternatives: [
      {
        option: "encryption in the database",
        whyNot: "the key travels with each query, and shows in logs and pg_stat_activity",
      },
    ],
    objects: secrets.map((column) => partKeyOf(table, "column", column.name)),
    evidence: secrets.map((column) => `entities.${entity.name}.fields.${column.name}`),
  });
}

function decideKept(draft: Draft, entity: BriefEntity, table: DraftTable, columns: readonly DraftColumn[]): void {
  decide(draft, {
    id: `privacy/${entity.name}`,
    topic: "privacy",
    subject: listText(columns.map((column) => `${entity.name}.${column.name}`)),
    choice: entity.erase === "keep" ? "kept when a person is forgotten, as stated" : "marked; no erasure stated",
    because: `It is ${listText([...new Set(columns.map((column) => column.classification))])} data, in ${rowsText(table.volume.horizon_rows)} rows at the horizon. ${entity.erase === "keep" ? "The brief keeps it; a legal ground must say why." : "State erase: anonymise or erase for this entity once a request for erasure (GDPR, article 17) must reach it."} The comments of the columns carry the classification, for masking and exports.`,
    alternatives: [
      {
        option: "a schema of its own for personal data",
        whyNot: "a join for nearly every read; privileges by column reach as far",
      },
    ],
    objects: columns.map((column) => partKeyOf(table, "column", column.name)),
    evidence: [`entities.${entity.name}.fields`],
  });
}

// The row a request is about: by settings, so that one statement serves every request and, unset, touches nothing.
function whereKey(draft: Draft, table: DraftTable, names: readonly string[]): string {
  const { ident, literal } = draft.dialect;
  const tenants = tenantLead(draft, table).map((column) => `${ident(column)} = ${currentTenant(draft)}`);
  const subjects = names.map((column) => {
    const setting = literal(names.length === 1 ? "app.subject_id" : `app.subject_${column}`);
    return `${ident(column)} = (SELECT nullif(current_setting(${setting}, true), '')::${columnNamed(table, column).type})`;
  });
  return [...tenants, ...subjects].join("\n  AND ");
}

function historyOf(draft: Draft, table: DraftTable): DraftTable | undefined {
  return draft.tables.find((other) => other.role === "history" && other.recordOf === table);
}

function historyErasure(draft: Draft, table: DraftTable): string {
  const history = historyOf(draft, table);
  if (history === undefined) return "";
  openToOperator(draft, history, "SELECT", "DELETE");
  const lead = tenantLead(draft, history);
  const names = history.primaryKey.filter(
    (column) => !lead.includes(column) && columnOf(history, column)?.identity === null,
  );
  // Before the change itself, whose entry (without values) stays as the trace that it was done.
  return `DELETE FROM ${qualifiedTable(draft, history)} WHERE ${whereKey(draft, history, names)};\n`;
}

function addErasure(draft: Draft, entity: BriefEntity, table: DraftTable, columns: readonly DraftColumn[]): void {
  openToOperator(draft, table, "SELECT", "DELETE");
  const names = keyPlan(draft, entity).parts.map((part) => part.column);
  const children = draft.tables.flatMap((other) =>
    other.foreignKeys
      .filter((key) => key.target === table)
      .map((key) => ({ name: other.name, onDelete: key.onDelete })),
  );
  const blocking = [
    ...new Set(
      children
        .filter((child) => child.onDelete === "restrict" || child.onDelete === "no action")
        .map((child) => child.name),
    ),
  ];
  const going = [...new Set(children.filter((child) => child.onDelete === "cascade").map((child) => child.name))];
  const also = going.length > 0 ? ` ${listText(going)} ${going.length === 1 ? "goes" : "go"} with it.` : "";
  const blocked =
    blocking.length > 0
      ? ` ${listText(blocking)} ${blocking.length === 1 ? "holds" : "hold"} on to it (on delete restrict): they are erased or moved first, or the DELETE is refused.`
      : "";
  draft.jobs.push({
    name: `erase ${withArticle(entity.name)}`,
    every: `request for erasure, as ${draft.operatorRole}`,
    sql: `${historyErasure(draft, table)}DELETE FROM ${qualifiedTable(draft, table)} WHERE ${whereKey(draft, table, names)}`,
    because: `the brief erases ${withArticle(entity.name)} on request.${also}${blocked}`,
  });
  decidePlan(
    draft,
    entity,
    table,
    columns,
    `deleted on request${history(draft, table)}`,
    `Erasure removes the row.${also}${blocked} Backups forget it when they expire; a restore must run the requests again.`,
  );
}

const history = (draft: Draft, table: DraftTable): string =>
  historyOf(draft, table) === undefined ? "" : ", with its history";

function addAnonymisation(draft: Draft, entity: BriefEntity, table: DraftTable, columns: readonly DraftColumn[]): void {
  openToOperator(draft, table, "SELECT", "UPDATE");
  const names = keyPlan(draft, entity).parts.map((part) => part.column);
  const sets = columns
    .map((column) => `${draft.dialect.ident(column.name)} = ${neutral(draft, entity, table, column)}`)
    .join(",\n  ");
  draft.jobs.push({
    name: `anonymise ${withArticle(entity.name)}`,
    every: `request for erasure, as ${draft.operatorRole}`,
    sql: `${historyErasure(draft, table)}UPDATE ${qualifiedTable(draft, table)}\nSET ${sets}\nWHERE ${whereKey(draft, table, names)}`,
    because: `the brief anonymises ${withArticle(entity.name)} on request: references to it stay`,
  });
  decidePlan(
    draft,
    entity,
    table,
    columns,
    `overwritten on request${history(draft, table)}`,
    `The row stays, because others refer to it; ${listText(columns.map((column) => column.name))} ${columns.length === 1 ? "loses its" : "lose their"} content. Values that must be unique get one made from the key.`,
  );
}

function decidePlan(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  columns: readonly DraftColumn[],
  choice: string,
  because: string,
): void {
  decide(draft, {
    id: `privacy/${entity.name}`,
    topic: "privacy",
    subject: columns.length === 0 ? entity.name : listText(columns.map((column) => `${entity.name}.${column.name}`)),
    choice,
    because,
    alternatives: [
      entity.erase === "erase"
        ? { option: "anonymise", whyNot: `nothing needs ${withArticle(entity.name)} of nobody: the brief erases it` }
        : { option: "delete the row", whyNot: `the brief keeps ${withArticle(entity.name)} for what refers to it` },
    ],
    objects: columns.map((column) => partKeyOf(table, "column", column.name)),
    evidence: [`entities.${entity.name}.erase`],
  });
}

/** A value that says nothing about anybody and satisfies the column's type and checks. */
export function neutral(draft: Draft, entity: BriefEntity, table: DraftTable, column: DraftColumn): string {
  if (!column.notNull) {
    // Where a rule reads it together with others, what is there stays there and what is absent stays absent.
    if (!inCheck(table, column.name)) return "NULL";
    const value = neutral(draft, entity, table, { ...column, notNull: true });
    return `CASE WHEN ${draft.dialect.ident(column.name)} IS NOT NULL THEN ${value} END`;
  }
  const { ident, literal } = draft.dialect;
  const key = table.primaryKey.at(-1) ?? "id";
  const unique = [
    ...table.keys.map((one) => one.columns),
    ...table.indexes.filter((index) => index.unique).map((index) => index.keys.map((one) => one.column ?? "")),
  ].some((columns) => columns.includes(column.name));
  const own = `md5(${ident(key)}::text)`;
  const field = fieldOf(entity, (column.origin ?? "").split(".")[1] ?? "");
  const type = baseType(draft, column.type);
  if (column.meaning === "email") return `'erased-' || ${own} || '@example.invalid'`;
  if (column.meaning === "phone")
    return unique ? `'+1' || translate(left(${own}, 12), 'abcdef', '012345')` : literal("+10000000");
  if (column.meaning === "url") return `'https://example.invalid/' || ${own}`;
  if (column.meaning === "enum") return literal(field?.values[0] ?? "");
  if (column.meaning === "country") return literal("XX");
  if (column.meaning === "currency") return literal("XXX");
  if (column.meaning === "language") return literal("und");
  if (column.meaning === "timezone") return literal("UTC");
  if (column.meaning === "point" || /^(?:smallint|integer|bigint|numeric|double)/.test(type))
    return field?.range?.min ?? "0";
  if (type === "boolean") return "false";
  if (type === "date") return "date '1900-01-01'";
  if (type.startsWith("timestamp")) return "timestamptz '1900-01-01 00:00:00+00'";
  if (type.startsWith("time")) return "time '00:00'";
  if (type === "interval") return "interval '0'";
  if (type === "inet") return "inet '0.0.0.0'";
  if (type === "uuid") return "gen_random_uuid()";
  if (type === "jsonb") return "'{}'::jsonb";
  if (type === "bytea") return "''::bytea";
  if (type.endsWith("[]")) return `'{}'::${column.type}`;
  if (unique || column.meaning === "slug") return `left('erased-' || ${own}, ${field?.length ?? 32})`;
  return `left('erased', ${field?.length ?? 32})`;
}

const inCheck = (table: DraftTable, name: string): boolean =>
  table.checks.some((check) => check.columns.length > 1 && check.columns.includes(name));
