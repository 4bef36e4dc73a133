import type { BriefEntity } from "../model/brief.ts";
import { ref, refKey } from "../model/ref.ts";
import {
  addColumn,
  addTable,
  claimName,
  columnNamed,
  decide,
  fieldOf,
  indexKey,
  partKeyOf,
  problemAt,
  qualifiedTable,
  quotedList,
  tableKeyOf,
  tableOf,
  tenantLead,
} from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { extension } from "./constraints.ts";
import { bytesText, listText, rateText, rowsText } from "./figures.ts";
import { addForeignKey } from "./relations.ts";
import { currentTenant } from "./row-security.ts";
import { triggerFunction } from "./routines.ts";
import { scopeOf } from "./scope.ts";
import { addTenantColumn } from "./tables.ts";
import { TEXTUAL } from "./types.ts";

/** The text search configuration: the brief names no language, and its own is English. */
export const SEARCH_LANGUAGE = "english";

/** Where a search looks. */
export interface SearchTarget {
  /** The document column's name. */
  readonly document: string;
  /** The view that row security leads through, or null where the entity's own table holds the document. */
  readonly view: { readonly schema: string; readonly name: string } | null;
  readonly table: DraftTable;
  readonly index: string;
}

/** Adds full-text search to the entities that a pattern searches; by entity. */
export function addSearch(draft: Draft): ReadonlyMap<string, SearchTarget> {
  const targets = new Map<string, SearchTarget>();
  for (const pattern of draft.brief.patterns) {
    if (pattern.operation !== "search" || targets.has(pattern.entity)) continue;
    const entity = draft.entities.get(pattern.entity);
    if (entity === undefined) continue;
    if (entity.search.length === 0) {
      throw problemAt(
        draft.brief,
        pattern.at,
        `the pattern "${pattern.name}" searches ${entity.name}, which states no fields to search`,
        {
          expected: `search: [field, …] in ${entity.name}`,
        },
      );
    }
    const table = tableOf(draft, entity.name);
    targets.set(
      entity.name,
      tenantLead(draft, table).length > 0 ? searchTable(draft, entity, table) : searchColumn(draft, entity, table),
    );
  }
  return targets;
}

const WEIGHTS = ["A", "B", "C", "D"];

// The first field weighs most.
function documentSql(draft: Draft, entity: BriefEntity, row: string): string {
  return entity.search
    .map((name, at) => {
      const field = fieldOf(entity, name);
      if (field === undefined || !TEXTUAL.has(field.type)) {
        throw problemAt(draft.brief, entity.at, `${entity.name} is searched by ${name}, which is no text`, {
          expected: "fields of type text, markdown, code or the like",
        });
      }
      const weight = WEIGHTS[Math.min(at, WEIGHTS.length - 1)] ?? "D";
      return `setweight(to_tsvector('${SEARCH_LANGUAGE}'::regconfig, coalesce(${row}${draft.dialect.ident(name)}, '')), '${weight}')`;
    })
    .join(" || ");
}

// Lexemes with positions take about half of the text again.
function documentBytes(entity: BriefEntity, table: DraftTable): number {
  return Math.round(
    entity.search.reduce(
      (sum, name) => sum + (table.columns.find((column) => column.name === name)?.width_bytes ?? 40),
      0,
    ) * 0.6,
  );
}

const patternsOf = (draft: Draft, entity: BriefEntity): string =>
  listText(
    draft.brief.patterns
      .filter((pattern) => pattern.operation === "search" && pattern.entity === entity.name)
      .map((pattern) => `"${pattern.name}"${pattern.rate_per_s === null ? "" : ` (${rateText(pattern.rate_per_s)})`}`),
  );

function searchColumn(draft: Draft, entity: BriefEntity, table: DraftTable): SearchTarget {
  const document = "search_vector";
  const generated = { expression: documentSql(draft, entity, ""), stored: true };
  const width_bytes = documentBytes(entity, table);
  const comment = `The words of ${listText(entity.search)}, for full-text search.`;
  addColumn(
    draft,
    table,
    { name: document, type: "tsvector", meaning: "search", width_bytes, generated, comment, notNull: false },
    entity.at,
  );
  const predicate = entity.softDelete ? `${draft.dialect.ident("deleted_at")} IS NULL` : null;
  const index = claimName(draft, table.schema, `${table.name}_${document}_ix`);
  table.indexes.push({ name: index, method: "gin", unique: false, keys: [indexKey(document)], include: [], predicate });
  decide(draft, {
    id: `index/${table.name}/${index}`,
    topic: "index",
    subject: `${table.name} (${entity.search.join(", ")})`,
    choice: "generated tsvector column with a GIN index",
    because: `Serves ${patternsOf(draft, entity)} over ${rowsText(table.volume.horizon_rows)} rows. The column is computed when the row is written (configuration '${SEARCH_LANGUAGE}': stemming for English; another language is one word in its expression), ${entity.search[0] ?? ""} weighs most. Estimated ${bytesText(table.volume.horizon_rows * width_bytes)} for the column and as much for the index at the horizon.`,
    alternatives: [
      {
        option: "ILIKE '%word%'",
        whyNot: `reads ${rowsText(table.volume.horizon_rows)} rows each time and knows no word forms`,
      },
      {
        option: "a search engine beside the database",
        whyNot: "a second copy to keep in step; worth it for typing errors, facets and ranking beyond ts_rank",
      },
    ],
    objects: [partKeyOf(table, "index", index), partKeyOf(table, "column", document)],
    evidence: [`entities.${entity.name}.search`],
  });
  return { document, view: null, table, index };
}

/** Columns that searches filter by for equality, beside the words. */
function filterColumns(draft: Draft, entity: BriefEntity, table: DraftTable): readonly string[] {
  const found = new Set<string>();
  for (const pattern of draft.brief.patterns) {
    if (pattern.operation !== "search" || pattern.entity !== entity.name) continue;
    const scope = scopeOf(draft, pattern);
    for (const filter of pattern.where) {
      for (const target of scope.columns(filter.path)) {
        const taken = table.primaryKey.includes(target.column);
        if (target.at === scope.base && !taken) found.add(target.column);
      }
    }
  }
  return [...found];
}

// Types btree_gin has operator classes for, and whose equality is leakproof.
const NARROWING = /^(?:uuid|text|smallint|integer|bigint|date|boolean|timestamp with time zone)$/;

function equalFilters(draft: Draft, entity: BriefEntity, filters: readonly string[]): readonly string[] {
  const table = tableOf(draft, entity.name);
  const used = draft.brief.patterns
    .filter((pattern) => pattern.operation === "search" && pattern.entity === entity.name)
    .flatMap((pattern) =>
      pattern.where
        .filter((filter) => filter.comparison === "eq" && filter.values === null)
        .flatMap((filter) => scopeOf(draft, pattern).columns(filter.path)),
    )
    .map(({ column }) => column);
  return filters.filter((column) => used.includes(column) && NARROWING.test(columnNamed(table, column).type));
}

function searchTable(draft: Draft, entity: BriefEntity, table: DraftTable): SearchTarget {
  const document = "document";
  const made = addTable(draft, {
    name: claimName(draft, table.schema, `${table.name}_search`),
    role: "search",
    entity: null,
    perTenant: true,
    comment: `The words of each ${table.name}, for full-text search; kept by a trigger.`,
    volume: { ...table.volume, row_bytes: null, standing: "inferred", because: `one row to each ${table.name}` },
  });
  addTenantColumn(draft, made);
  const lead = tenantLead(draft, made);
  const keys = table.primaryKey.filter((column) => !lead.includes(column));
  const filters = filterColumns(draft, entity, table).filter((column) => !lead.includes(column));
  for (const name of [...keys, ...filters]) {
    const { type, width_bytes, needs, notNull } = columnNamed(table, name);
    addColumn(draft, made, {
      name,
      type,
      width_bytes,
      needs,
      notNull,
      meaning: keys.includes(name) ? "key" : "search",
    });
  }
  addColumn(draft, made, {
    name: document,
    type: "tsvector",
    meaning: "search",
    width_bytes: documentBytes(entity, table),
  });
  made.primaryKey = [...lead, ...keys];
  made.grants.clear();
  made.policies.push({ name: "kept_by_trigger", command: "all", roles: ["public"], using: "true", check: "true" });
  addForeignKey(draft, made, table, { columns: keys, targetColumns: keys }, { onDelete: "cascade", relation: null });
  const index = claimName(draft, made.schema, `${made.name}_${document}_ix`);
  // What searches compare for equality narrows in the same index: GIN takes its columns in any combination.
  const equal = equalFilters(draft, entity, filters);
  made.indexes.push({
    name: index,
    method: "gin",
    unique: false,
    keys: [...lead, ...equal, document].map((column) => indexKey(column)),
    include: [],
    predicate: null,
  });
  extension(draft, "btree_gin");
  addSearchTrigger(draft, entity, table, made, { keys: [...lead, ...keys], filters, document });
  const view = addSearchView(draft, table, made, lead[0] ?? "");
  explain(draft, entity, table, made, index, view);
  return { document, view: { schema: made.schema, name: view }, table: made, index };
}

function addSearchTrigger(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  made: DraftTable,
  columns: { readonly keys: readonly string[]; readonly filters: readonly string[]; readonly document: string },
): void {
  const { ident } = draft.dialect;
  const stored = [...columns.keys, ...columns.filters];
  const values = stored.map((name) => `NEW.${ident(name)}`).join(", ");
  const changed = [...columns.filters, columns.document]
    .map((name) => `${ident(name)} = EXCLUDED.${ident(name)}`)
    .join(", ");
  const where = columns.keys.map((name) => `${ident(name)} = NEW.${ident(name)}`).join(" AND ");
  const gone = entity.softDelete
    ? `  IF NEW.deleted_at IS NOT NULL THEN
    DELETE FROM ${qualifiedTable(draft, made)} WHERE ${where};
    RETURN NULL;
  END IF;
`
    : "";
  const { key, call } = triggerFunction(draft, {
    name: claimName(draft, made.schema, `keep_${made.name}`),
    schema: made.schema,
    about: `Keeps ${made.name} in step with ${table.name}; runs with its owner's rights, because nobody else may write there.`,
    securityDefiner: true,
    needs: [tableKeyOf(made)],
    body: `BEGIN
${gone}  INSERT INTO ${qualifiedTable(draft, made)} (${quotedList(draft, [...stored, columns.document])})
  VALUES (${values}, ${documentSql(draft, entity, "NEW.")})
  ON CONFLICT (${quotedList(draft, columns.keys)}) DO UPDATE SET ${changed};
  RETURN NULL;
END`,
  });
  const watched = [...new Set([...entity.search, ...columns.filters, ...(entity.softDelete ? ["deleted_at"] : [])])];
  table.triggers.push({
    name: `${table.name}_keep_search`,
    timing: `AFTER INSERT OR UPDATE OF ${quotedList(draft, watched)}`,
    call,
    needs: [key],
  });
}

function addSearchView(draft: Draft, table: DraftTable, made: DraftTable, tenant: string): string {
  const name = claimName(draft, made.schema, `${table.name}_search_current`);
  const list = made.columns.map((column) => draft.dialect.ident(column.name)).join(",\n    ");
  draft.objects.push({
    ...ref("view", name, { schema: made.schema }),
    kind: "view",
    comment: `What ${draft.applicationRole} searches: the words of the current tenant's rows.`,
    dependsOn: [
      tableKeyOf(made),
      refKey(ref("schema", made.schema)),
      ...made.columns.map((column) => partKeyOf(made, "column", column.name)),
    ],
    materialised: false,
    columns: made.columns.map((column) => ({ name: column.name, type: column.type })),
    definition: ` SELECT ${list}\n   FROM ${qualifiedTable(draft, made)}\n  WHERE ${draft.dialect.ident(tenant)} = ${currentTenant(draft)}`,
    options: {},
  });
  return name;
}

function explain(
  draft: Draft,
  entity: BriefEntity,
  table: DraftTable,
  made: DraftTable,
  index: string,
  view: string,
): void {
  const bytes = made.volume.horizon_rows * documentBytes(entity, table);
  decide(draft, {
    id: `index/${made.name}/${index}`,
    topic: "index",
    subject: `${table.name} (${entity.search.join(", ")})`,
    choice: `words in ${made.name}, GIN over tenant and words, searched through the view ${view}`,
    because: `Serves ${patternsOf(draft, entity)} over ${rowsText(made.volume.horizon_rows)} rows. The match operator @@ is not leakproof, so on a table under row security PostgreSQL never uses it as an index condition: a GIN index on ${table.name} would be ignored. Here the tenant's condition stands in the view, on the same level as the match, and both are index conditions (btree_gin). ${draft.applicationRole} has no right to the table itself. Configuration '${SEARCH_LANGUAGE}' (stemming for English; another language is one word in the trigger's function); ${entity.search[0] ?? ""} weighs most. About ${bytesText(bytes)} for the words and as much for the index; updates that change no text touch neither.`,
    alternatives: [
      {
        option: `a generated column and GIN index on ${table.name}`,
        whyNot: `row security would make each search read all rows of the tenant, up to ${rowsText(made.volume.horizon_rows * (draft.brief.tenancy?.largestShare ?? 0.2))}`,
      },
      {
        option: "ALTER FUNCTION … LEAKPROOF",
        whyNot: "needs a superuser, is lost in a dump, and most hosted servers refuse it",
      },
      {
        option: "a search engine beside the database",
        whyNot: "a second copy to keep in step, and tenancy to enforce there again",
      },
    ],
    objects: [tableKeyOf(made), partKeyOf(made, "index", index), refKey(ref("view", view, { schema: made.schema }))],
    evidence: [`entities.${entity.name}.search`, "tenancy.model"],
  });
}
