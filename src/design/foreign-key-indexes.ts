import type { BriefEntity } from "../model/brief.ts";
import { columnOf, decide, partKeyOf } from "./draft.ts";
import type { Draft, DraftForeignKey, DraftTable } from "./draft-model.ts";
import { retentionOf } from "./entity-volumes.ts";
import { bytesText, rowsText, withArticle } from "./figures.ts";
import type { IndexNeed } from "./needs.ts";
import { indexBytes } from "./index-bytes.ts";
import { perTenant } from "./tenants.ts";

// From so many rows on, an index that only waits for a DELETE nobody stated costs more than it saves.
const WAITING_ROWS_MAX = 100_000_000;

/** What the foreign keys of a table ask of its indexes: deleting a parent looks for its children. */
export function foreignKeyNeeds(draft: Draft, table: DraftTable): readonly IndexNeed[] {
  return table.foreignKeys.flatMap((key) => {
    const columns = key.columns.filter((column) => columnOf(table, column)?.meaning !== "discriminator");
    if (parentStays(draft, key)) return [];
    const waiting = table.volume.horizon_rows >= WAITING_ROWS_MAX && !parentGoes(draft, key, []);
    return [
      {
        table,
        purpose: `foreign key to ${key.target.name}`,
        rate_per_s: 0,
        equal: columns,
        sort: [],
        trailing: [],
        always: [],
        include: [],
        rows: Math.max(1, Math.round(table.volume.horizon_rows / Math.max(key.target.volume.horizon_rows, 1))),
        share: 1,
        waiting,
        remarks: [],
      },
    ];
  });
}

/** Whether rows of the parent are never removed: marked, appended, or reference data that all tenants share. */
export function parentStays(draft: Draft, key: DraftForeignKey): boolean {
  const parent = key.target;
  if (parent.role === "lookup") return true;
  const { entity } = parent;
  if (entity === null) return false;
  if (entity.erase === "erase") return false;
  if (removedByAge(draft, entity)) return false;
  if (entity.softDelete || entity.appendOnly) return true;
  return (
    draft.brief.tenancy !== null &&
    entity.name !== draft.brief.tenancy.tenant &&
    entity.key !== null &&
    !perTenant(draft, entity)
  );
}

// Whether a job of retention deletes rows: by their age, or some time after they were marked as deleted.
function removedByAge(draft: Draft, entity: BriefEntity): boolean {
  const period = retentionOf(draft.brief, entity);
  return period === null ? entity.softDelete && draft.brief.retention !== null : period.then === "erase";
}

// Whether something in the brief deletes rows of the parent, itself or by way of its own parents.
function parentGoes(draft: Draft, key: DraftForeignKey, seen: readonly DraftTable[]): boolean {
  if (key.onDelete === "cascade" || key.onDelete === "set null") return true;
  const parent = key.target;
  const { entity } = parent;
  if (entity === null || seen.includes(parent)) return false;
  const deleted = draft.brief.patterns.some(
    (pattern) => pattern.operation === "delete" && pattern.entity === entity.name,
  );
  if (deleted || entity.erase === "erase" || removedByAge(draft, entity)) return true;
  return parent.foreignKeys.some((above) => above.onDelete === "cascade" && !parentStays(draft, above));
}

/** Explains why a foreign key has no index of its own. */
export function decideNone(draft: Draft, { table, equal }: IndexNeed): void {
  const key = table.foreignKeys.find((one) => equal.every((column) => one.columns.includes(column)));
  if (key === undefined) return;
  const bytes = indexBytes(table, key.columns, table.volume.horizon_rows);
  decide(draft, {
    id: `index/${table.name}/${key.name}`,
    topic: "index",
    subject: `${table.name} (${key.columns.join(", ")})`,
    choice: "no index",
    because: `No pattern looks for ${table.name} by ${key.target.name}, and nothing in the brief deletes ${withArticle(key.target.name)} (on delete ${key.onDelete}). The index would take ${bytesText(bytes)} at ${rowsText(table.volume.horizon_rows)} rows and a write for each insert.`,
    alternatives: [
      {
        option: "an index for the foreign key",
        whyNot: `worth it once ${withArticle(key.target.name)} is deleted: without it each such DELETE reads all of ${table.name}`,
      },
    ],
    objects: [partKeyOf(table, "constraint", key.name)],
    evidence: [`entities.${table.entity?.name ?? table.name}.belongs_to`],
  });
}
