import { bytes, span } from "./figures.ts";
import { code } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { decisionList } from "./decisions.ts";
import { tableBytes } from "./subject.ts";
import type { Subject } from "./subject.ts";

// Indexes, free space and WAL come on top of the rows; half as much again is a planning figure, not a promise.
const OVERHEAD = 1.5;
// A WAL segment is archived when full (16 MiB) or after archive_timeout, whichever is first.
const WAL_SEGMENT_BYTES = 16 * 1024 * 1024;

/** What the stated RPO and RTO ask of backups at this volume, and what is retained how long. */
export function backupAndRecovery(subject: Subject): string {
  const { brief } = subject.design;
  const size = subject.volumes.reduce((sum, volume) => sum + tableBytes(volume, volume.horizon_rows), 0) * OVERHEAD;
  const points: string[] = [];
  if (brief.rpo_s !== null) {
    const floor = WAL_SEGMENT_BYTES / Math.max(1, brief.rpo_s);
    points.push(
      `RPO ${span(brief.rpo_s)}: continuous WAL archiving with ${code(`archive_timeout = ${Math.max(1, Math.floor(brief.rpo_s / 2))}s`)} (half the objective, so that one failed archive attempt does not break it). A quiet server then archives up to ${bytes(floor * 2 * 86_400)} a day; ${brief.rpo_s < 60 ? "under a minute a streaming replica with synchronous commit is the surer way" : "a nightly dump alone would lose up to a day and cannot meet it"}.`,
    );
  }
  if (brief.rto_s !== null) {
    points.push(
      `RTO ${span(brief.rto_s)}: restoring ${bytes(size)} (*estimated*: rows at the horizon and half as much again for indexes) within half of it, with the other half for WAL replay and checks, needs ${bytes(size / (brief.rto_s / 2))}/s from the backup store. ${size / (brief.rto_s / 2) > 500 * 1024 * 1024 ? "One stream from object storage rarely gives that: keep a standby to fail over to, and treat the backup as the second line." : "Measure it in a restore drill; a figure that was never tried is a hope."}`,
    );
  }
  if (brief.rpo_s === null && brief.rto_s === null) {
    points.push(
      `The brief states no RPO and RTO (${code("defaults: { rpo: 5 min, rto: 1 h }")}); at ${bytes(size)} after ${brief.horizon_months} months they decide between dumps, WAL archiving and a standby, so state them.`,
    );
  }
  for (const one of subject.design.partitions) {
    if (one.retain_months !== null) {
      points.push(
        `Partitions of ${code(subject.tableName(one))} older than ${one.retain_months} months are dropped: a restore older than that brings them back, so the retention job runs once after any restore.`,
      );
    }
  }
  if (subject.design.tenancy?.model === "shared-schema") {
    points.push(
      `One tenant alone cannot be restored in place: restore to a scratch server and copy the rows where ${code(`${subject.design.tenancy.column} = …`)}, in the load order above.`,
    );
  }
  const { entities, retention } = brief;
  const kept = entities.every((entity) => entity.retention === null) && retention === null;
  if (kept) points.push("Neither the brief nor an entity states a retention period, so nothing is ever removed.");
  return paragraphs(bullets(points), decisionList(subject.decisions("retention")));
}
