import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planNodes } from "../../model/query-plan.ts";
import type { QueryPlan } from "../../model/query-plan.ts";
import type { Session } from "./driver.ts";
import { readQueryPlan, readQueryPlans } from "./explain.ts";
import { openPlace } from "./testing.test-data.ts";
import type { Place } from "./testing.test-data.ts";

const SQL = `
  CREATE TABLE parent (id integer PRIMARY KEY, kind text NOT NULL);
  CREATE TABLE child (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent, n integer);
  CREATE INDEX child_parent_ix ON child (parent_id);
  INSERT INTO parent SELECT n, 'k' || n % 3 FROM generate_series(1, 500) AS n;
  INSERT INTO child SELECT n, 1 + n % 500, n FROM generate_series(1, 20000) AS n;
  CREATE TABLE log (n integer);
  CREATE VIEW both_of AS SELECT id FROM parent;
  CREATE RULE logged AS ON UPDATE TO parent DO ALSO INSERT INTO log VALUES (new.id);
  ANALYZE;`;

describe.each([18])("plans of PostgreSQL %i", (major) => {
  let place: Place;
  let session: Session;
  const explain = async (options: string, sql: string): Promise<unknown> => {
    const result = await session.query<{ "QUERY PLAN": unknown }>(`EXPLAIN (FORMAT JSON${options}) ${sql}`);
    return result.rows[0]?.["QUERY PLAN"];
  };
  const plan = async (options: string, sql: string): Promise<QueryPlan> => readQueryPlan(await explain(options, sql));

  beforeAll(async () => {
    place = await openPlace(major);
    session = place.first;
    await session.execute(SQL);
  });
  afterAll(async () => {
    await place.close();
  });

  it("tells relation, index, cost and rows", async () => {
    const { root, planning_ms, jit } = await plan(", VERBOSE", "SELECT * FROM child AS c WHERE parent_id = 7");
    expect(planning_ms).toBeNull();
    expect(jit).toBeNull();
    const node = planNodes(root).find((one) => one.relation !== null);
    expect(node?.relation).toEqual({ schema: "public", name: "child", alias: "c" });
    expect(planNodes(root).map((one) => one.index)).toContain("child_parent_ix");
    expect(root.cost.total).toBeGreaterThan(root.cost.startup);
    expect(root.rows).toBe(40);
    expect(root.width_bytes).toBe(12);
    expect(root.actual).toBeNull();
    expect(root.relationship).toBeNull();
    expect(node?.details["Alias"]).toBeUndefined();
  });

  it("numbers nodes as printed, and sums loops", async () => {
    await session.execute("SET enable_hashjoin = off");
    const { root, settings } = await plan(
      ", ANALYZE, BUFFERS, SETTINGS",
      "SELECT * FROM parent AS p, LATERAL (SELECT n FROM child WHERE parent_id = p.id AND n % 2 = 0 OFFSET 0) AS c WHERE p.id <= 50",
    );
    await session.execute("RESET ALL");
    const nodes = planNodes(root);
    expect(nodes.map((one) => one.id)).toEqual(nodes.map((_, index) => index + 1));
    const inner = nodes.find((one) => one.relation?.name === "child");
    expect(inner?.actual?.loops).toBe(50);
    // Forty of each; of every second parent all are odd, which the filter takes away.
    expect(inner?.actual?.rows).toBe(1_000);
    expect(inner?.actual?.rowsRemoved).toBe(1_000);
    expect(inner?.actual?.total_ms).toBeGreaterThanOrEqual(inner?.actual?.startup_ms ?? Infinity);
    expect(root.buffers?.sharedHit).toBeGreaterThan(0);
    expect(settings["enable_hashjoin"]).toBe("off");
  });

  it("tells what never ran, what was not timed, and triggers", async () => {
    const never = await plan(
      ", ANALYZE, TIMING OFF",
      "SELECT * FROM parent WHERE kind = 'none' AND EXISTS (SELECT FROM child WHERE n < 0 AND parent.id = parent_id)",
    );
    expect(never.root.actual).toMatchObject({ loops: 1, rows: 0, total_ms: null });
    expect(planNodes(never.root).some((node) => node.actual?.loops === 0)).toBe(true);
    await session.execute("BEGIN");
    const written = await plan(", ANALYZE", "DELETE FROM parent WHERE id = 501");
    const insert = await plan(", ANALYZE", "INSERT INTO child VALUES (-1, 1, 1)");
    await session.execute("ROLLBACK");
    expect(written.root).toMatchObject({ kind: "ModifyTable", details: { Operation: "Delete" } });
    expect(insert.triggers).toMatchObject([{ relation: "child", calls: 1 }]);
  });

  it("reads the plans that a rule adds, JIT, and text", async () => {
    const added = readQueryPlans(await explain("", "UPDATE parent SET kind = 'x' WHERE id = 1"));
    expect(added.map((one) => one.root.details["Operation"])).toEqual(["Insert", "Update"]);
    await session.execute("SET jit = on; SET jit_above_cost = 0");
    const jitted = await explain(", ANALYZE", "SELECT sum(n) FROM child");
    await session.execute("RESET ALL");
    // Where the server was built without it, it says nothing.
    const { jit } = readQueryPlan(jitted);
    if (jit !== null) expect(jit.total_ms).toBeGreaterThan(0);
    expect(readQueryPlan(JSON.stringify(jitted))).toEqual(readQueryPlan(jitted));
    expect(readQueryPlan((jitted as unknown[])[0])).toEqual(readQueryPlan(jitted));
  });
});

describe("what is no plan", () => {
  const deep = (levels: number): unknown => {
    let node: Record<string, unknown> = { "Node Type": "Result", "Total Cost": 1 };
    for (let level = 1; level < levels; level++) node = { "Node Type": "Append", "Total Cost": 1, Plans: [node] };
    return [{ Plan: node }];
  };
  it.each([
    [null],
    [[]],
    ["Seq Scan on task"],
    [["Utility Statement"]],
    [[{ "Planning Time": 1 }]],
    [[{ Plan: { "Total Cost": 1 } }]],
    [[{ Plan: { "Node Type": "Result" } }]],
    [deep(5_000)],
  ])("is refused with what was expected", (value) => {
    expect(() => readQueryPlan(value)).toThrow(/this is no plan.*\n.*FORMAT JSON/);
  });
  it("a deep plan is read", () => {
    expect(planNodes(readQueryPlan(deep(900)).root)).toHaveLength(900);
  });
});
