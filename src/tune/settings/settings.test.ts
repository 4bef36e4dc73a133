import { distribution } from "../../model/planner-statistics.test-data.ts";
import { describe, expect, it } from "vitest";
import { postgres } from "../../engines/postgres/dialect.ts";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import { readTextPlan } from "../../formats/explain/read.ts";
import type { CatalogObject } from "../../model/catalog.ts";
import { catalogOf, viewOf } from "../../model/catalog-view.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { Statistics, TableActivity } from "../../model/statistics.ts";
import type { SettingInput } from "./facts.ts";
import type { ExampleTable, SettingExample } from "./setting-rule.ts";
import { SETTING_RULES, proposeSettings } from "./settings.ts";

const SCHEMA = "public";
const BASE = { schema: SCHEMA, comment: null, owner: null, needs: [], dependsOn: [] } as const;

function objectsOf(name: string, table: ExampleTable): readonly CatalogObject[] {
  const objects: unknown[] = [
    {
      ...BASE,
      kind: "table",
      name,
      unlogged: false,
      partitionBy: null,
      partitionOf: null,
      inherits: [],
      rowSecurity: { enabled: false, forced: false },
      options: table.options ?? {},
    },
    ...Object.entries(table.columns).map(([column, { type }], at) => ({
      ...BASE,
      kind: "column",
      table: name,
      name: column,
      position: at + 1,
      type,
      notNull: false,
      default: null,
      identity: null,
      generated: null,
      collation: null,
      storage: null,
      compression: null,
      statisticsTarget: null,
      inherited: false,
    })),
    ...Object.entries(table.indexes ?? {}).map(([index, keys]) => ({
      ...BASE,
      kind: "index",
      table: name,
      name: index,
      method: "btree",
      unique: false,
      nullsNotDistinct: false,
      keys: keys.map((key) => ({
        column: key.includes("(") ? null : key,
        expression: key.includes("(") ? key : null,
        opclass: null,
        collation: null,
        order: "asc",
        nulls: "last",
      })),
      include: [],
      predicate: null,
      options: {},
      valid: true,
      constraint: null,
      partitionOf: null,
      definition: "",
    })),
  ];
  return objects as readonly CatalogObject[];
}

function statisticsOf({ tables, settings = {} }: SettingExample): PlannerStatistics {
  return {
    readAt: "2026-01-01T00:00:00Z",
    versionNumber: 180_000,
    masked: false,
    settings,
    relations: Object.entries(tables).map(
      ([name, { rows, pages = Math.ceil(rows / 100), allVisiblePages = pages }]) => ({
        schema: SCHEMA,
        name,
        kind: "table",
        table: null,
        pages,
        countedPages: pages,
        rows,
        allVisiblePages,
        toastPages: 0,
        height: null,
      }),
    ),
    columns: Object.entries(tables).flatMap(([relation, { columns }]) =>
      Object.entries(columns).map(([column, { type, distinct = -1, common }]) =>
        distribution({
          schema: SCHEMA,
          relation,
          column,
          type,
          distinct,
          common: common === undefined ? null : { values: Object.keys(common), shares: Object.values(common) },
        }),
      ),
    ),
    extended: [],
    unseen: [],
  };
}

const QUIET: TableActivity = {
  inserted: 0,
  updated: 0,
  hotUpdated: 0,
  deleted: 0,
  liveRows: 0,
  deadRows: 0,
  insertedSinceVacuum: 0,
  lastVacuum: null,
  frozenAge: 0,
};

function usageOf({ tables }: SettingExample): Statistics {
  return {
    readAt: "2026-01-01T00:00:00Z",
    countersSince: null,
    replica: false,
    hasReplicas: false,
    tables: Object.entries(tables).map(([table, { rows, activity }]) => ({
      schema: SCHEMA,
      table,
      rows,
      bytes: null,
      sequentialScans: null,
      indexScans: null,
      lastAnalysed: null,
      activity: activity === undefined ? null : { ...QUIET, ...activity },
    })),
    indexes: [],
    columns: [],
    sequences: [],
    samples: [],
    unseen: [],
  };
}

function inputOf(example: SettingExample): SettingInput {
  const objects = Object.entries(example.tables).flatMap(([name, table]) => objectsOf(name, table));
  return {
    view: viewOf(catalogOf({ name: "postgres", version: "18" }, objects, [])),
    dialect: postgres,
    statistics: statisticsOf(example),
    usage: usageOf(example),
    workload: {
      source: "example",
      span_s: null,
      queries: (example.writes ?? []).map((text, at) => ({
        id: `w${at}`,
        text,
        verb: "update",
        calls: 1,
        total_ms: null,
        rows: null,
        executions: [],
        prepared: false,
        origins: [],
      })),
      patterns: [],
      leftOut: [],
    },
    plans: (example.plans ?? []).map((text, at) => ({
      query: `q${at}`,
      plan: readQueryPlan(readTextPlan(text)),
      calls: 1,
    })),
  };
}

describe.each(SETTING_RULES.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  it.each(rule.examples.map((example) => [example.about, example] as const))("%s", async (_, example) => {
    const { advice, notAdvised, unseen } = await proposeSettings(inputOf(example));
    const own = advice.filter((one) => one.rule === id);
    expect(own.map(({ sql }) => sql)).toEqual(example.advises);
    const told = [...notAdvised, ...unseen].map(({ what }) => what);
    for (const what of example.tells ?? []) expect(told).toContain(what);
    for (const one of own) {
      expect(Object.keys(one.figures).length).toBeGreaterThan(0);
      expect(one.claim).not.toBe("");
      expect(one.source).not.toBe("");
    }
  });
});
