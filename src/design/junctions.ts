import type { BriefEntity, BriefManyToMany } from "../model/brief.ts";
import {
  addTable,
  claimName,
  decide,
  problemAt,
  tableKeyOf,
  tableOf,
  tenantLead,
  addColumn,
  addUnique,
  indexKey,
} from "./draft.ts";
import type { Draft, DraftTable, Junction } from "./draft-model.ts";
import { addField } from "./fields.ts";
import { rowsText, withArticle } from "./figures.ts";
import { keyPlan, volumeOf } from "./keys.ts";
import { singular } from "./names.ts";
import { plainEntity } from "./plain-entity.ts";
import { addForeignKey, addReferenceColumns, referToTenant } from "./relations.ts";
import { addTenantColumn } from "./tables.ts";
import { perTenant } from "./tenants.ts";

// With nothing stated, each row of the larger side is taken to be in two pairs.
const PAIRS_PER_ROW = 2;

/** Makes the table of every many-to-many relationship; two collections that mirror each other share one. */
export function addJunctions(draft: Draft): void {
  for (const entity of draft.entities.values()) {
    for (const pair of entity.manyToMany) {
      const target = draft.entities.get(pair.target);
      if (target === undefined) {
        throw problemAt(draft.brief, pair.at, `${pair.name} holds ${pair.target}, which is no entity`, {
          expected: "the name of an entity",
        });
      }
      if (isMirror(draft, entity, pair, target)) continue;
      addJunction(draft, entity, pair, target);
    }
  }
}

// `team.members` and `member.teams` are one relationship when each side has exactly one collection of the other.
function isMirror(draft: Draft, entity: BriefEntity, pair: BriefManyToMany, target: BriefEntity): boolean {
  if (target === entity || pair.fields.length > 0) return false;
  const there = target.manyToMany.filter((other) => other.target === entity.name);
  const here = entity.manyToMany.filter((other) => other.target === target.name);
  if (there.length !== 1 || here.length !== 1) return false;
  const at = draft.junctions.findIndex(({ ends: [a, b] }) => a.entity === target.name && b.entity === entity.name);
  const found = draft.junctions[at];
  if (found === undefined) return false;
  const [first, second] = found.ends;
  // Seen from this entity, the first end goes by this collection's name too.
  const ends: Junction["ends"] = [{ ...first, names: [...first.names, pair.name] }, second];
  draft.junctions[at] = { ...found, ends };
  return true;
}

function addJunction(draft: Draft, owner: BriefEntity, pair: BriefManyToMany, target: BriefEntity): void {
  const tenancy = draft.brief.tenancy;
  const inTenant = [owner, target].some((entity) => perTenant(draft, entity));
  const schema = inTenant ? draft.tenantSchema : draft.schema;
  const again = owner.manyToMany.filter((other) => other.target === pair.target).length > 1;
  const wanted = again || owner === target ? `${owner.name}_${singular(pair.name)}` : `${owner.name}_${target.name}`;
  const name = claimName(draft, schema, wanted);
  const pseudo = plainEntity(name, owner, {
    fields: pair.fields,
    perTenant: tenancy === null ? null : inTenant,
    at: pair.at,
  });
  const volumes = [volumeOf(draft, owner), volumeOf(draft, target)] as const;
  const larger = volumes[0].horizon_rows >= volumes[1].horizon_rows ? volumes[0] : volumes[1];
  const table = addTable(draft, {
    name,
    role: "junction",
    entity: pseudo,
    perTenant: inTenant,
    comment: `Which ${target.name} is among the ${pair.name} of which ${owner.name}.`,
    volume: {
      now_rows: larger.now_rows * PAIRS_PER_ROW,
      per_month_rows: larger.per_month_rows * PAIRS_PER_ROW,
      horizon_rows: larger.horizon_rows * PAIRS_PER_ROW,
      row_bytes: null,
      skew: Math.max(volumes[0].skew, volumes[1].skew),
      standing: "inferred",
      because: `inferred: each row of the larger side in ${PAIRS_PER_ROW} pairs`,
    },
  });
  const { near, far } = addEnds(draft, table, owner, pair, target);
  addBackIndex(draft, table, near, far);
  if (pair.ordered) addPairOrder(draft, table, [...new Set([...tenantLead(draft, table), ...near])]);
  draft.junctions.push({
    table,
    ends: [
      { entity: owner.name, names: [owner.name], columns: near },
      { entity: target.name, names: [pair.name, target.name], columns: far },
    ],
  });
  explain(draft, owner, pair, table);
}

// The two references, which are the key, and the pair's own fields.
function addEnds(
  draft: Draft,
  table: DraftTable,
  owner: BriefEntity,
  pair: BriefManyToMany,
  target: BriefEntity,
): { readonly near: readonly string[]; readonly far: readonly string[] } {
  addTenantColumn(draft, table);
  const origin = `${owner.name}.${pair.name}`;
  const farName = owner === target ? singular(pair.name) : target.name;
  const near = addReferenceColumns(draft, table, owner, { name: owner.name, optional: false, origin, at: pair.at });
  const far = addReferenceColumns(draft, table, target, {
    name: farName === owner.name ? `other_${farName}` : farName,
    optional: false,
    origin,
    at: pair.at,
  });
  const lead = tenantLead(draft, table);
  table.primaryKey = [...new Set([...lead, ...near, ...far])];
  for (const field of pair.fields) addField(draft, table, table.entity ?? owner, field);
  for (const [columns, end] of [
    [near, owner],
    [far, target],
  ] as const) {
    const targetColumns = keyPlan(draft, end).parts.map((part) => part.column);
    addForeignKey(
      draft,
      table,
      tableOf(draft, end.name),
      { columns, targetColumns },
      { onDelete: "cascade", relation: null },
    );
  }
  referToTenant(draft, table);
  return { near, far };
}

function addBackIndex(draft: Draft, table: DraftTable, near: readonly string[], far: readonly string[]): void {
  const lead = tenantLead(draft, table);
  const back = [
    ...lead.filter((column) => !far.includes(column)),
    ...far,
    ...near.filter((column) => !lead.includes(column)),
  ];
  // Where one end is the tenant, the primary key answers from both sides.
  if (back.some((column, at) => column !== table.primaryKey[at])) {
    table.indexes.push({
      name: claimName(draft, table.schema, `${table.name}_${far.join("_")}_ix`),
      method: "btree",
      unique: false,
      keys: back.map((column) => indexKey(column)),
      include: [],
      predicate: null,
    });
  }
}

function addPairOrder(draft: Draft, table: DraftTable, within: readonly string[]): void {
  addColumn(draft, table, { name: "position", type: "integer", meaning: "position", width_bytes: 4 });
  addUnique(draft, table, [...within, "position"], { deferrable: true });
}

function explain(draft: Draft, owner: BriefEntity, pair: BriefManyToMany, table: DraftTable): void {
  const back = table.indexes[0];
  decide(draft, {
    id: `relationship/${owner.name}.${pair.name}`,
    topic: "relationship",
    subject: `${owner.name}.${pair.name}`,
    choice: `junction table ${table.name} with primary key (${table.primaryKey.join(", ")})`,
    because: `Many ${pair.name} to many: about ${rowsText(table.volume.horizon_rows)} pairs at the horizon (${table.volume.because}). The primary key refuses a pair twice and answers from the side of ${owner.name}; ${back === undefined ? "so it does" : `${back.name} answers`} from the other side, and finds the pairs when ${withArticle(pair.target)} is deleted. Pairs go with either end.`,
    alternatives: [
      {
        option: `an array of ids in ${owner.name}`,
        whyNot: "no foreign key guards its elements, and the other side is a scan",
      },
      { option: "an id of its own", whyNot: "a third index, and the pair would need a unique constraint all the same" },
    ],
    objects: [tableKeyOf(table)],
    evidence: [`entities.${owner.name}.many_to_many.${pair.name}`],
  });
}
