import type { Brief } from "../model/brief.ts";
import { DECISION_TOPICS } from "../model/decision.ts";
import type { Design, DesignedColumn, DesignedTenancy } from "../model/design.ts";
import type { Dialect } from "../model/statement.ts";
import { decideCapacity, tableIndexBytes } from "./capacity.ts";
import { orderColumns } from "./column-order.ts";
import { addConstraints } from "./constraints.ts";
import { decompose } from "./decompose.ts";
import { newDraft, tenantColumn } from "./draft.ts";
import type { Draft } from "./draft-model.ts";
import { emitCatalog } from "./emit.ts";
import { decideTypes } from "./fields.ts";
import { addHistories } from "./history.ts";
import { addIndexes } from "./indexes.ts";
import { addJunctions } from "./junctions.ts";
import { decideKeys } from "./keys.ts";
import { addLifecycle } from "./lifecycle.ts";
import { addPartitions } from "./partitions.ts";
import { addPrivacy } from "./privacy.ts";
import { addQueries } from "./queries.ts";
import { addRelations } from "./relations.ts";
import { addRowSecurity, decideRoles, tenantSetting, tenantTables, tenantType } from "./row-security.ts";
import { addRetention } from "./retention.ts";
import { addRollups } from "./rollups.ts";
import { addSearch } from "./search.ts";
import { addSplitReferences, movedFields } from "./splits.ts";
import { decideStores } from "./stores.ts";
import { addEntityTables } from "./tables.ts";
import { decideTenancy } from "./tenancy-decision.ts";
import { checkTenancy } from "./tenants.ts";
import { tableVolumes } from "./volumes.ts";

/** What a design needs beside the brief. */
export interface DesignOptions {
  /** The day partitions are made around, `YYYY-MM-DD`. A design has no clock: 2025-01-01 unless given. */
  readonly today?: string;
}

/**
 * Designs a database for a brief: a complete catalog, each decision with its reasons, volumes and queries.
 * The same brief and day give the same design. Throws a `DbwrightError` (exit 2) that names the place in the
 * brief where it asks for what cannot be.
 */
export async function design(brief: Brief, dialect: Dialect, options: DesignOptions = {}): Promise<Design> {
  const third = decompose(brief);
  const draft = newDraft(third.brief, dialect, options.today ?? "2025-01-01", movedFields(third.splits));
  draft.decisions.push(...third.decisions);
  checkTenancy(draft);
  addEntityTables(draft, third.splits);
  addRelations(draft);
  addSplitReferences(draft, third.splits);
  addJunctions(draft);
  addLifecycle(draft);
  await addConstraints(draft);
  addHistories(draft);
  const searches = addSearch(draft);
  addPartitions(draft);
  const rollups = await addRollups(draft);
  orderColumns(draft);
  const direct = brief.patterns.filter((pattern) => pattern.operation !== "search" && !rollups.has(pattern.name));
  await addQueries(draft, { served: addIndexes(draft, direct), searches, rollups });
  addPrivacy(draft);
  addRetention(draft);
  decideKeys(draft);
  decideTypes(draft);
  decideTenancy(draft);
  addRowSecurity(draft);
  decideRoles(draft);
  decideCapacity(draft);
  decideStores(draft);
  return finished(brief, draft);
}

function finished(brief: Brief, draft: Draft): Design {
  const order = new Map(DECISION_TOPICS.map((topic, at) => [topic, at]));
  return {
    brief,
    catalog: emitCatalog(draft),
    schema: draft.schema,
    applicationRole: draft.applicationRole,
    operatorRole: draft.operatorNeeded ? draft.operatorRole : null,
    decisions: draft.decisions.toSorted((a, b) => (order.get(a.topic) ?? 0) - (order.get(b.topic) ?? 0)),
    columns: draft.tables.flatMap((table) =>
      table.columns.map((column): DesignedColumn => {
        const { name, meaning, origin, classification } = column;
        return { schema: table.schema, table: table.name, column: name, meaning, origin, classification };
      }),
    ),
    volumes: tableVolumes(draft).map((volume, at) => {
      const table = draft.tables[at];
      return table === undefined ? volume : { ...volume, index_bytes: tableIndexBytes(table) };
    }),
    queries: draft.queries,
    tenancy: tenancyOf(draft),
    partitions: draft.partitions,
    jobs: draft.jobs,
  };
}

function tenancyOf(draft: Draft): DesignedTenancy | null {
  const { tenancy } = draft.brief;
  if (tenancy === null) return null;
  const tenant = draft.entityTables.get(tenancy.tenant);
  if (tenant === undefined) return null;
  return {
    model: tenancy.model,
    tenantTable: { schema: tenant.schema, table: tenant.name },
    column: tenantColumn(draft) ?? `${tenancy.tenant}_id`,
    type: tenantType(draft),
    setting: tenantSetting(draft),
    tables: tenantTables(draft)
      .filter((table) => table.role !== "search")
      .map((table) => ({ schema: table.schema, table: table.name })),
  };
}
