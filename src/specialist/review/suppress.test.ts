import { describe, expect, test } from "vitest";
import { catalogOf } from "../../model/catalog-view.ts";
import type { CatalogObject } from "../../model/catalog.ts";
import type { Finding } from "../../model/finding.ts";
import { ref } from "../../model/ref.ts";
import type { Configuration } from "./configuration-shape.ts";
import type { Place, Remark } from "./places.ts";
import { suppress } from "./suppress.ts";

const KNOWN = ["no-primary-key", "char-n-type"];
const TITLE = ref("column", "title", { schema: "public", table: "task" });

const finding = (rule = "char-n-type"): Finding => ({
  rule,
  severity: "warning",
  ref: TITLE,
  message: "",
  evidence: [],
  fixes: [],
});

interface Sources {
  readonly remark?: Partial<Remark>;
  readonly comment?: string;
  readonly on?: "table" | "column";
  readonly ignore?: string;
  readonly ran?: readonly string[];
}

/** What `suppress` makes of one finding of char-n-type at a.sql:5, in statement 2. */
function check({ remark, comment, on = "column", ignore, ran = KNOWN }: Sources): [set: number, problems: string[]] {
  const place: Place = { file: "a.sql", line: 5, statement: 2 };
  const own = on === "table" ? ref("table", "task", { schema: "public" }) : TITLE;
  const object = { ...own, kind: on, comment: comment ?? null, dependsOn: [] } as unknown as CatalogObject;
  const configuration: Configuration =
    ignore === undefined ? {} : { rules: { "char-n-type": { ignore: [{ object: ignore, reason: "a reason" }] } } };
  const { count, problems } = suppress([{ finding: finding(), place }], {
    remarks:
      remark === undefined ? [] : [{ file: "a.sql", line: 4, text: "", statement: 2, coversLine: null, ...remark }],
    catalog: catalogOf({ name: "postgres", version: "18" }, [object]),
    configuration,
    configurationFile: "dbwright.config.yaml",
    known: KNOWN,
    ran: new Set(ran),
  });
  return [count, problems.map(({ severity, message }) => `${severity}: ${message}`)];
}

const GONE = "info: char-n-type has nothing to say here any more: the suppression can go";

describe("suppressions in SQL", () => {
  test.each([
    ["above the statement", { text: "dbwright-ignore char-n-type: old data" }, 1, []],
    [
      "of several rules",
      { text: "dbwright-ignore no-primary-key, char-n-type: old data" },
      1,
      ["info: no-primary-key has nothing to say here any more: the suppression can go"],
    ],
    ["on the line", { text: "dbwright-ignore char-n-type: old data", coversLine: 5 }, 1, []],
    ["on another line", { text: "dbwright-ignore char-n-type: old data", coversLine: 6 }, 0, [GONE]],
    ["above another statement", { text: "dbwright-ignore char-n-type: old data", statement: 3 }, 0, [GONE]],
    [
      "without a reason",
      { text: "dbwright-ignore char-n-type" },
      0,
      ["warning: the suppression of char-n-type gives no reason, and so sets nothing aside"],
    ],
    [
      "with an empty reason",
      { text: "dbwright-ignore char-n-type:   " },
      0,
      ["warning: the suppression of char-n-type gives no reason, and so sets nothing aside"],
    ],
    [
      "of a rule that does not exist",
      { text: "dbwright-ignore char-n-typ: x" },
      0,
      ["warning: the suppression names a rule that does not exist: char-n-typ (did you mean char-n-type?)"],
    ],
    [
      "of nothing",
      { text: "dbwright-ignore: x" },
      0,
      ["warning: the suppression names no rule: write dbwright-ignore rule-id: reason"],
    ],
  ] as const)("%s", (_what, remark, count, problems) => {
    expect(check({ remark })).toEqual([count, problems]);
  });

  test("of a rule that did not look, nothing is said", () => {
    expect(check({ remark: { text: "dbwright-ignore no-primary-key: x" }, ran: ["char-n-type"] })).toEqual([0, []]);
  });
});

describe("suppressions in comments of objects", () => {
  test.each([
    ["of the object", { comment: "The title.\ndbwright-ignore char-n-type: old data" }, 1, []],
    ["of its table", { comment: "dbwright-ignore char-n-type: old data", on: "table" }, 1, []],
    ["behind other words", { comment: "The title; dbwright-ignore char-n-type: old data" }, 1, []],
    ["that only speak of it", { comment: "not `dbwright-ignore char-n-type: old data`" }, 0, []],
  ] as const)("%s", (_what, sources, count, problems) => {
    expect(check(sources)).toEqual([count, problems]);
  });
});

describe("suppressions in the configuration", () => {
  test.each([
    ["public.task.title", 1],
    ["public.task", 1],
    ["public.t*", 1],
    ["*.task", 1],
    ["**", 1],
    ["column public.task.*", 1],
    ["public", 0],
    ["public.ta", 0],
    ["public.task.(title)", 0],
    ["other.task", 0],
  ])("%s", (ignore, count) => {
    expect(check({ ignore })).toEqual([count, count === 1 ? [] : [GONE]]);
  });
});
