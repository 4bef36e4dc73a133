import { columnOf, decide, tableKeyOf } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { indexBytes } from "./index-bytes.ts";
import { keysOf } from "./emit.ts";
import { bytesText, listText, rateText, rowsText } from "./figures.ts";
import { rowBytes } from "./volumes.ts";

// A common ceiling of one server with local SSDs and 16 cores: simple indexed reads and single-row writes. Stated
// low, so that reaching half of it is the time to measure, not to panic.
const READS_PER_S = 20_000;
const WRITES_PER_S = 5_000;

/** Bytes of a table's indexes at the horizon. */
export function tableIndexBytes(table: DraftTable): number {
  const keys = keysOf(table).reduce(
    (sum, key) => sum + indexBytes(table, [...key.columns, ...key.include], table.volume.horizon_rows),
    0,
  );
  const own = table.indexes
    .filter((index) => index.method === "btree")
    .reduce(
      (sum, index) =>
        sum +
        indexBytes(
          table,
          [...index.keys.flatMap((key) => key.column ?? []), ...index.include],
          table.volume.horizon_rows,
        ),
      0,
    );
  // GIN holds the words about once again; a GiST entry has the bounds of a range beside its columns.
  const words = table.indexes
    .filter((index) => index.method === "gin")
    .flatMap((index) => index.keys.flatMap((key) => columnOf(table, key.column ?? "")?.width_bytes ?? []))
    .reduce((sum, width_bytes) => sum + width_bytes * table.volume.horizon_rows, 0);
  const exclusions = table.exclusions.reduce(
    (sum, one) => sum + indexBytes(table, one.columns, table.volume.horizon_rows) + 16 * table.volume.horizon_rows,
    0,
  );
  return keys + own + words + exclusions;
}

/** Adds up rates and bytes of the whole design, and says what they ask of a server. */
export function decideCapacity(draft: Draft): void {
  const reading = new Set(["read", "aggregate", "search"]);
  const rate = (reads: boolean): number =>
    draft.brief.patterns
      .filter((pattern) => reading.has(pattern.operation) === reads)
      .reduce((sum, pattern) => sum + (pattern.rate_per_s ?? 0), 0);
  const [reads, writes] = [rate(true), rate(false)];
  const heap = draft.tables.map((table) => ({
    table,
    bytes: table.volume.horizon_rows * rowBytes(table),
    indexes: tableIndexBytes(table),
  }));
  const total = heap.reduce((sum, one) => sum + one.bytes + one.indexes, 0);
  const largest = heap.toSorted((a, b) => b.bytes + b.indexes - a.bytes - a.indexes).slice(0, 3);
  const busiest = draft.brief.patterns
    .filter((pattern) => pattern.rate_per_s !== null)
    .toSorted((a, b) => (b.rate_per_s ?? 0) - (a.rate_per_s ?? 0))[0];
  const share = Math.max(reads / READS_PER_S, writes / WRITES_PER_S);
  const fits = share < 0.5;
  const memory = largest.map(
    (one) => `${one.table.name} ${bytesText(one.bytes)} and ${bytesText(one.indexes)} of indexes`,
  );
  decide(draft, {
    id: "capacity/server",
    topic: "capacity",
    subject: "the whole database",
    choice: fits ? "one primary with a standby" : "one primary with read replicas, measured before it grows further",
    because: `Stated peak: ${rateText(reads)} reads and ${rateText(writes)} writes${busiest === undefined ? "" : `, most of them "${busiest.name}" (${rateText(busiest.rate_per_s ?? 0)})`}; that is ${Math.max(1, Math.round(share * 100))} % of what one server of ordinary size answers (taken as ${rowsText(READS_PER_S)} indexed reads or ${rowsText(WRITES_PER_S)} single-row writes a second; measure yours). ${bytesText(total)} with indexes at the horizon; the largest: ${listText(memory)}.`,
    alternatives: [
      {
        option: "sharding",
        whyNot: fits
          ? `begins to pay beyond one server's writes: ${rateText(WRITES_PER_S)} where ${rateText(writes)} are stated`
          : "every query across shards would be the application's work; replicas first",
      },
    ],
    objects: largest.map((one) => tableKeyOf(one.table)),
    evidence: ["access_patterns", "entities"],
  });
}
