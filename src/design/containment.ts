import type { BriefPattern } from "../model/brief.ts";
import { claimName, columnNamed, decide, indexKey, partKeyOf } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import type { RefKey } from "../model/ref.ts";
import { rateText, rowsText } from "./figures.ts";
import { underRowSecurity } from "./row-security.ts";
import { scopeOf } from "./scope.ts";
import { wholeRead } from "./small.ts";

/** Which index serves which pattern: `served.get(pattern)` by table. */
export type Served = ReadonlyMap<string, ReadonlyMap<DraftTable, RefKey>>;

/** Adds a GIN index for each list or JSON column that a pattern looks inside of; returns which serves which pattern. */
export function addContainmentIndexes(draft: Draft, patterns: readonly BriefPattern[]): Served {
  const served = new Map<string, ReadonlyMap<DraftTable, RefKey>>();
  for (const pattern of patterns) {
    const scope = scopeOf(draft, pattern);
    for (const filter of pattern.where) {
      const [target] = scope.columns(filter.path);
      if (filter.comparison !== "contains" || target === undefined || target.at !== scope.base) continue;
      const { table } = scope.base;
      const { type } = columnNamed(table, target.column);
      if (!(type.endsWith("[]") || type === "jsonb") || wholeRead(table) || underRowSecurity(draft, table)) continue;
      const known = table.indexes.find((index) => index.method === "gin" && index.keys[0]?.column === target.column);
      const name = known?.name ?? addOne(draft, table, target.column, type, pattern);
      served.set(pattern.name, new Map([[table, partKeyOf(table, "index", name)]]));
    }
  }
  return served;
}

function addOne(draft: Draft, table: DraftTable, column: string, type: string, pattern: BriefPattern): string {
  const name = claimName(draft, table.schema, `${table.name}_${column}_ix`);
  const opclass = type === "jsonb" ? "jsonb_path_ops" : null;
  const predicate = table.entity?.softDelete === true ? `${draft.dialect.ident("deleted_at")} IS NULL` : null;
  const keys = [{ ...indexKey(column), opclass }];
  table.indexes.push({ name, method: "gin", unique: false, keys, include: [], predicate });
  decide(draft, {
    id: `index/${table.name}/${name}`,
    topic: "index",
    subject: `${table.name} (${column})`,
    choice: `GIN: ${name}`,
    because: `Serves "${pattern.name}"${pattern.rate_per_s === null ? "" : ` (${rateText(pattern.rate_per_s)})`}, which looks inside ${column} of ${rowsText(table.volume.horizon_rows)} rows: each element is an entry that leads to its rows. A write that changes ${column} updates one entry for each element; others do not touch it.`,
    alternatives: [{ option: "a B-tree", whyNot: `compares ${column} as a whole, never what is in it` }],
    objects: [partKeyOf(table, "index", name)],
    evidence: [`access_patterns.${pattern.name}`],
  });
  return name;
}
