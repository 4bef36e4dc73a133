import type { BriefEntity } from "../model/brief.ts";
import {
  addColumn,
  addUnique,
  columnOf,
  decide,
  fieldOf,
  partKeyOf,
  problemAt,
  tableKeyOf,
  tableOf,
  tenantLead,
} from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { relationColumns } from "./expressions.ts";
import { bytesText, listText, rowsText, withArticle } from "./figures.ts";
import { triggerFunction } from "./routines.ts";

// Below this a time of creation costs nothing that matters; above, a row that carries its own time needs no second.
const SECOND_TIME_ROWS_MAX = 10_000_000;

/** Adds what the life of a row asks for: deletion marks, positions, times, immutability. */
export function addLifecycle(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    const table = tableOf(draft, entity.name);
    if (entity.softDelete) addSoftDelete(draft, entity, table);
    if (entity.orderedWithin !== null) addOrder(draft, entity, table, entity.orderedWithin);
    if (entity.appendOnly) addAppendOnly(draft, entity, table);
    addTimes(draft, entity, table);
    addImmutability(draft, entity, table);
  }
  decideTimes(draft);
}

function addSoftDelete(draft: Draft, entity: BriefEntity, table: DraftTable): void {
  const own = fieldOf(entity, "deleted_at");
  if (own !== undefined && (own.type !== "instant" || !own.optional)) {
    throw problemAt(draft.brief, own.at, `deleted_at of ${entity.name} marks deleted rows and must be able to`, {
      expected: "deleted_at: instant?, or no such field",
    });
  }
  if (own === undefined) {
    const comment = "When the row was deleted; null while it is there.";
    addColumn(draft, table, { ...INSTANT, name: "deleted_at", notNull: false, comment });
  }
  // Deleting is an UPDATE; the row itself goes by retention or erasure only.
  table.grants.delete("DELETE");
  decide(draft, {
    id: `history/${entity.name}.deleted_at`,
    topic: "history",
    subject: entity.name,
    choice: "soft delete: deleted_at, partial indexes over what is left",
    because: `The brief asks for it. Unique rules and read indexes are restricted to deleted_at IS NULL, so deleted rows neither block a value nor cost a read; ${draft.applicationRole} has no DELETE, so a row cannot go by mistake.`,
    alternatives: [
      {
        option: "a table of deleted rows",
        whyNot: `each reference to ${withArticle(entity.name)} would have to follow it there`,
      },
    ],
    objects: [partKeyOf(table, "column", "deleted_at")],
    evidence: [`entities.${entity.name}.soft_delete`],
  });
}

const INSTANT = { type: "timestamp with time zone", meaning: "audit", width_bytes: 8 } as const;

function addOrder(draft: Draft, entity: BriefEntity, table: DraftTable, within: string): void {
  const own = fieldOf(entity, "position");
  if (own !== undefined && own.type !== "integer") {
    throw problemAt(draft.brief, own.at, `position of ${entity.name} keeps the order and is no integer`, {
      expected: "position: integer, or no such field",
    });
  }
  if (own === undefined) {
    const comment = within === "" ? "The place in the order." : `The place in the order within its ${within}.`;
    addColumn(draft, table, { name: "position", type: "integer", meaning: "position", width_bytes: 4, comment });
  }
  const parents = within === "" ? [] : relationColumns(table, entity, within);
  if (within !== "" && parents.length === 0) {
    throw problemAt(draft.brief, entity.at, `${entity.name} is ordered within ${within}, which is no reference of it`, {
      expected: "the name of a reference",
    });
  }
  const lead = tenantLead(draft, table).filter((column) => !parents.includes(column));
  const name = addUnique(draft, table, [...lead, ...parents, "position"], { deferrable: true });
  decide(draft, {
    id: `relationship/${entity.name}.position`,
    topic: "relationship",
    subject: entity.name,
    choice: `position integer, unique within ${within === "" ? "the table" : within}, checked at commit`,
    because: `Two rows can swap places in one transaction because the constraint is deferred. The constraint's index also reads the rows in their order${within === "" ? "" : ` within one ${within}`}.`,
    alternatives: [
      {
        option: "a fractional rank as text",
        whyNot: "no renumbering, but nothing keeps two rows from one place, and ranks grow",
      },
      { option: "a linked list", whyNot: "reading in order needs a recursive query" },
    ],
    objects: [partKeyOf(table, "constraint", name)],
    evidence: [`entities.${entity.name}.ordered_within`],
  });
}

function addAppendOnly(draft: Draft, entity: BriefEntity, table: DraftTable): void {
  table.grants.delete("UPDATE");
  table.grants.delete("DELETE");
  decide(draft, {
    id: `security/${entity.name}.append-only`,
    topic: "security",
    subject: entity.name,
    choice: `${draft.applicationRole} may SELECT and INSERT, nothing else`,
    because: `Rows of ${entity.name} are never changed (${rowsText(table.volume.horizon_rows)} at the horizon): without the privilege, a mistaken UPDATE or DELETE is refused by the server. A correction is a new row.`,
    alternatives: [
      {
        option: "a trigger that refuses",
        whyNot: "fires for each row and can be disabled by the owner; the missing privilege costs nothing",
      },
    ],
    objects: [tableKeyOf(table)],
    evidence: [`entities.${entity.name}.append_only`],
  });
}

function addTimes(draft: Draft, entity: BriefEntity, table: DraftTable): void {
  const hasTime = entity.fields.some((field) => field.type === "instant" && !field.optional);
  const spare = entity.appendOnly && hasTime && table.volume.horizon_rows > SECOND_TIME_ROWS_MAX;
  if (!spare && columnOf(table, "created_at") === undefined) {
    addColumn(draft, table, { ...INSTANT, name: "created_at", default: "now()" });
  }
  if (entity.appendOnly) return;
  if (columnOf(table, "updated_at") === undefined) {
    addColumn(draft, table, { ...INSTANT, name: "updated_at", default: "now()" });
  }
  if (columnOf(table, "updated_at")?.type !== INSTANT.type) return;
  const { key, call } = triggerFunction(draft, {
    name: "set_updated_at",
    about: "Sets updated_at of a changed row.",
    securityDefiner: false,
    body: "BEGIN\n  NEW.updated_at := now();\n  RETURN NEW;\nEND",
  });
  table.triggers.push({ name: `${table.name}_set_updated_at`, timing: "BEFORE UPDATE", call, needs: [key] });
}

function addImmutability(draft: Draft, entity: BriefEntity, table: DraftTable): void {
  if (entity.appendOnly) return;
  const names = [
    ...entity.fields.filter((field) => field.immutable && field.type !== "point").map((field) => field.name),
    ...entity.belongsTo
      .filter((relation) => relation.immutable)
      .flatMap((relation) => relationColumns(table, entity, relation.name)),
  ].filter((name) => columnOf(table, name) !== undefined && !table.primaryKey.includes(name));
  if (names.length === 0) return;
  const { ident } = draft.dialect;
  const { key, call } = triggerFunction(draft, {
    name: "refuse_change",
    about: "Refuses to change a column that stays as it was written.",
    securityDefiner: false,
    body: `BEGIN
  RAISE EXCEPTION 'a column of %.% that never changes was to be changed', TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', HINT = 'insert a new row instead';
END`,
  });
  const differs = names.map((name) => `OLD.${ident(name)} IS DISTINCT FROM NEW.${ident(name)}`).join(" OR ");
  // Anonymising overwrites what a person wrote, whatever else may not change.
  const anonymised = entity.erase === "anonymise" || entity.retention?.then === "anonymise";
  const changed = anonymised
    ? `(${differs}) AND CURRENT_USER <> ${draft.dialect.literal(draft.operatorRole)}`
    : differs;
  const columns = names.map((name) => ident(name)).join(", ");
  table.triggers.push({
    name: `${table.name}_refuse_change`,
    timing: `BEFORE UPDATE OF ${columns}`,
    call: `WHEN (${changed}) ${call}`,
    needs: [key],
  });
  decide(draft, {
    id: `constraint/${entity.name}/immutable`,
    topic: "constraint",
    subject: entity.name,
    choice: `${listText(names)} cannot be changed`,
    because:
      "Stated as immutable. The trigger fires only for an UPDATE that names such a column and really changes it, so other updates pay nothing.",
    alternatives: [
      { option: "privileges per column", whyNot: "holds for one role only, and each new column needs its grant" },
    ],
    objects: [tableKeyOf(table)],
    evidence: [`entities.${entity.name}`],
  });
}

function decideTimes(draft: Draft): void {
  const timed = draft.tables.filter((table) => columnOf(table, "updated_at") !== undefined);
  if (timed.length === 0) return;
  const bytes = timed.reduce((sum, table) => sum + table.volume.horizon_rows * 16, 0);
  const spared = [...draft.entityTables.values()].filter((table) => columnOf(table, "created_at") === undefined);
  const spare =
    spared.length === 0
      ? ""
      : ` ${listText(spared.map((table) => table.name))} ${spared.length === 1 ? "carries its own time" : "carry their own time"} and no second one.`;
  decide(draft, {
    id: "history/times",
    topic: "history",
    subject: `${timed.length} tables`,
    choice: "created_at and updated_at, set by the database",
    because: `Support and incremental exports ask when a row came and when it changed last; a default and a trigger hold for every writer. Both take ${bytesText(bytes)} at the horizon.${spare}`,
    alternatives: [
      {
        option: "set by the application",
        whyNot: "imports, scripts and the next program forget it, and clocks differ",
      },
    ],
    objects: timed.map((table) => partKeyOf(table, "column", "updated_at")),
    evidence: ["entities"],
  });
}
