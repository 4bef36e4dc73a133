import type { TableView } from "../../model/catalog-view.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import type { SettingFacts } from "./facts.ts";
import { shortNumber } from "./setting-rule.ts";
import type { SettingFinding, SettingRule } from "./setting-rule.ts";

/** Fewer updates tell nothing. */
const UPDATES_MIN = 10_000;
/** Share of updates that stay on their page from which on there is room enough. */
const HOT_SHARE_MAX = 0.5;
const WANTED = 90;

// A column in a key, a predicate or (before PostgreSQL 16 for BRIN, too) an expression of an index.
function indexOn({ indexes }: TableView, column: string): string | null {
  const named = new RegExp(
    String.raw`(?<![\w"])"?${column.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}"?(?![\w"])`,
  );
  for (const { name, keys, include, predicate, method } of indexes) {
    // Heap-only updates go on where only a summarising index has the column, since PostgreSQL 16.
    if (method === "brin") continue;
    if (keys.some((key) => key.column === column) || include.includes(column)) return name;
    if ([...keys.map((key) => key.expression), predicate].some((text) => text !== null && named.test(text)))
      return name;
  }
  return null;
}

function* find(facts: SettingFacts): Generator<SettingFinding> {
  for (const own of facts.view.tables) {
    const activity = facts.activityOf(own);
    if (activity === null || activity.updated < UPDATES_MIN) continue;
    const { schema, name, options } = own.table;
    const share = activity.hotUpdated / activity.updated;
    if (share >= HOT_SHARE_MAX || options["fillfactor"] !== undefined) continue;
    const what = `fillfactor of ${qualified(schema, name)}`;
    const figures = { updates: activity.updated, hot_percent: Math.round(100 * share) };
    const updated = facts.updated.get(JSON.stringify([schema, name]));
    if (updated === undefined) {
      yield {
        unseen: {
          what,
          why: `${shortNumber(100 * share)} % of ${shortNumber(activity.updated)} updates stay on their page, but no update of it is in the workload: whether it changes an indexed column is not known`,
        },
      };
      continue;
    }
    const touched = [...updated].flatMap((column) => {
      const index = indexOn(own, column);
      return index === null ? [] : [{ column, index }];
    });
    if (touched.length > 0) {
      const [first] = touched;
      yield {
        notAdvised: {
          what,
          why: `updates write ${ident(first?.column ?? "")}, which the index ${ident(first?.index ?? "")} holds: room on the page would not help, each such update goes to every index`,
        },
      };
      continue;
    }
    yield {
      advice: {
        what: "fillfactor",
        sql: `ALTER TABLE ${qualified(schema, name)} SET (fillfactor = ${WANTED})`,
        follow: [],
        undo: [`ALTER TABLE ${qualified(schema, name)} RESET (fillfactor)`],
        reason: `only ${shortNumber(100 * share)} % of ${shortNumber(activity.updated)} updates of ${qualified(schema, name)} stay on their page, though none in the workload writes an indexed column: pages are full`,
        figures,
        claim: "with room left on each page, most updates stay there and touch no index",
        queries: [],
        trial: {
          kind: "none",
          why: "it holds for pages written from now on (or after VACUUM FULL), and shows under production's own updates only",
        },
      },
    };
  }
}

const TASK = {
  rows: 100_000,
  columns: { id: { type: "integer" }, state: { type: "text" }, note: { type: "text" } },
  indexes: { task_state: ["state"] },
} as const;

/** Room on the pages of tables whose updates could stay there and do not. */
export const fillfactor: SettingRule = {
  id: "fillfactor",
  title: "Updates that leave their page for want of room",
  mechanism:
    "An update that changes no indexed column leaves all indexes alone if the new row finds room on the old one's page. On full pages it goes elsewhere, and every index gets an entry.",
  source:
    "PostgreSQL manual, 66.7 Heap-Only Tuples and CREATE TABLE … fillfactor; 90 leaves room for one in ten rows of a page, which pruning gives back",
  examples: [
    {
      about: "updates of a column without an index, few of them heap-only",
      tables: { task: { ...TASK, activity: { updated: 500_000, hotUpdated: 60_000 } } },
      writes: ["UPDATE task SET note = $1 WHERE id = $2"],
      advises: ["ALTER TABLE public.task SET (fillfactor = 90)"],
    },
    {
      about: "updates of an indexed column: room does not help",
      tables: { task: { ...TASK, activity: { updated: 500_000, hotUpdated: 60_000 } } },
      writes: ["UPDATE task SET state = $1 WHERE id = $2"],
      advises: [],
      tells: ["fillfactor of public.task"],
    },
    {
      about: "most updates are heap-only already",
      tables: { task: { ...TASK, activity: { updated: 500_000, hotUpdated: 460_000 } } },
      writes: ["UPDATE task SET note = $1 WHERE id = $2"],
      advises: [],
    },
    {
      about: "no update is in the workload",
      tables: { task: { ...TASK, activity: { updated: 500_000, hotUpdated: 60_000 } } },
      advises: [],
      tells: ["fillfactor of public.task"],
    },
  ],
  find,
};
