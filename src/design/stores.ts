import type { BriefPattern } from "../model/brief.ts";
import { decide, tableKeyOf, tableOf } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import { bytesText, listText, rateText, rowsText } from "./figures.ts";
import { rowBytes } from "./volumes.ts";

const SECONDS_PER_MONTH = 2_629_746;
// At these figures the named kind of store is worth a trial beside PostgreSQL; below, it is a second system to run.
const SEARCH_ROWS = 50_000_000;
const INGEST_PER_S = 50_000;
const CACHE_RATE_PER_S = 5_000;
const GRAPH_DEPTH_ROWS = 100_000_000;

/** Weighs other kinds of stores for what each could take over, by the brief's figures. */
export function decideStores(draft: Draft): void {
  decideSearchStore(draft);
  decideSeriesStore(draft);
  decideCache(draft);
  decideDocuments(draft);
  decideGraph(draft);
}

function weigh(
  draft: Draft,
  id: string,
  subject: string,
  choice: string,
  because: string,
  option: string,
  whyNot: string,
  evidence: readonly string[],
  entity: string | null,
): void {
  const objects = entity === null ? [] : [tableKeyOf(tableOf(draft, entity))];
  decide(draft, {
    id: `store/${id}`,
    topic: "store",
    subject,
    choice,
    because,
    alternatives: [{ option, whyNot }],
    objects,
    evidence,
  });
}

function decideSearchStore(draft: Draft): void {
  for (const pattern of draft.brief.patterns.filter(
    (one, at, all) =>
      one.operation === "search" &&
      all.findIndex((other) => other.entity === one.entity && other.operation === "search") === at,
  )) {
    const rows = tableOf(draft, pattern.entity).volume.horizon_rows;
    const enough = rows < SEARCH_ROWS;
    weigh(
      draft,
      `search/${pattern.entity}`,
      `search in ${pattern.entity}`,
      enough ? "PostgreSQL's full-text search" : "PostgreSQL first, a search engine on trial",
      `${rowsText(rows)} documents at the horizon, "${pattern.name}"${rateOf(pattern)}. One GIN index answers that in the same transaction as the rows; a search engine is weighed from about ${rowsText(SEARCH_ROWS)} documents, or when typing errors, facets or synonyms are asked for.`,
      "Elasticsearch or OpenSearch",
      `a second copy of ${rowsText(rows)} rows, seconds behind, to secure and to rebuild`,
      [`access_patterns.${pattern.name}`],
      pattern.entity,
    );
  }
}

const rateOf = (pattern: BriefPattern): string =>
  pattern.rate_per_s === null ? "" : ` at ${rateText(pattern.rate_per_s)}`;

function decideSeriesStore(draft: Draft): void {
  const facts = [...draft.entities.values()]
    .filter((entity) => entity.appendOnly)
    .map((entity) => ({ entity, table: tableOf(draft, entity.name) }));
  const largest = facts.toSorted((a, b) => b.table.volume.per_month_rows - a.table.volume.per_month_rows)[0];
  if (largest === undefined) return;
  const { entity, table } = largest;
  const mean = table.volume.per_month_rows / SECONDS_PER_MONTH;
  const peak = draft.brief.patterns
    .filter((pattern) => pattern.operation === "insert" && pattern.entity === entity.name)
    .reduce((sum, pattern) => sum + (pattern.rate_per_s ?? 0), 0);
  const rate = Math.max(mean, peak);
  weigh(
    draft,
    `series/${entity.name}`,
    entity.name,
    "PostgreSQL",
    `${rowsText(table.volume.per_month_rows)} rows a month: ${rateText(mean)} on average${peak > 0 ? `, ${rateText(peak)} at the stated peak` : ""}; ${bytesText(table.volume.horizon_rows * rowBytes(table))} at the horizon${table.partitions === null ? "" : ", in partitions that are dropped whole"}. COPY into one partition takes ${rowsText(INGEST_PER_S)} rows a second on ordinary hardware, ${Math.round(INGEST_PER_S / Math.max(rate, 0.01)).toLocaleString("en-GB")} times that.`,
    "a time-series or wide-column store (TimescaleDB, ClickHouse, Cassandra)",
    `weighed from ${rateText(INGEST_PER_S)}, or when scans over months must take seconds; until then it would part ${entity.name} from the rows it refers to`,
    [`entities.${entity.name}.volume`],
    entity.name,
  );
}

function decideCache(draft: Draft): void {
  const busiest = draft.brief.patterns
    .filter((pattern) => pattern.operation === "read" && pattern.rate_per_s !== null)
    .toSorted((a, b) => (b.rate_per_s ?? 0) - (a.rate_per_s ?? 0))[0];
  if (busiest === undefined) return;
  const rate = busiest.rate_per_s ?? 0;
  weigh(
    draft,
    "cache",
    `"${busiest.name}"`,
    rate < CACHE_RATE_PER_S ? "no cache" : "a cache in front of it, measured",
    `The busiest read comes ${rateText(rate)} and wants ${busiest.p95_ms ?? "?"} ms: an indexed read from the server's own memory takes a fraction of a millisecond. A cache is weighed from about ${rateText(CACHE_RATE_PER_S)} of one read.`,
    "Redis",
    `each write would have to find and drop what it made stale${draft.brief.tenancy === null ? "" : ", per tenant, outside row security"}`,
    [`access_patterns.${busiest.name}.rate`],
    busiest.entity,
  );
}

function decideDocuments(draft: Draft): void {
  const fields = [...draft.entities.values()].flatMap((entity) =>
    entity.fields.filter((field) => field.type === "json").map((field) => ({ entity, field })),
  );
  const [first] = fields;
  if (first === undefined) return;
  weigh(
    draft,
    "documents",
    listText(fields.map(({ entity, field }) => `${entity.name}.${field.name}`)),
    "jsonb columns",
    `${fields.length === 1 ? "One field holds" : `${fields.length} fields hold`} values without a fixed shape, in ${rowsText(tableOf(draft, first.entity.name).volume.horizon_rows)} rows of ${first.entity.name}; everything around ${fields.length === 1 ? "it" : "them"} has one, with ${first.entity.belongsTo.length} ${first.entity.belongsTo.length === 1 ? "reference" : "references"} that a document store could not guard.`,
    "a document store (MongoDB)",
    "worth it when most of a row has no fixed shape and nothing refers to it",
    fields.map(({ entity, field }) => `entities.${entity.name}.fields.${field.name}`),
    first.entity.name,
  );
}

function decideGraph(draft: Draft): void {
  const tree = [...draft.entities.values()].find((entity) =>
    entity.belongsTo.some((relation) => relation.targets.includes(entity.name)),
  );
  if (tree === undefined) return;
  const rows = tableOf(draft, tree.name).volume.horizon_rows;
  weigh(
    draft,
    `graph/${tree.name}`,
    tree.name,
    "PostgreSQL with recursive queries",
    `${tree.name} refers to itself: ${rowsText(rows)} rows at the horizon. WITH RECURSIVE takes one index probe for each row it visits; a subtree of a thousand is a few milliseconds.`,
    "a graph database (Neo4j)",
    `worth it for paths of many steps through more than ${rowsText(GRAPH_DEPTH_ROWS)} rows; the brief states none`,
    [`entities.${tree.name}.belongs_to`],
    tree.name,
  );
}
