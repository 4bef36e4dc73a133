import type { TableView } from "../../model/catalog-view.ts";
import type { TableActivity } from "../../model/statistics.ts";
import { qualified } from "../../sql/identifier.ts";
import type { SettingFacts } from "./facts.ts";
import { shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** From so many rows on a fifth of the table is a lot of dead rows before anybody cleans. */
const LARGE_ROWS = 1_000_000;
/** Dead or new rows at which a large table is to be cleaned. */
const WANTED_ROWS = 100_000;
/** Changes beyond which cleaning matters. */
const CHANGES_SHARE_MIN = 0.05;
/** Share of pages known as all visible below which index-only scans read the table all the same. */
const VISIBLE_SHARE_MAX = 0.9;
const DEFAULT_SHARE = 0.2;
/** Half of autovacuum_freeze_max_age's default, at which a vacuum is forced. */
const FROZEN_AGE_MIN = 100_000_000;
const TABLE_STORES: readonly string[] = ["autovacuum_enabled", "autovacuum_vacuum_scale_factor"];

const WHY_NOT_TRIED =
  "what cleaning comes to shows over days of production's own writes, which a scratch server does not have";

const shareFor = (rows: number): number => Number(Math.max(0.001, Math.min(0.1, WANTED_ROWS / rows)).toPrecision(1));

const listed = (settings: readonly (readonly [string, string | number])[]): string =>
  settings.map(([key, value]) => `${key} = ${value}`).join(", ");

// What was stated before is stated again; the rest goes back to the server's own.
function undoOf(target: string, keys: readonly string[], before: Readonly<Record<string, string>>): readonly string[] {
  const [had, fresh] = [
    keys.filter((key) => before[key] !== undefined),
    keys.filter((key) => before[key] === undefined),
  ];
  return [
    ...(had.length === 0 ? [] : [`${target} SET (${listed(had.map((key) => [key, before[key] ?? ""]))})`]),
    ...(fresh.length === 0 ? [] : [`${target} RESET (${fresh.join(", ")})`]),
  ];
}

function* ofTable(facts: SettingFacts, table: TableView, activity: TableActivity): Generator<SettingFinding> {
  const size = facts.sizeOf(table);
  const rows = Math.max(activity.liveRows, size?.rows ?? 0);
  const { schema, name, options } = table.table;
  const target = `ALTER TABLE ${qualified(schema, name)}`;
  const alter = (
    settings: Readonly<Record<string, string | number>>,
    reason: string,
    figures: Record<string, number>,
  ): SettingFinding => ({
    advice: {
      what: "autovacuum",
      sql: `${target} SET (${listed(Object.entries(settings))})`,
      follow: [],
      undo: undoOf(target, Object.keys(settings), options),
      reason,
      figures,
      claim: "the table is cleaned more often, in smaller pieces",
      queries: [],
      trial: { kind: "none", why: WHY_NOT_TRIED },
    },
  });
  if (options["autovacuum_enabled"] === "false")
    yield alter(
      { autovacuum_enabled: "true" },
      `autovacuum is switched off for ${qualified(schema, name)}, with ${shortNumber(activity.deadRows)} dead rows`,
      { dead_rows: activity.deadRows },
    );
  if (rows < LARGE_ROWS || TABLE_STORES.some((store) => options[store] !== undefined)) return;
  const changed = activity.updated + activity.deleted;
  const share = shareFor(rows);
  if (changed >= CHANGES_SHARE_MIN * rows)
    yield alter(
      {
        autovacuum_vacuum_scale_factor: share,
        ...(options["autovacuum_analyze_scale_factor"] === undefined ? { autovacuum_analyze_scale_factor: share } : {}),
      },
      `${qualified(schema, name)} has ${shortNumber(rows)} rows: with the server's default it is cleaned when ${shortNumber(DEFAULT_SHARE * rows)} of them are dead (${shortNumber(activity.deadRows)} are now)`,
      { rows, changed_rows: changed, dead_rows: activity.deadRows },
    );
  const visible = size === null || size.pages === 0 ? null : size.allVisiblePages / size.pages;
  if (options["autovacuum_vacuum_insert_scale_factor"] !== undefined || changed > 0.1 * activity.inserted) return;
  if (activity.inserted >= CHANGES_SHARE_MIN * rows && visible !== null && visible < VISIBLE_SHARE_MAX) {
    const age = activity.frozenAge ?? 0;
    const freeze = age >= FROZEN_AGE_MIN ? { autovacuum_freeze_min_age: 0 } : {};
    yield alter(
      { autovacuum_vacuum_insert_scale_factor: share, ...freeze },
      `${qualified(schema, name)} is only added to, and ${shortNumber(100 * visible)} % of its pages are known as all visible: index-only scans read the others` +
        (age >= FROZEN_AGE_MIN
          ? `; its oldest rows wait for ${shortNumber(age)} transactions to be frozen, which a forced vacuum will do all at once`
          : ""),
      { rows, inserted_rows: activity.inserted, visible_percent: Math.round(100 * visible), frozen_age: age },
    );
  }
}

function* find(facts: SettingFacts): Generator<SettingFinding> {
  for (const table of facts.view.tables) {
    const activity = facts.activityOf(table);
    if (activity !== null && table.table.partitionBy === null) yield* ofTable(facts, table, activity);
  }
}

const ID = { id: { type: "integer" } } as const;

/** Autovacuum of single tables: large ones that change, and large ones that are only added to. */
export const autovacuum: SettingRule = {
  id: "autovacuum",
  title: "A large table that is cleaned too late",
  mechanism:
    "Autovacuum comes when a fifth of the rows are dead (or new, for tables that are only added to). Of a large table that is very many: scans read them, the next cleaning is long, and pages are not marked as all visible.",
  source:
    "PostgreSQL manual, 24.1.6 The Autovacuum Daemon (threshold = 50 + 0.2 × rows; 1,000 + 0.2 × rows for inserts) and 24.1.5 on freezing static tables early",
  examples: [
    {
      about: "two million rows, a tenth of them changed",
      tables: {
        task: { rows: 2_000_000, columns: ID, activity: { updated: 200_000, deadRows: 90_000, liveRows: 2_000_000 } },
      },
      advises: [
        "ALTER TABLE public.task SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)",
      ],
    },
    {
      about: "a large log that is only added to",
      tables: {
        log: {
          rows: 50_000_000,
          pages: 500_000,
          allVisiblePages: 200_000,
          columns: ID,
          activity: { inserted: 9_000_000, liveRows: 50_000_000, frozenAge: 150_000_000 },
        },
      },
      advises: [
        "ALTER TABLE public.log SET (autovacuum_vacuum_insert_scale_factor = 0.002, autovacuum_freeze_min_age = 0)",
      ],
    },
    {
      about: "switched off",
      tables: {
        task: { rows: 1000, columns: ID, options: { autovacuum_enabled: "false" }, activity: { deadRows: 500 } },
      },
      advises: ["ALTER TABLE public.task SET (autovacuum_enabled = true)"],
    },
    {
      about: "a small table: a fifth of it is little",
      tables: { task: { rows: 20_000, columns: ID, activity: { updated: 20_000, liveRows: 20_000 } } },
      advises: [],
    },
    {
      about: "a large table that hardly changes",
      tables: { task: { rows: 2_000_000, columns: ID, activity: { updated: 100, liveRows: 2_000_000 } } },
      advises: [],
    },
  ],
  find,
};
