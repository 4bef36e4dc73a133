import type { BriefEntity, BriefRetention } from "../model/brief.ts";
import {
  claimName,
  columnNamed,
  columnOf,
  decide,
  indexKey,
  partKeyOf,
  qualifiedTable,
  tableKeyOf,
  tableOf,
  tenantLead,
} from "./draft.ts";
import type { Draft, DraftColumn, DraftTable } from "./draft-model.ts";
import { bytesText, listText, rowsText } from "./figures.ts";
import { retentionOf } from "./entity-volumes.ts";
import { keyPlan } from "./keys.ts";
import { neutral, personalColumns } from "./privacy.ts";
import { openToOperator } from "./row-security.ts";
import { timeColumn } from "./times.ts";
import { rowBytes } from "./volumes.ts";

const BATCH_ROWS = 10_000;
// A daily job that stood still for a month catches up by itself.
const CATCH_UP_DAYS = 45;
// Below this a daily scan of the table is cheaper than any index kept for it.
const SCAN_ROWS_MAX = 1_000_000;

/** Adds the jobs that end what has been kept long enough, and what they need. */
export function addRetention(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    const retention = retentionOf(draft.brief, entity);
    if (retention !== null) addPeriod(draft, entity, table, retention);
    if (entity.softDelete && draft.brief.retention !== null && retention === null)
      addPurge(draft, entity, table, draft.brief.retention);
    const history = draft.tables.find((other) => other.role === "history" && other.recordOf === table);
    const months = (entity.retention ?? draft.brief.retention)?.months;
    if (history !== undefined && months !== undefined) addHistoryPeriod(draft, entity, history, months);
  }
  decideDefault(draft);
}

function addPeriod(draft: Draft, entity: BriefEntity, table: DraftTable, retention: BriefRetention): void {
  if (table.partitions !== null && retention.then !== "anonymise") {
    const archived = retention.then === "archive";
    decidePeriod(
      draft,
      entity,
      table,
      retention,
      archived ? "partitions are detached" : "partitions are dropped",
      `A partition that is older is ${archived ? "detached" : "dropped"} whole by the job "partitions of ${table.name}".${archive(retention)}`,
    );
    return;
  }
  const time = timeColumn(draft, entity, table);
  if (time === null) {
    decidePeriod(
      draft,
      entity,
      table,
      retention,
      "no job",
      `${entity.name} carries no time to measure its age by. Add an instant, or state the period for what it belongs to.`,
    );
    return;
  }
  const { ident } = draft.dialect;
  const cut =
    columnNamed(table, time).type === "date"
      ? `(now() - interval '${retention.months} months')::date`
      : `now() - interval '${retention.months} months'`;
  const columns = retention.then === "anonymise" ? personalColumns(table) : [];
  if (retention.then === "anonymise" && columns.length === 0) {
    decidePeriod(
      draft,
      entity,
      table,
      retention,
      "no job",
      `The brief anonymises ${entity.name} after ${retention.months} months and classifies no field of it as personal: nothing would change.`,
    );
    return;
  }
  // Rows that are overwritten stay: without a lower bound each batch would read all those done before it.
  const done = columns.length > 0 && table.volume.horizon_rows > SCAN_ROWS_MAX;
  const from = done
    ? `${ident(time)} >= ${cut.replace(/^\(?now\(\)/, (now) => `${now} - interval '${CATCH_UP_DAYS} days'`)} AND `
    : "";
  addPeriodJob(draft, entity, table, retention, `${from}${ident(time)} < ${cut}`, columns);
  if (table.volume.horizon_rows > SCAN_ROWS_MAX) addAgeIndex(draft, table, entity.name, time);
  decidePeriod(
    draft,
    entity,
    table,
    retention,
    retention.then === "archive"
      ? "exported by a job"
      : columns.length > 0
        ? "overwritten in batches"
        : "deleted in batches",
    `${retention.then === "archive" ? `The monthly job lists what is due by ${time}` : `The daily job takes ${rowsText(BATCH_ROWS)} rows at a time, oldest by ${time}`}; about ${rowsText(table.volume.per_month_rows)} rows fall due each month once the period has passed.${archive(retention)}`,
  );
}

function addPeriodJob(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  retention: BriefRetention,
  due: string,
  columns: readonly DraftColumn[],
): void {
  const name = qualifiedTable(draft, table);
  if (retention.then === "archive") {
    openToOperator(draft, table, "SELECT");
    draft.jobs.push({
      name: `archive of ${table.name}`,
      every: `month, as ${draft.operatorRole}`,
      sql: `SELECT * FROM ${name}\nWHERE ${due}`,
      because: `${entity.name} is kept ${retention.months} months, then archived: export these rows, count and compare, and only then delete them by the same condition, as the owner`,
    });
    return;
  }
  const overwrites = columns.length > 0;
  const values = columns.map((column) => ({
    column: draft.dialect.ident(column.name),
    value: neutral(draft, entity, table, column),
  }));
  const free = overwrites ? "" : unreferred(draft, table);
  const differs = values.map(({ column, value }) => `${column} IS DISTINCT FROM ${value}`).join(" OR ");
  const condition = overwrites ? `${due} AND (${differs})` : `${due}${free}`;
  const change = overwrites
    ? `UPDATE ${name} SET ${values.map(({ column, value }) => `${column} = ${value}`).join(", ")}`
    : `DELETE FROM ${name}`;
  openToOperator(draft, table, "SELECT", overwrites ? "UPDATE" : "DELETE");
  draft.jobs.push({
    name: `retention of ${table.name}`,
    every: `day, repeated until no row is left to do, as ${draft.operatorRole}`,
    // The condition stands outside too: the same ctid may name another row in another partition.
    sql: withHistory(
      draft,
      entity,
      table,
      `${change}\nWHERE ctid = ANY (ARRAY(\n  SELECT ctid FROM ${name}\n  WHERE ${condition}\n  LIMIT ${BATCH_ROWS}\n))\n  AND ${condition}`,
    ),
    because: `${entity.name} is kept ${retention.months} months, then ${overwrites ? "anonymised" : "erased"}; ${rowsText(BATCH_ROWS)} rows at a time hold no lock for long${due.includes(" >= ") ? `; it looks back ${CATCH_UP_DAYS} days, so run it once without that condition to begin with, and after a longer pause` : ""}${free === "" ? "" : `; what ${listText(holders(draft, table).map((key) => key.child.name))} still ${holders(draft, table).length === 1 ? "refers" : "refer"} to waits for the end of that`}`,
  });
}

// What ends in the table ends in its history too; the rows it returns are those it dealt with.
function withHistory(draft: Draft, entity: BriefEntity, table: DraftTable, change: string): string {
  const history = draft.tables.find((other) => other.role === "history" && other.recordOf === table);
  if (history === undefined) return change;
  openToOperator(draft, history, "SELECT", "DELETE");
  const { ident } = draft.dialect;
  const keys = [...tenantLead(draft, history), ...keyPlan(draft, entity).parts.map((part) => part.column)];
  const pairs = keys.map((key, at) => `entry.${ident(history.primaryKey[at] ?? key)} = gone.${ident(key)}`);
  const list = keys.map((key) => ident(key)).join(", ");
  return `WITH gone AS (\n${change}\nRETURNING ${list}\n), entries AS (\nDELETE FROM ${qualifiedTable(draft, history)} AS entry USING gone WHERE ${pairs.join(" AND ")}\n)\nSELECT ${list} FROM gone`;
}

// History grows with every change and is read by the row it tells of: only its age ends it.
function addHistoryPeriod(draft: Draft, entity: BriefEntity, history: DraftTable, months: number): void {
  const { ident } = draft.dialect;
  openToOperator(draft, history, "SELECT", "DELETE");
  const due = `${ident("changed_at")} < now() - interval '${months} months'`;
  const name = qualifiedTable(draft, history);
  draft.jobs.push({
    name: `retention of ${history.name}`,
    every: `day, repeated until no row is left to do, as ${draft.operatorRole}`,
    sql: `DELETE FROM ${name}\nWHERE ctid = ANY (ARRAY(\n  SELECT ctid FROM ${name}\n  WHERE ${due}\n  LIMIT ${BATCH_ROWS}\n))\n  AND ${due}`,
    because: `changes of ${entity.name} are kept ${months} months; ${rowsText(BATCH_ROWS)} rows at a time hold no lock for long`,
  });
  if (history.volume.horizon_rows > SCAN_ROWS_MAX) addAgeIndex(draft, history, history.name, "changed_at");
  decide(draft, {
    id: `retention/${history.name}`,
    topic: "retention",
    subject: history.name,
    choice: `${months} months, then erase: deleted in batches`,
    because: `${entity.retention === null ? "The period stated for the whole system" : `The period of ${entity.name}`} ends its history too: it is only ever appended to, by about ${rowsText(history.volume.per_month_rows)} rows and ${bytesText(history.volume.per_month_rows * rowBytes(history))} a month.`,
    alternatives: [
      { option: "keep it as long as the row", whyNot: `a ${entity.name} that stays in use would never lose an entry` },
    ],
    objects: [tableKeyOf(history)],
    evidence: [entity.retention === null ? "defaults.retention" : `entities.${entity.name}.retention`],
  });
}

interface Holder {
  readonly child: DraftTable;
  readonly columns: readonly string[];
  readonly targetColumns: readonly string[];
}

// References that refuse the deletion of what they lead to.
function holders(draft: Draft, table: DraftTable): readonly Holder[] {
  return draft.tables.flatMap((child) =>
    child.foreignKeys
      .filter((key) => key.target === table && (key.onDelete === "restrict" || key.onDelete === "no action"))
      .map(({ columns, targetColumns }) => ({ child, columns, targetColumns })),
  );
}

// One row that is still referred to would fail its whole batch, and every later run with it.
function unreferred(draft: Draft, table: DraftTable): string {
  const { ident } = draft.dialect;
  const own = qualifiedTable(draft, table);
  return holders(draft, table)
    .map(({ child, columns, targetColumns }) => {
      openToOperator(draft, child, "SELECT");
      const pairs = columns.map((column, at) => `held.${ident(column)} = ${own}.${ident(targetColumns[at] ?? column)}`);
      return `\n  AND NOT EXISTS (SELECT FROM ${qualifiedTable(draft, child)} AS held WHERE ${pairs.join(" AND ")})`;
    })
    .join("");
}

const archive = (retention: BriefRetention): string =>
  retention.then === "archive"
    ? " They are exported, counted and compared first; nothing deletes them by itself before that."
    : "";

function addAgeIndex(draft: Draft, table: DraftTable, subject: string, time: string): void {
  const leads = table.indexes.some((index) => index.keys[0]?.column === time && index.predicate === null);
  if (leads || table.primaryKey[0] === time) return;
  const name = claimName(draft, table.schema, `${table.name}_${time}_brin`);
  table.indexes.push({ name, method: "brin", unique: false, keys: [indexKey(time)], include: [], predicate: null });
  const ranges = Math.ceil((table.volume.horizon_rows * rowBytes(table)) / (128 * 8192));
  decide(draft, {
    id: `index/${table.name}/${name}`,
    topic: "index",
    subject: `${table.name} (${time})`,
    choice: `BRIN: ${name}`,
    because: `Serves the retention of ${subject}: rows lie in about the order of ${time}, so the bounds of each 128 pages (${rowsText(ranges)} of them, ${bytesText(ranges * 40)} at the horizon) lead the daily job to the oldest. Inserts pay next to nothing.`,
    alternatives: [
      {
        option: "B-tree",
        whyNot: `${bytesText((table.volume.horizon_rows * 20) / 0.9)} at the horizon for one job a day`,
      },
    ],
    objects: [partKeyOf(table, "index", name)],
    evidence: [table.entity === null ? "defaults.retention" : `entities.${table.entity.name}.retention`],
  });
}

function decidePeriod(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  retention: BriefRetention,
  choice: string,
  because: string,
): void {
  const stated = entity.retention !== null;
  decide(draft, {
    id: `retention/${entity.name}`,
    topic: "retention",
    subject: entity.name,
    choice: `${retention.months} months, then ${retention.then}: ${choice}`,
    because: `${stated ? "The brief states the period" : "The period stated for the whole system holds for what is only ever appended"}. ${because}`,
    alternatives: [
      {
        option: "keep everything",
        whyNot: `the brief ends it; and ${entity.name} grows by ${bytesText(table.volume.per_month_rows * rowBytes(table))} a month`,
      },
    ],
    objects: [tableKeyOf(table)],
    evidence: [stated ? `entities.${entity.name}.retention` : "defaults.retention"],
  });
}

function addPurge(draft: Draft, entity: BriefEntity, table: DraftTable, retention: BriefRetention): void {
  if (columnOf(table, "deleted_at") === undefined) return;
  openToOperator(draft, table, "SELECT", "DELETE");
  const { ident } = draft.dialect;
  const condition = `${ident("deleted_at")} < now() - interval '${retention.months} months'${unreferred(draft, table)}`;
  draft.jobs.push({
    name: `purge ${table.name}`,
    every: `day, repeated until no row is left to do, as ${draft.operatorRole}`,
    sql: `DELETE FROM ${qualifiedTable(draft, table)}\nWHERE ctid = ANY (ARRAY(\n  SELECT ctid FROM ${qualifiedTable(draft, table)}\n  WHERE ${condition}\n  LIMIT ${BATCH_ROWS}\n))\n  AND ${condition}`,
    because: `a deleted ${entity.name} is kept ${retention.months} months (the retention of the whole system), then removed`,
  });
  decide(draft, {
    id: `retention/${entity.name}`,
    topic: "retention",
    subject: entity.name,
    choice: `removed ${retention.months} months after it was deleted`,
    because: `A deleted ${entity.name} is only marked; the period stated for the whole system ends it for good. Rows that are not deleted live on.`,
    alternatives: [{ option: "never", whyNot: "deleted would not mean deleted" }],
    objects: [partKeyOf(table, "column", "deleted_at")],
    evidence: ["defaults.retention", `entities.${entity.name}.soft_delete`],
  });
}

function decideDefault(draft: Draft): void {
  if (draft.brief.retention === null) return;
  const living = [...draft.entities.values()]
    .filter((entity) => retentionOf(draft.brief, entity) === null && !entity.softDelete)
    .map((entity) => entity.name);
  if (living.length === 0) return;
  const shown =
    living.length > 6 ? `${living.slice(0, 5).join(", ")} and ${living.length - 5} more` : living.join(", ");
  decide(draft, {
    id: "retention/default",
    topic: "retention",
    subject: shown,
    choice: "no deletion by age",
    because: `The period of ${draft.brief.retention.months} months says how long records must stay, and these rows live on while they are used: an old ${living[0] ?? "row"} is no expired one. State a retention for an entity to end its rows by age.`,
    alternatives: [
      { option: "delete by created_at", whyNot: `would remove the oldest ${living[0] ?? "rows"} although in use` },
    ],
    objects: [],
    evidence: ["defaults.retention"],
  });
}
