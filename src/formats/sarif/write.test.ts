import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import type { ReportedFinding, ReviewReport, RuleText } from "../../model/review.ts";
import { reportWith } from "../findings/report.test-data.ts";
import { writeSarif } from "./write.ts";

/*
 * The part of SARIF 2.1.0 that is written, as the standard's text requires it (sections 3.13 log, 3.14 run, 3.18 tool,
 * 3.19 driver, 3.20 invocation, 3.27 result, 3.28 location, 3.30 region, 3.49 descriptor, 3.58 notification). Nothing
 * may stand there that is not named here. The compiler holds the writer to the types made from the standard's own
 * schema besides.
 */

const text = { type: "string" } as const;
const LEVEL = { enum: ["none", "note", "warning", "error"] } as const;
// A relative reference (RFC 3986): escaped, no scheme, no backslash.
const URI = {
  type: "string",
  pattern: "^(?![A-Za-z][A-Za-z0-9+.-]*:)(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$",
};
const PROPERTIES = { type: "object" } as const;

function object(required: Readonly<Record<string, unknown>>, optional: Readonly<Record<string, unknown>> = {}): object {
  const properties = { ...required, ...optional };
  return { type: "object", properties, required: Object.keys(required), additionalProperties: false };
}
const list = (items: unknown): object => ({ type: "array", items });
const unique = (items: unknown): object => ({ ...list(items), uniqueItems: true });

const MESSAGE = object({ text }, { markdown: text });
const RULE_REFERENCE = object({ id: text }, { index: { type: "integer", minimum: 0 } });
const DESCRIPTOR = object(
  { id: text },
  {
    shortDescription: MESSAGE,
    fullDescription: MESSAGE,
    help: MESSAGE,
    defaultConfiguration: object({}, { level: LEVEL }),
    properties: PROPERTIES,
  },
);
const PHYSICAL = object(
  { artifactLocation: object({ uri: URI }, { uriBaseId: text }) },
  { region: object({ startLine: { type: "integer", minimum: 1 } }, { startColumn: { type: "integer", minimum: 1 } }) },
);
const LOGICAL = object({ fullyQualifiedName: text }, { kind: text });
const RESULT = object(
  { message: MESSAGE },
  {
    ruleId: text,
    ruleIndex: { type: "integer", minimum: 0 },
    level: LEVEL,
    locations: list(object({}, { physicalLocation: PHYSICAL, logicalLocations: unique(LOGICAL) })),
    partialFingerprints: { type: "object", additionalProperties: text },
    properties: PROPERTIES,
  },
);
const RUN = object(
  { tool: object({ driver: object({ name: text }, { semanticVersion: text, rules: unique(DESCRIPTOR) }) }) },
  {
    columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
    originalUriBaseIds: { type: "object", additionalProperties: object({}, { uri: text, description: MESSAGE }) },
    invocations: list(
      object(
        { executionSuccessful: { type: "boolean" } },
        {
          toolExecutionNotifications: list(
            object({ message: MESSAGE }, { level: LEVEL, associatedRule: RULE_REFERENCE }),
          ),
        },
      ),
    ),
    results: list(RESULT),
  },
);
const LOG = object({ version: { const: "2.1.0" }, runs: list(RUN) }, { $schema: text });

const validate = new Ajv({ allErrors: true, strict: true }).compile(LOG);

interface Written {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number }[];
    readonly invocations: readonly {
      readonly toolExecutionNotifications: readonly {
        readonly associatedRule?: { readonly id: string; readonly index?: number };
      }[];
    }[];
  }[];
}

const RULE: RuleText = {
  id: "a-rule",
  area: "schema",
  severity: "warning",
  summary: "Wrong.",
  why: "It hurts.",
  remedy: "Mend it.",
  equivalents: ["splinter:0001"],
};

function finding(more: Partial<ReportedFinding> = {}): ReportedFinding {
  return {
    rule: "a-rule",
    severity: "warning",
    message: "wrong",
    object: "table public.a",
    equivalents: [],
    fixes: [{ title: "mend", safety: "safe", sql: ["SELECT 1"] }],
    evidence: [],
    fingerprint: "a-rule@table public.a",
    ...more,
  };
}

function check(findings: readonly ReportedFinding[], more: Partial<ReviewReport["summary"]> = {}): void {
  const tool = { name: "dbwright", version: "1.2.3" };
  const log = JSON.parse(writeSarif(reportWith(findings, more), new Map([[RULE.id, RULE]]), tool)) as Written;
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  // What the standard says besides: an index names the descriptor with the same id.
  for (const run of log.runs) {
    const { rules } = run.tool.driver;
    for (const { ruleId, ruleIndex } of run.results) expect(rules[ruleIndex]?.id).toBe(ruleId);
    for (const { associatedRule: rule } of run.invocations.flatMap((one) => one.toolExecutionNotifications))
      if (rule?.index !== undefined) expect(rules[rule.index]?.id).toBe(rule.id);
  }
}

const { object: _object, ...withoutObject } = finding();

describe("a log is SARIF 2.1.0", () => {
  const silent = { rule: "b-rule", why: "it threw" };
  test.each([
    ["nothing found", [], {}],
    ["a place in a file", [finding({ file: "db/a b/ü%,:.sql", line: 3 })], {}],
    [
      "a file whose name looks like a scheme",
      [finding({ file: "c:\\x.sql", line: 1 }), finding({ file: "a:b.sql" })],
      {},
    ],
    ["no file", [finding()], {}],
    ["neither file nor object", [withoutObject], {}],
    ["all severities", (["error", "warning", "info"] as const).map((severity) => finding({ severity })), {}],
    ["a rule without a text", [finding({ rule: "unknown" })], {}],
    ["what did not look", [finding()], { notRun: [silent], failed: [silent], unseen: [{ what: "x", why: "y" }] }],
  ] as const)("%s", (_, findings, more) => {
    check(findings, more);
  });
});

test("the schema of this test can fail", () => {
  for (const wrong of [
    {},
    { version: "2.0.0", runs: [] },
    { version: "2.1.0", runs: [{}] },
    {
      version: "2.1.0",
      runs: [{ tool: { driver: { name: "x" } }, results: [{ message: { text: "x" }, level: "info" }] }],
    },
  ])
    expect(validate(wrong)).toBe(false);
});
