import { describe, expect, it } from "vitest";
import { statementForm } from "./fingerprint.ts";

describe("a statement's form", () => {
  it.each([
    ["SELECT * FROM task WHERE id = 7", "select", "SELECT * FROM task WHERE id = $1"],
    ["SELECT * FROM task WHERE id = $1 AND title = 'x'", "select", "SELECT * FROM task WHERE id = $1 AND title = $2"],
    ["WITH gone AS (DELETE FROM task RETURNING id) SELECT * FROM gone", "delete", null],
    ["SELECT 1 INTO scratch", "other", null],
    ["INSERT INTO task VALUES (1), (2)", "insert", null],
    ["MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN DELETE", "merge", null],
    ["BEGIN", "other", null],
  ])("%s is a %s", async (sql, verb, text) => {
    const form = await statementForm(sql);
    expect(form?.verb).toBe(verb);
    if (text !== null) expect(form?.text).toBe(text);
  });

  it("is shared by statements that differ in constants and in the length of lists", async () => {
    const [first, second, other] = await Promise.all(
      ["SELECT 1 FROM t WHERE a IN (1, 2)", "select 1 from t where a in (7,8,9)", "SELECT 1 FROM t WHERE b IN (1)"].map(
        (sql) => statementForm(sql),
      ),
    );
    expect(first?.id).toBe(second?.id);
    expect(first?.id).not.toBe(other?.id);
  });

  it.each(["SELEC 1", "", "-- nothing", "SELECT 1; SELECT 2"])("is none for %j", async (sql) => {
    expect(await statementForm(sql)).toBeNull();
  });
});
