import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import type { Design, TableVolume } from "../../model/design.ts";
import type { StatedTable } from "../volumes/stated.ts";

const MONTHS = { day: 1 / 30, week: 7 / 30, month: 1, quarter: 3, year: 12 } as const;

/**
 * The volumes a design states, per table that holds rows itself: a partitioned table's rows are shared out
 * to the partitions that have any, each as large as its interval makes it.
 */
export async function statedTables(
  session: Session,
  design: Design,
  view: CatalogView,
): Promise<readonly StatedTable[]> {
  const list: StatedTable[] = [];
  for (const volume of design.volumes) {
    const steadyColumns = design.tenancy === null ? [] : [design.tenancy.column];
    const leaves = leavesOf(view, volume.schema, volume.table);
    if (leaves.length === 0) {
      list.push({
        schema: volume.schema,
        table: volume.table,
        rows: volume.horizon_rows,
        row_bytes: volume.row_bytes,
        steadyColumns,
      });
      continue;
    }
    const filled = await loadedRows(session, leaves);
    const total = [...filled.values()].reduce((sum, rows) => sum + rows, 0);
    for (const leaf of leaves) {
      const share = total === 0 ? 0 : (filled.get(leaf) ?? 0) / total;
      const rows = partitionRows(design, volume, share);
      list.push({ schema: volume.schema, table: leaf, rows, row_bytes: volume.row_bytes, steadyColumns });
    }
    list.push({
      schema: volume.schema,
      table: volume.table,
      rows: volume.horizon_rows,
      row_bytes: volume.row_bytes,
      steadyColumns,
    });
  }
  return list;
}

function partitionRows(design: Design, volume: TableVolume, share: number): number {
  if (share === 0) return 0;
  const plan = design.partitions.find((own) => own.schema === volume.schema && own.table === volume.table);
  if (plan === undefined) return Math.round(volume.horizon_rows * share);
  const months = plan.retain_months ?? design.brief.horizon_months;
  return Math.round((volume.horizon_rows / Math.max(1, months)) * Math.max(MONTHS[plan.interval], 1 / 30));
}

function leavesOf(view: CatalogView, schema: string, table: string): readonly string[] {
  return view.tables.flatMap(({ table: own }) => {
    if (own.partitionOf?.schema !== schema || own.partitionOf.table !== table) return [];
    const below = own.partitionBy === null ? [] : leavesOf(view, own.schema ?? "", own.name);
    return below.length === 0 ? [own.name] : below;
  });
}

async function loadedRows(session: Session, leaves: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = await session.query<{ name: string; rows: number }>(
    "SELECT relname AS name, greatest(0, reltuples)::float8 AS rows FROM pg_class WHERE relname = ANY ($1::text[]) AND relkind = 'r'",
    [[...leaves]],
  );
  return new Map(found.rows.map((row) => [row.name, row.rows]));
}
