import { describe, expect, test } from "vitest";
import type { Style } from "../../model/action.ts";
import type { ReportedFinding, ReviewReport, RuleText } from "../../model/review.ts";
import { writeGithub } from "../github/write.ts";
import { writeSarif } from "../sarif/write.ts";
import { writeFindingsMarkdown } from "./markdown.ts";
import { reportWith } from "./report.test-data.ts";
import { findingsText } from "./text.ts";
import { groupOf, standingOf } from "./wording.ts";

const plain = (text: string): string => text;
const STYLE: Style = { columns: 80, bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

const RULE: RuleText = {
  id: "a-rule",
  area: "schema",
  severity: "warning",
  summary: "Something.",
  why: "Because.",
  remedy: "Mend it.",
  equivalents: ["other:1"],
};
const TEXTS = new Map([[RULE.id, RULE]]);

const finding = (parts: Partial<ReportedFinding> = {}): ReportedFinding => ({
  rule: "a-rule",
  severity: "warning",
  message: "it is wrong",
  object: "column public.task.title",
  equivalents: [],
  fixes: [],
  evidence: [],
  fingerprint: "f",
  ...parts,
});

interface SarifLog {
  readonly runs: readonly {
    readonly invocations: readonly { readonly executionSuccessful: boolean }[];
    readonly results: readonly {
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
      }[];
    }[];
  }[];
}

const sarif = (of: ReviewReport): SarifLog["runs"][number] | undefined =>
  (JSON.parse(writeSarif(of, TEXTS, { name: "dbwright", version: "1.2.3" })) as SarifLog).runs[0];

const HOSTILE = "\u001b[2Jgone\r\n::error::no\u202e | <script> `x` @all";
const hostile = reportWith([
  finding({
    message: HOSTILE,
    object: `table public."${HOSTILE}"`,
    file: "a b/ü%,:.sql",
    line: 3,
    fixes: [{ title: HOSTILE, safety: "review", sql: [`DROP TABLE "${HOSTILE}"`] }],
  }),
]);

describe("hostile names stay data", () => {
  test("in a terminal", () => {
    const text = findingsText(hostile, TEXTS, STYLE);
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(text).not.toMatch(/[\u001b\r\u202e]/);
    expect(text).toContain("\ufffd[2Jgone ::error::no");
  });

  test("in GitHub's log", () => {
    const lines = writeGithub(hostile)
      .split("\n")
      .filter((line) => line !== "");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^::warning file=a b\/ü%25%2C%3A\.sql,line=3,title=a-rule::/);
    expect(lines[0]).toContain("%0D%0A::error::no");
  });

  test("in Markdown", () => {
    // Inside a fence it is code; outside it must be nothing but text.
    const text = writeFindingsMarkdown(hostile, TEXTS).replaceAll(/```[\s\S]*?```/g, "");
    expect(text).not.toMatch(/<script>|@all/);
  });

  test("in SARIF", () => {
    const result = sarif(hostile)?.results[0];
    expect(result?.message.text).toBe(HOSTILE);
    expect(result?.locations[0]?.physicalLocation.artifactLocation.uri).toBe("a%20b/%C3%BC%25%2C%3A.sql");
  });
});

describe("what was not looked at is said in every format", () => {
  const silent = reportWith([], {
    notRun: [{ rule: "x", why: "needs a live server" }],
    failed: [{ rule: "y", why: "it threw" }],
    unseen: [{ what: "schema z", why: "no privilege" }],
  });
  test.each([
    ["text", findingsText(silent, TEXTS, STYLE), ["needs a live server", "it threw", "no privilege"]],
    ["markdown", writeFindingsMarkdown(silent, TEXTS), ["needs a live server", "it threw", "no privilege"]],
    ["github", writeGithub(silent), ["it threw"]],
    [
      "sarif",
      writeSarif(silent, TEXTS, { name: "dbwright", version: "1.2.3" }),
      ["needs a live server", "it threw", "no privilege"],
    ],
  ] as const)("%s", (_format, text, words) => {
    for (const word of words) expect(text).toContain(word);
  });

  test("a broken rule makes a SARIF run unsuccessful", () => {
    expect(sarif(silent)?.invocations[0]?.executionSuccessful).toBe(false);
  });
});

test("a comment on a pull request has an end", () => {
  const many = reportWith([...Array(2000).keys()].map((number) => finding({ message: `wrong ${number}` })));
  const text = writeFindingsMarkdown(many, TEXTS);
  expect(text.length).toBeLessThan(65_536);
  expect(text).toMatch(/\d+ findings more did not fit/);
});

test.each([
  ["column public.task.title", "public.task"],
  ['index public."a.b"."c.d"', 'public."a.b"'],
  ["table public.task", "public.task"],
  ["function public.f(a, b)", "public.f(a, b)"],
  ["grant public.task(table to app)", "public.task"],
  ["role app", "app"],
  [undefined, "the source"],
])("%s is shown under %s", (object, group) => {
  const { object: _, ...rest } = finding();
  expect(groupOf(object === undefined ? rest : { ...rest, object })).toBe(group);
});

const PROOF = {
  claim: "",
  twin: { engine: "postgres", version: "18", depth: "schema", server: "embedded PostgreSQL 18" },
  steps: [],
  at: "",
  duration_ms: 0,
} as const;

test.each([
  [{ safety: "safe" }, "safe by its rule, not proved"],
  [{ safety: "review" }, "review"],
  [{ safety: "destructive" }, "destructive"],
  [
    { safety: "safe", proof: { ...PROOF, verdict: "proved" } },
    "safe, proved on a copy without rows (embedded PostgreSQL 18)",
  ],
  [{ safety: "safe", proof: { ...PROOF, verdict: "refuted", reason: "it breaks" } }, "not proved: it breaks"],
  [{ safety: "safe", proof: { ...PROOF, verdict: "not-run", reason: "no twin" } }, "not proved: no twin"],
  [{ safety: "review", unprintable: "no statement" }, "review, without SQL: no statement"],
] as const)("%o stands as %s", (fix, standing) => {
  expect(standingOf({ title: "", sql: [], ...fix })).toBe(standing);
});
