import { bytes, span } from "./figures.ts";
import { code } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { decisionList } from "./decisions.ts";
import { tableBytes } from "./subject.ts";
import type { Subject } from "./subject.ts";

// A WAL segment is archived when full (16 MiB) or after archive_timeout, whichever is first.
const WAL_SEGMENT_BYTES = 16 * 1024 * 1024;
// Under this an archive of whole segments cannot keep up: each timeout closes a segment of 16 MiB.
const ARCHIVE_RPO_MIN_S = 60;
const DAY_S = 86_400;

function lossPoint(rpo_s: number): string {
  if (rpo_s < ARCHIVE_RPO_MIN_S) {
    return `RPO ${span(rpo_s)}: less than an archive of WAL segments can hold (${code("archive_timeout = 1s")} would close ${bytes(WAL_SEGMENT_BYTES * DAY_S)} of segments a day). A standby with ${code("synchronous_commit = on")} and ${code("synchronous_standby_names")} has each commit before it is acknowledged; two of them, so that writes do not wait for one that is down. WAL archiving with ${code("archive_timeout = 60s")} stands beside it for what a standby repeats faithfully: a mistaken DELETE.`;
  }
  if (rpo_s >= DAY_S) return `RPO ${span(rpo_s)}: a base backup every ${span(rpo_s / 2)} meets it.`;
  const timeout_s = Math.floor(rpo_s / 2);
  return `RPO ${span(rpo_s)}: continuous WAL archiving with ${code(`archive_timeout = ${timeout_s}s`)}, half the objective, so that one failed attempt does not break it. A server with a trickle of writes then archives ${bytes((WAL_SEGMENT_BYTES / timeout_s) * DAY_S)} of mostly empty segments a day (compress them); a nightly dump would lose up to a day.`;
}

function restoreTime(size: number, rto_s: number): string {
  const needed = size / (rto_s / 2);
  return `RTO ${span(rto_s)}: restoring ${bytes(size)} (*estimated*: rows and indexes at the horizon) in half of it, ${span(rto_s / 2)}, leaves the other half for WAL replay and checks, and needs ${bytes(needed)}/s from the backup store. ${needed > 500 * 1024 * 1024 ? "One stream from object storage rarely gives that: keep a standby to fail over to, and treat the backup as the second line." : "Time it in a restore drill."}`;
}

function partitionsBack(subject: Subject): string {
  const dropped = subject.design.partitions.filter((one) => one.retain_months !== null);
  if (dropped.length === 0) return "";
  const list = dropped.map((one) => `${code(subject.tableName(one))} (${one.retain_months} months)`).join(", ");
  return `A restore brings back partitions that had been dropped: ${list}. Their partition jobs run once after it.`;
}

/** What the stated RPO and RTO ask of backups at this volume, and what is retained how long. */
export function backupAndRecovery(subject: Subject): string {
  const { brief, tenancy } = subject.design;
  const size = subject.volumes.reduce(
    (sum, volume) => sum + tableBytes(volume, volume.horizon_rows) + (volume.index_bytes ?? 0),
    0,
  );
  const points: string[] = [];
  if (brief.rpo_s !== null) points.push(lossPoint(brief.rpo_s));
  if (brief.rto_s !== null) points.push(restoreTime(size, brief.rto_s));
  if (brief.rpo_s === null && brief.rto_s === null) {
    points.push(
      `The brief states no RPO and RTO (${code("defaults: { rpo: 5 min, rto: 1 h }")}); at ${bytes(size)} after ${brief.horizon_months} months they decide between dumps, WAL archiving and a standby, so state them.`,
    );
  }
  const back = partitionsBack(subject);
  if (back !== "") points.push(back);
  if (subject.design.jobs.some((job) => job.every.startsWith("request for erasure"))) {
    points.push(
      "A restore brings back who had been forgotten: keep the keys of requests for erasure outside this database, and run their jobs again after it.",
    );
  }
  if (tenancy?.model === "shared-schema") {
    points.push(
      `One tenant alone cannot be restored in place: restore to a scratch server and copy the rows where ${code(`${tenancy.column} = …`)}, in the load order above.`,
    );
  }
  if (tenancy?.model === "schema-per-tenant") {
    points.push(
      `One tenant alone: ${code("pg_dump --schema=tenant_…")} from a restored scratch server, into this one; the figures above are for all tenants together.`,
    );
  }
  if (tenancy?.model === "database-per-tenant") {
    points.push(
      "One tenant alone: a dump of its database restores by itself; WAL and base backups are of the whole server, and the figures above are for all tenants on one.",
    );
  }
  const { entities, retention } = brief;
  const kept = entities.every((entity) => entity.retention === null) && retention === null;
  if (kept) points.push("Neither the brief nor an entity states a retention period, so nothing is ever removed.");
  return paragraphs(bullets(points), decisionList(subject.decisions("retention")));
}
