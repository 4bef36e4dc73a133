import { describe, expect, test } from "vitest";
import { base, columnObject, constraintObject, indexObject, tableObject } from "../formats/fixtures.test-data.ts";
import type { CatalogObject, PolicyObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import type { Step } from "../model/plan.ts";
import { ref } from "../model/ref.ts";
import { withOutages } from "./outages.ts";

const t = tableObject("t");

const view: CatalogObject = {
  ...ref("view", "v", { schema: "public" }),
  ...base,
  kind: "view",
  materialised: false,
  columns: [],
  definition: "SELECT 1",
  options: {},
};

const policy = (permissive: boolean): PolicyObject => ({
  ...ref("policy", "p", { schema: "public", table: "t" }),
  ...base,
  kind: "policy",
  table: "t",
  command: "all",
  permissive,
  roles: ["public"],
  using: "true",
  check: null,
});

function step(cause: Change | null, transaction: number | null, note: string | null = null): Step {
  return {
    sql: "SELECT 1",
    undo: [],
    irreversible: null,
    cause,
    strategy: null,
    phase: "migrate",
    transactional: true,
    transaction,
    lockTimeout_ms: null,
    statementTimeout_ms: null,
    batch: null,
    cleanup: [],
    losesData: null,
    locks: [],
    rewrites: [],
    scans: [],
    compatible: { old: true, new: true },
    note,
  };
}

const gone = (object: CatalogObject, transaction: number | null, note: string | null = null): Step =>
  step({ type: "drop", object }, transaction, note);
const back = (object: CatalogObject, transaction: number | null): Step => step({ type: "create", object }, transaction);
const other = step({ type: "create", object: columnObject(t, 1, "a", "integer") }, null);

const fails = (steps: readonly Step[]): readonly boolean[] =>
  steps.map(({ compatible: { old, new: since } }) => !old && !since);

describe("what code relies on by name", () => {
  test("nothing is said of what one transaction drops and builds again", () => {
    const steps = [gone(view, 1), other, back(view, 1)];
    expect(withOutages(steps)).toBe(steps);
    const alone = [gone(view, 1), other];
    expect(withOutages(alone)).toBe(alone);
  });

  test.for([
    [1, 2],
    [null, null],
    [1, null],
    [null, 1],
  ] as const)("between transactions %s and %s no code is called compatible", ([one, two]) => {
    const steps = withOutages([other, gone(view, one, "slow"), other, back(view, two), other]);
    expect(fails(steps)).toEqual([false, true, true, false, false]);
    expect(steps[1]?.note).toBe(
      "slow; until 2 steps on, view public.v is not there: run all until then in one go, or in a maintenance window",
    );
    expect(steps[2]?.note).toBe(null);
  });

  test("so it is for a name that its bearer leaves", () => {
    const cause: Change = { type: "rename", before: t, to: ref("table", "u", { schema: "public" }) };
    expect(fails(withOutages([step(cause, 1), back(t, 2)]))).toEqual([true, false]);
  });
});

const index = (unique: boolean): CatalogObject => indexObject(t, "i", ["a"], { unique });

test.for<readonly [CatalogObject, RegExp]>([
  [constraintObject(t, "c", "check", ["a"]), /^until 2 steps on, constraint public\.t\.c is not enforced/],
  [index(false), /^until 2 steps on, index public\.t\.i is not there: queries do without it$/],
  [index(true), /rows may come in that it forbids/],
  [policy(true), /rows that it alone shows are hidden$/],
  [policy(false), /rows that it hides can be seen/],
])("of what code does not name it is said what lacks", ([object, note]) => {
  const steps = withOutages([gone(object, 1), other, back(object, 2)]);
  expect(fails(steps)).toEqual([false, false, false]);
  expect(steps[0]?.note).toMatch(note);
});
