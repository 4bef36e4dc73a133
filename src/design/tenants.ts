import type { BriefEntity } from "../model/brief.ts";
import { problemAt } from "./draft.ts";
import type { Draft } from "./draft-model.ts";

// A natural key, few rows and no growth: countries, currencies, plans.
const REFERENCE_ROWS_MAX = 1_000;

/** A brief with its entities by name: all that the question needs. */
export type Named = Pick<Draft, "brief" | "entities">;

/** Whether rows of an entity belong to one tenant: what the brief says, or what follows from it. */
export function perTenant(draft: Named, entity: BriefEntity): boolean {
  const { tenancy } = draft.brief;
  if (tenancy === null || entity.name === tenancy.tenant) return false;
  const root = rootOf(draft, entity);
  if (root.name === tenancy.tenant) return false;
  if (root.perTenant !== null) return root.perTenant;
  return !isReferenceData(draft, root, new Set());
}

/** The most general entity it specialises. */
export function rootOf(draft: Named, entity: BriefEntity): BriefEntity {
  const seen = new Set<string>();
  let root = entity;
  while (root.isA !== null && !seen.has(root.name)) {
    seen.add(root.name);
    const parent = draft.entities.get(root.isA);
    if (parent === undefined) break;
    root = parent;
  }
  return root;
}

function isReferenceData(draft: Named, entity: BriefEntity, seen: Set<string>): boolean {
  if (entity.key === null || entity.key.length === 0 || seen.has(entity.name)) return false;
  seen.add(entity.name);
  const { now_rows, per_month_rows } = entity.volume;
  if ((now_rows ?? 0) > REFERENCE_ROWS_MAX || (per_month_rows ?? 0) > 0) return false;
  const targets = [
    ...entity.belongsTo.flatMap((relation) => relation.targets),
    ...entity.manyToMany.map((m) => m.target),
  ];
  return targets.every((name) => {
    const target = draft.entities.get(name);
    return target !== undefined && target.name !== draft.brief.tenancy?.tenant && isReferenceData(draft, target, seen);
  });
}

/** Throws `invalid` where data that all tenants share would point at one tenant's data. */
export function checkTenancy(draft: Draft): void {
  const { tenancy } = draft.brief;
  if (tenancy === null) return;
  if (!draft.entities.has(tenancy.tenant)) {
    throw problemAt(
      draft.brief,
      { path: "tenancy.tenant", line: 1, column: 1 },
      `there is no entity ${tenancy.tenant}`,
      {
        expected: "the name of the entity that is a tenant",
      },
    );
  }
  if (tenancy.model === "database-per-tenant") return;
  for (const entity of draft.entities.values()) {
    if (perTenant(draft, entity)) continue;
    // The tenant itself may point into its own rows: (id, owner_id) refers to (tenant_id, id).
    if (entity.name === tenancy.tenant && tenancy.model === "shared-schema") continue;
    for (const relation of entity.belongsTo) {
      const target = relation.targets
        .map((name) => draft.entities.get(name))
        .find((found) => found && perTenant(draft, found));
      if (target === undefined) continue;
      throw problemAt(
        draft.brief,
        relation.at,
        `${entity.name} is shared by all tenants and refers to ${target.name}, which is one tenant's`,
        {
          expected: "shared data that refers to shared data only",
          mend: `make ${entity.name} per tenant, or ${target.name} shared (per_tenant: false)`,
        },
      );
    }
  }
}
