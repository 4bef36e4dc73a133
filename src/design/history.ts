import { ref, refKey } from "../model/ref.ts";
import {
  addCheck,
  addColumn,
  addTable,
  claimName,
  columnOf,
  decide,
  freeName,
  qualifiedTable,
  tableKeyOf,
  tableOf,
  tenantLead,
} from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import type { BriefEntity } from "../model/brief.ts";
import { retentionOf } from "./entity-volumes.ts";
import { rowsText, bytesText } from "./figures.ts";
import { BIGINT_SEQUENCE, keyPlan } from "./keys.ts";
import { rowBytes } from "./volumes.ts";
import { triggerFunction } from "./routines.ts";
import { referToTenant } from "./relations.ts";
import { addTenantColumn } from "./tables.ts";

// With no update pattern stated, a row is taken to be inserted once and changed twice.
const CHANGES_PER_ROW = 3;

/** Adds a history table, filled by a trigger, for every entity whose changes are to be kept. */
export function addHistories(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    if (entity.history === "changes") addHistory(draft, entity, tableOf(draft, entity.name));
  }
}

function addHistory(draft: Draft, entity: BriefEntity, table: DraftTable): void {
  const changes = entity.appendOnly ? 1 : CHANGES_PER_ROW;
  const history = addTable(draft, {
    name: claimName(draft, table.schema, `${table.name}_history`),
    role: "history",
    entity: null,
    perTenant: table.perTenant,
    comment: `Who changed what in ${table.name}, and when.`,
    volume: {
      now_rows: table.volume.now_rows,
      per_month_rows: table.volume.per_month_rows * changes,
      horizon_rows: table.volume.now_rows + table.volume.per_month_rows * changes * draft.brief.horizon_months,
      row_bytes: null,
      skew: table.volume.skew,
      standing: "inferred",
      because: `inferred: ${changes} entries to each new ${entity.name}`,
    },
  });
  history.recordOf = table;
  const own = addHistoryColumns(draft, entity, table, history);
  history.grants.clear();
  history.grants.add("SELECT");
  referToTenant(draft, history);
  addRecorder(draft, entity, table, history, own);
  decide(draft, {
    id: `history/${entity.name}`,
    topic: "history",
    subject: entity.name,
    choice: "changes kept in a history table, written by a trigger",
    because: `The brief asks who changed what. Each change is one row with the old values of the changed columns only, the actor (SET LOCAL app.actor) and the time. In ${history.name}: about ${rowsText(history.volume.horizon_rows)} rows, ${bytesText(history.volume.horizon_rows * rowBytes(history))} at the horizon; its primary key (${history.primaryKey.join(", ")}) reads one ${entity.name}'s history in order, without a further index. ${draft.applicationRole} can read it and cannot write it: the trigger's function runs as its owner. There is no foreign key to the row: its history outlives it.${isForgotten(draft, entity) ? ` What ${draft.operatorRole} erases or overwrites leaves an entry without values, so that it does not live on here.` : ""}`,
    alternatives: [
      { option: "written by the application", whyNot: "imports and scripts leave no trace" },
      {
        option: "a copy of the whole row at each change",
        whyNot: "most changes touch one or two columns",
      },
    ],
    objects: [
      tableKeyOf(history),
      refKey(ref("trigger", `${table.name}_record_history`, { schema: table.schema, table: table.name })),
    ],
    evidence: [`entities.${entity.name}.history`],
  });
}

function addHistoryColumns(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  history: DraftTable,
): readonly string[] {
  addTenantColumn(draft, history);
  const lead = tenantLead(draft, history);
  const parts = keyPlan(draft, entity).parts;
  const own = parts.map((part) => {
    const name = parts.length === 1 && part.column === "id" ? `${entity.name}_id` : part.column;
    const { type, needs, width_bytes } = part;
    addColumn(draft, history, { name, type, meaning: "key", width_bytes, needs: [...needs] }, entity.at);
    return name;
  });
  const entry = freeName(history, "history_id");
  const identity = { generation: "always" as const, sequence: BIGINT_SEQUENCE };
  addColumn(draft, history, { name: entry, type: "bigint", meaning: "key", width_bytes: 8, identity });
  addColumn(draft, history, {
    name: "changed_at",
    type: "timestamp with time zone",
    meaning: "audit",
    width_bytes: 8,
    default: "now()",
  });
  addColumn(draft, history, { name: "operation", type: "text", meaning: "code", width_bytes: 7 });
  addColumn(draft, history, {
    name: "actor",
    type: "text",
    meaning: "audit",
    width_bytes: 20,
    notNull: false,
    comment: "The setting app.actor of the transaction that made the change.",
  });
  addColumn(draft, history, {
    name: "old_values",
    type: "jsonb",
    meaning: "json",
    width_bytes: 80,
    notNull: false,
    comment: "The columns that changed, as they were; the whole row when it was deleted; null when it was inserted.",
    classification: strictest(table),
  });
  const { ident } = draft.dialect;
  addCheck(history, `${ident("operation")} IN ('insert', 'update', 'delete')`, ["operation"]);
  history.primaryKey = [...lead, ...own, entry];
  return own;
}

function addRecorder(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  history: DraftTable,
  own: readonly string[],
): void {
  const { ident, literal } = draft.dialect;
  const lead = tenantLead(draft, history);
  const { parts } = keyPlan(draft, entity);
  const target = qualifiedTable(draft, history);
  const keys = [...lead, ...parts.map((part) => part.column)];
  const columns = [...lead, ...own, "operation", "actor", "old_values"].map((name) => ident(name)).join(", ");
  const values = (row: "OLD" | "NEW"): string => keys.map((name) => `${row}.${ident(name)}`).join(", ");
  const actor = "nullif(current_setting('app.actor', true), '')";
  const careful = isForgotten(draft, entity);
  const ignored = ["updated_at", "search_vector"].filter((name) => columnOf(table, name) !== undefined);
  const ignore = ignored.map((name) => ` AND was.key <> ${literal(name)}`).join("");
  const { key, call } = triggerFunction(draft, {
    name: claimName(draft, history.schema, `record_${table.name}_history`),
    schema: history.schema,
    about: `Writes the history of ${table.name}; runs with its owner's rights, because nobody else may.`,
    securityDefiner: true,
    needs: [tableKeyOf(history)],
    body: `DECLARE
  changed jsonb;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO ${target} (${columns}) VALUES (${values("NEW")}, 'insert', ${actor}, NULL);
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO ${target} (${columns}) VALUES (${values("OLD")}, 'delete', ${actor}, ${careful ? "CASE WHEN TG_NARGS = 0 THEN to_jsonb(OLD) END" : "to_jsonb(OLD)"});
    RETURN NULL;
  END IF;
  SELECT jsonb_object_agg(was.key, was.value) INTO changed
  FROM jsonb_each(to_jsonb(OLD)) AS was
  WHERE was.value IS DISTINCT FROM to_jsonb(NEW) -> was.key${ignore};
  IF changed IS NOT NULL THEN
    INSERT INTO ${target} (${columns}) VALUES (${values("OLD")}, 'update', ${actor}, ${careful ? "CASE WHEN TG_NARGS = 0 THEN changed END" : "changed"});
  END IF;
  RETURN NULL;
END`,
  });
  const timing = "AFTER INSERT OR UPDATE OR DELETE";
  if (!careful) {
    table.triggers.push({ name: `${table.name}_record_history`, timing, call, needs: [key] });
    return;
  }
  const operator = literal(draft.operatorRole);
  table.triggers.push(
    {
      name: `${table.name}_record_history`,
      timing,
      call: `WHEN (CURRENT_USER <> ${operator}) ${call}`,
      needs: [key],
    },
    {
      name: `${table.name}_record_job`,
      timing: "AFTER UPDATE OR DELETE",
      call: `WHEN (CURRENT_USER = ${operator}) ${call.replace(/\(\)$/, () => "('without values')")}`,
      needs: [key],
    },
  );
}

/** Whether jobs erase or overwrite rows of an entity: what they remove must not live on in its history. */
function isForgotten(draft: Draft, entity: BriefEntity): boolean {
  const period = retentionOf(draft.brief, entity);
  return entity.erase === "erase" || entity.erase === "anonymise" || (period !== null && period.then !== "archive");
}

const CAREFUL = ["public", "internal", "personal", "special-category", "card-data", "secret"] as const;

// History repeats values, so it deserves the care of the most delicate of them.
function strictest(table: DraftTable): (typeof CAREFUL)[number] {
  const ranks = table.columns.map((column) => CAREFUL.indexOf(column.classification));
  return CAREFUL[Math.max(...ranks, 1)] ?? "internal";
}
