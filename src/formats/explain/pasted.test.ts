import { expect, test } from "vitest";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import { planNodes } from "../../model/query-plan.ts";
import { readPastedPlan } from "./pasted.ts";
import { isTextPlan } from "./read.ts";

const TEXT = [
  "Limit  (cost=0.29..17.39 rows=5 width=8) (actual time=0.048..0.143 rows=5 loops=1)",
  "  ->  Seq Scan on t  (cost=0.29..20104.10 rows=5880 width=8) (actual time=0.048..0.141 rows=5 loops=1)",
  "        Filter: (\"a b\" = 'x'::text)",
  "Planning Time: 1.000 ms",
  "Execution Time: 2.000 ms",
];
const JSON_PLAN = [
  {
    Plan: {
      "Node Type": "Limit",
      "Startup Cost": 0.29,
      "Total Cost": 17.39,
      "Plan Rows": 5,
      "Plan Width": 8,
      "Actual Startup Time": 0.048,
      "Actual Total Time": 0.143,
      "Actual Rows": 5,
      "Actual Loops": 1,
      Plans: [
        {
          "Node Type": "Seq Scan",
          "Parent Relationship": "Outer",
          "Relation Name": "t",
          Alias: "t",
          "Startup Cost": 0.29,
          "Total Cost": 20104.1,
          "Plan Rows": 5880,
          "Plan Width": 8,
          "Actual Startup Time": 0.048,
          "Actual Total Time": 0.141,
          "Actual Rows": 5,
          "Actual Loops": 1,
          Filter: "(\"a b\" = ''::text)",
        },
      ],
    },
    "Planning Time": 1,
    "Execution Time": 2,
  },
];

const json = JSON.stringify(JSON_PLAN, null, 2);
const framed = (lines: readonly string[], bar: string): string =>
  ["┌────┐", `${bar} QUERY PLAN ${bar}`, ...lines.map((line) => `${bar} ${line.padEnd(120)} ${bar}`)].join("\n");
const expanded = (lines: readonly string[]): string =>
  lines.map((line, row) => `-[ RECORD ${row + 1} ]------\nQUERY PLAN | ${line}`).join("\n");
const csv = (text: string): string => `QUERY PLAN\n"${text.replaceAll('"', '""')}"\n`;

const PASTED: Readonly<Record<string, string>> = {
  "psql's table": ["   QUERY PLAN", "------", ...TEXT.map((line) => ` ${line}`), "(5 rows)", ""].join("\n"),
  "a frame of bars": framed(TEXT, "|"),
  "a frame of lines": framed(TEXT, "│"),
  "psql's expanded form": expanded(TEXT),
  "lines of CSV": ["QUERY PLAN", ...TEXT.map((line) => `"${line.replaceAll('"', '""')}"`)].join("\r\n"),
  "a mail's answer": TEXT.map((line) => `> ${line}`).join("\n"),
  "a fence": ["```", ...TEXT, "```"].join("\n"),
  "blanks that do not break": TEXT.join("\n").replaceAll("  ", "\u00A0 "),
  "a grid's rows": JSON.stringify(TEXT.map((line) => ({ "QUERY PLAN": line }))),
  "a grid's rows in an object": JSON.stringify({ "EXPLAIN …": TEXT.map((line) => ({ "QUERY PLAN": line })) }),
  JSON: json,
  "one line of JSON": JSON.stringify(JSON_PLAN),
  "JSON in psql": ["   QUERY PLAN", "----", ...json.split("\n").map((line) => ` ${line} +`), "(1 row)"].join("\n"),
  "JSON in psql's expanded form": `-[ RECORD 1 ]---\n${json
    .split("\n")
    .map((line, row) => `${row === 0 ? "QUERY PLAN" : "          "} | ${line} +`)
    .join("\n")}`,
  "JSON in CSV": csv(json),
  "JSON as a string": JSON.stringify(json),
  "JSON in a grid": JSON.stringify([{ "QUERY PLAN": json }]),
  "the plan's root alone": JSON.stringify(JSON_PLAN[0]?.Plan),
};

test.each(Object.keys(PASTED))("a plan in %s", (name) => {
  const plan = readQueryPlan(readPastedPlan(PASTED[name] ?? ""));
  expect(planNodes(plan.root).map(({ kind, rows, actual }) => [kind, rows, actual?.rows])).toEqual([
    ["Limit", 5, 5],
    ["Seq Scan", 5880, 5],
  ]);
  expect(plan.root.children[0]?.details["Filter"]).toMatch(/^\("a b" = '/);
});

test("of two plans each has its own times", () => {
  const second = TEXT.map((line) => line.replace("2.000 ms", "9.000 ms"));
  const plans = readPastedPlan([...TEXT, "", ...second].join("\n"));
  expect(plans.map((plan) => readQueryPlan(plan).execution_ms)).toEqual([2, 9]);
});

const REFUSED: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
  XML: ['<explain xmlns="http://www.postgresql.org/2009/explain"><Query/></explain>', /XML/],
  YAML: [' - Plan:             +\n     Node Type: "Limit" +', /YAML/],
  "COSTS OFF": [" Limit\n   ->  Seq Scan on t", /COSTS OFF/],
  "JSON that breaks off": [json.slice(0, 200), /breaks off/],
  "text that breaks off": [TEXT.join("\n").slice(0, 130), /breaks off[\s\S]*|line 2/],
  "another server's plan": ["-> Limit: 5 row(s)  (cost=1.2 rows=5)", /none of PostgreSQL/],
  nothing: ["\n", /empty/],
  prose: ["Why is it slow?", /this is no plan/],
  "other JSON": ['{"a": 1, "b": 2}', /no "Plan"/],
};

test.each(Object.keys(REFUSED))("%s is refused with what it is", (name) => {
  const [text, message] = REFUSED[name] ?? ["", /^$/];
  expect(() => readPastedPlan(text)).toThrow(message);
});

test("depth costs no more than its length", () => {
  const deep = Array.from(
    { length: 900 },
    (_, depth) => `${"      ".repeat(depth)}${depth === 0 ? "" : "->  "}Limit  (cost=0.00..1.00 rows=1 width=1)`,
  ).join("\n");
  expect(isTextPlan(deep)).toBe(true);
  expect(planNodes(readQueryPlan(readPastedPlan(deep)).root)).toHaveLength(900);
});
