import { expect, test } from "vitest";
import type { Workload } from "../../model/workload.ts";
import { WorkloadCollector } from "./collector.ts";
import { addLog, logFormatOf } from "./log.ts";

// As PostgreSQL 15 wrote them with log_min_duration_statement = 0 and auto_explain, shortened.
const at = (ms: number): string =>
  `2026-11-20 17:11:5${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, "0")} UTC`;
const stderr = (ms: number, text: string, pid = 23737): string =>
  `${at(ms)} [${pid}] ${text.replaceAll("\n", "\n\t")}\n`;

function execution(ms: number, sql: string, value: string): string {
  return [
    stderr(ms, `LOG:  duration: 0.020 ms  parse <unnamed>: ${sql}`),
    stderr(ms, `LOG:  duration: 0.030 ms  bind <unnamed>: ${sql}`),
    stderr(ms, `DETAIL:  parameters: $1 = ${value}`),
    stderr(ms, `LOG:  duration: 2.000 ms  execute <unnamed>: ${sql}`),
    stderr(ms, `DETAIL:  parameters: $1 = ${value}`),
    stderr(
      ms,
      `LOG:  duration: 1.990 ms  plan:\nQuery Text: ${sql}\nSeq Scan on task  (cost=0.00..359.00 rows=40 width=14)`,
    ),
  ].join("");
}

async function read(text: string): Promise<Workload> {
  const format = logFormatOf(text);
  if (format === null) throw new Error("no log");
  const collector = await WorkloadCollector.create();
  const { span_s, patterns } = await addLog(collector, text.split("\n"), format, "server.log");
  return collector.workload("server.log", span_s, patterns);
}

const summary = (workload: Workload): unknown =>
  workload.queries.map(({ text, calls, total_ms, executions }) => [
    text,
    calls,
    total_ms,
    executions.map((one) => one.values),
  ]);

test.each<[string, string, unknown]>([
  [
    "an execution in the extended protocol counts once, though it is told of five times",
    execution(0, "SELECT * FROM task WHERE owner = $1", "'O''Hara, \"x\"'"),
    [["SELECT * FROM task WHERE owner = $1", 1, 2, [['O\'Hara, "x"']]]],
  ],
  [
    "in the simple protocol the plan comes first",
    stderr(
      0,
      "LOG:  duration: 0.7 ms  plan:\nQuery Text: SELECT 1 FROM task WHERE id = 5\nSeq Scan on task  (cost=0.00..1.00 rows=1 width=4)",
    ) + stderr(1, "LOG:  duration: 0.9 ms  statement: SELECT 1 FROM task WHERE id = 5"),
    [["SELECT $1 FROM task WHERE id = $2", 1, 0.9, [[]]]],
  ],
  [
    "auto_explain alone is enough",
    stderr(
      0,
      'LOG:  duration: 0.7 ms  plan:\n{\n  "Query Text": "SELECT id FROM task WHERE id = $1",\n  "Query Parameters": "$1 = \'5\'",\n  "Plan": {}\n}',
    ),
    [["SELECT id FROM task WHERE id = $1", 1, 0.7, [["5"]]]],
  ],
  [
    "a statement and the duration that follows it",
    stderr(0, "LOG:  statement: DELETE FROM task\nWHERE id = 3") + stderr(4, "LOG:  duration: 4.5 ms"),
    [["DELETE FROM task\nWHERE id = $1", 1, 4.5, [[]]]],
  ],
  [
    "other sessions in between",
    stderr(0, "LOG:  statement: DELETE FROM task WHERE id = 3") +
      stderr(1, "LOG:  duration: 1 ms  statement: SELECT 1", 99) +
      stderr(4, "LOG:  duration: 4.5 ms"),
    [
      ["DELETE FROM task WHERE id = $1", 1, 4.5, [[]]],
      ["SELECT $1", 1, 1, [[]]],
    ],
  ],
  [
    "a null and a value that the log cut short",
    stderr(0, "LOG:  duration: 1 ms  execute a: UPDATE task SET title = $1 WHERE id = $2") +
      stderr(0, "DETAIL:  parameters: $1 = NULL, $2 = '7'") +
      stderr(1, "LOG:  duration: 1 ms  execute a: UPDATE task SET title = $1 WHERE id = $2") +
      stderr(1, "DETAIL:  parameters: $1 = 'aaaa...', $2 = '8'"),
    [["UPDATE task SET title = $1 WHERE id = $2", 2, 2, [[null, "7"]]]],
  ],
  [
    "several statements in one message share its time",
    stderr(
      0,
      "LOG:  duration: 4 ms  statement: BEGIN; DELETE FROM task WHERE id = 9; DELETE FROM person WHERE id = 9; COMMIT",
    ),
    [
      ["DELETE FROM task WHERE id = $1", 1, 2, [[]]],
      ["DELETE FROM person WHERE id = $1", 1, 2, [[]]],
    ],
  ],
])("stderr: %s", async (_, text, expected) => {
  expect(summary(await read(text))).toEqual(expected);
});

test("csvlog and jsonlog tell the same", async () => {
  const message = 'duration: 3.5 ms  execute q: SELECT "a b" FROM task WHERE title = $1';
  const detail = "parameters: $1 = 'two\nlines, \"quoted\"'";
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const csv = `${at(0)},"app","shop",7,"[local]",6b007f5a.5cb9,4,"SELECT",${at(0)},3/1,0,LOG,00000,${quoted(message)},${quoted(detail)},,,,,,,,"","client backend",,0\n`;
  const json = `${JSON.stringify({ timestamp: at(0), pid: 7, session_id: "6b007f5a.5cb9", error_severity: "LOG", message, detail })}\n`;
  const expected = [['SELECT "a b" FROM task WHERE title = $1', 1, 3.5, [['two\nlines, "quoted"']]]];
  expect(summary(await read(csv))).toEqual(expected);
  expect(summary(await read(json))).toEqual(expected);
});

test("one statement for each row of another, and the same again and again", async () => {
  const loop = Array.from({ length: 20 }, (_, n) => execution(n, "SELECT * FROM task WHERE owner = $1", `'${n}'`)).join(
    "",
  );
  const again = Array.from({ length: 15 }, (_, n) =>
    execution(30 + n, "SELECT * FROM setting WHERE name = $1", "'x'"),
  ).join("");
  const { patterns, queries, span_s } = await read(
    stderr(0, "LOG:  duration: 1 ms  statement: SELECT id FROM person") + loop + again,
  );
  expect(span_s).toBeCloseTo(0.044);
  const named = patterns.map(({ kind, queries: ids }) => [
    kind,
    ids.map((id) => queries.find((one) => one.id === id)?.text),
  ]);
  expect(named).toEqual([
    ["n-plus-one", ["SELECT * FROM task WHERE owner = $1", "SELECT id FROM person"]],
    ["duplicate-round-trip", ["SELECT * FROM setting WHERE name = $1"]],
  ]);
});

test("pauses end a burst", async () => {
  const slow = Array.from({ length: 9 }, (_, n) =>
    execution(n * 1_050, "SELECT * FROM task WHERE owner = $1", `'${n}'`),
  ).join("");
  expect((await read(slow)).patterns).toEqual([]);
});

test("a broken csvlog and jsonlog are refused with their line", async () => {
  const collector = await WorkloadCollector.create();
  await expect(addLog(collector, ["{}", "{"], "jsonlog", "a.json")).rejects.toThrow(
    "a.json:2: the line is no JSON object",
  );
  await expect(addLog(collector, ["a,b,c"], "csvlog", "a.csv")).rejects.toThrow("a.csv:1: a record of 3 fields");
});

test("what is no log is known as none", () => {
  expect(logFormatOf("SELECT 1;\nSELECT 2;\n")).toBeNull();
});

test("only a statement with a name is one that the application prepares", async () => {
  const { queries } = await read(
    stderr(0, "LOG:  duration: 1 ms  execute <unnamed>: SELECT 1 FROM task WHERE id = $1") +
      stderr(1, "LOG:  duration: 1 ms  execute by_id: SELECT title FROM task WHERE id = $1"),
  );
  expect(queries.map(({ text, prepared }) => [text, prepared])).toEqual([
    ["SELECT $2 FROM task WHERE id = $1", false],
    ["SELECT title FROM task WHERE id = $1", true],
  ]);
});
