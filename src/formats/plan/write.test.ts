import { expect, test } from "vitest";
import type { Plan, Step } from "../../model/plan.ts";
import { splitScript } from "../../sql/split.ts";
import { writePlan } from "./write.ts";

const PLAN: Plan = {
  engine: { name: "postgres", version: "18.4" },
  steps: [],
  irreversible: [],
  unreachable: [],
  likelyRenames: [],
  uncompared: [],
};
const STEP: Step = {
  sql: "ALTER TABLE public.t ADD COLUMN a text",
  undo: ["ALTER TABLE public.t DROP COLUMN a"],
  irreversible: null,
  cause: null,
  strategy: null,
  phase: "expand",
  transactional: true,
  transaction: 1,
  lockTimeout_ms: 2000,
  statementTimeout_ms: null,
  batch: null,
  cleanup: [],
  compatible: { old: true, new: true },
  note: null,
  locks: [{ relation: "public.t", mode: "ACCESS EXCLUSIVE" }],
  rewrites: [],
  scans: [],
  losesData: null,
};
const NAMES = { from: "old.sql", to: "new.sql" };

const kinds = (text: string): readonly string[] =>
  splitScript(text)
    .filter(({ kind }) => kind !== "blank")
    .map((part) => part.text.trim());

test("a plan without steps is comments alone", () => {
  const text = writePlan({ ...PLAN, uncompared: ["thing x\n; DROP TABLE t"] }, NAMES);
  expect(kinds(text)).toEqual([]);
  expect(text).toContain("There is nothing to do");
  expect(text).toContain("Not compared: thing x ; DROP TABLE t");
});

test("steps of one transaction stand between BEGIN and COMMIT, others outside", () => {
  const outside = {
    ...STEP,
    sql: "CREATE INDEX CONCURRENTLY i ON public.t (a)",
    transactional: false,
    transaction: null,
  };
  const lost = {
    ...STEP,
    sql: "DROP TABLE public.u",
    losesData: "the table public.u",
    irreversible: "rows",
    transaction: 2,
  };
  const text = writePlan({ ...PLAN, steps: [STEP, { ...STEP, sql: "SELECT 1" }, outside, lost] }, NAMES);
  expect(kinds(text)).toEqual([
    String.raw`\set ON_ERROR_STOP on`,
    "SET lock_timeout = '2000ms';",
    "BEGIN;",
    `${STEP.sql};`,
    "SELECT 1;",
    "COMMIT;",
    `${outside.sql};`,
    "DROP TABLE public.u;",
  ]);
  expect(text).toContain("-- Step 4 DESTROYS the table public.u");
  expect(text).toContain("-- dbwright:step 1 phase=expand transaction=1 lock-timeout=2s");
});

test("what a source is called cannot become a statement", () => {
  const text = writePlan({ ...PLAN, steps: [STEP] }, { from: "a\nDROP TABLE t;", to: "dbwright:step 9" });
  expect(kinds(text)).not.toContain("DROP TABLE t;");
});
