import type { Location, Log, Notification, ReportingDescriptor, Result } from "sarif";
import type { Severity } from "../../model/finding.ts";
import type { ReportedFinding, ReviewReport, RuleText, RuleTexts, SilentRule } from "../../model/review.ts";

/** The version of SARIF that is written (OASIS standard, 2020). */
const VERSION = "2.1.0";
const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

const LEVELS: Readonly<Record<Severity, Result.level>> = { error: "error", warning: "warning", info: "note" };

/** Which program writes the file. */
export interface SarifTool {
  readonly name: string;
  readonly version: string;
}

/**
 * A report as a SARIF 2.1.0 log with one run, as code scanners read it. Each rule that found something or
 * broke carries its help; the fingerprint keeps a finding the same from run to run. Statements of fixes are
 * properties: SARIF's own fixes replace text of files, which no migration does.
 */
export function writeSarif(report: ReviewReport, rules: RuleTexts, tool: SarifTool): string {
  const { failed, notRun, unseen } = report.summary;
  const ids = [...new Set([...report.findings, ...failed].map(({ rule }) => rule))].toSorted();
  const positions = new Map(ids.map((id, index) => [id, index]));
  const log: Log = {
    $schema: SCHEMA,
    version: VERSION,
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            semanticVersion: tool.version,
            rules: ids.map((id) => descriptor(id, rules.get(id))),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { SRCROOT: { description: { text: "the folder dbwright was started in" } } },
        invocations: [
          {
            executionSuccessful: failed.length === 0,
            toolExecutionNotifications: [
              ...failed.map((one) => notification("error", `rule ${one.rule} broke: ${one.why}`, one, positions)),
              ...notRun.map((one) => notification("note", `rule ${one.rule} did not run: ${one.why}`, one, positions)),
              ...unseen.map(({ what, why }): Notification => ({
                level: "note",
                message: { text: `not looked at: ${what}: ${why}` },
              })),
            ],
          },
        ],
        results: report.findings.map((finding) => result(finding, positions)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor(id: string, text: RuleText | undefined): ReportingDescriptor {
  if (text === undefined) return { id };
  const elsewhere = text.equivalents.length === 0 ? "" : `\n\nElsewhere: ${text.equivalents.join(", ")}`;
  return {
    id,
    shortDescription: { text: text.summary },
    fullDescription: { text: text.why },
    help: {
      text: `${text.why}\n\nWhat to do: ${text.remedy}${elsewhere}`,
      markdown: `**Why.** ${text.why}\n\n**What to do.** ${text.remedy}${elsewhere}`,
    },
    defaultConfiguration: { level: LEVELS[text.severity] },
    properties: { tags: [text.area], equivalents: text.equivalents },
  };
}

function notification(
  level: Notification.level,
  text: string,
  { rule }: SilentRule,
  positions: ReadonlyMap<string, number>,
): Notification {
  const index = positions.get(rule);
  const associatedRule = index === undefined ? { id: rule } : { id: rule, index };
  return { level, message: { text }, associatedRule };
}

function result(finding: ReportedFinding, positions: ReadonlyMap<string, number>): Result {
  const { rule, severity, message, fingerprint, fixes, evidence } = finding;
  const locations = [locationOf(finding)].filter((location) => Object.keys(location).length > 0);
  return {
    ruleId: rule,
    ruleIndex: positions.get(rule) ?? -1,
    level: LEVELS[severity],
    message: { text: message },
    ...(locations.length === 0 ? {} : { locations }),
    partialFingerprints: { "dbwright/v1": fingerprint },
    properties: { fixes, evidence },
  };
}

function locationOf({ file, line, column, object }: ReportedFinding): Location {
  const [kind = "", ...name] = (object ?? "").split(" ");
  return {
    ...(file === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: uriOf(file), uriBaseId: "SRCROOT" },
            ...(line === undefined
              ? {}
              : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } }),
          },
        }),
    ...(object === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: name.join(" "), kind }] }),
  };
}

// A relative reference: each part escaped, and no first part that could be taken for a scheme.
function uriOf(file: string): string {
  return file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}
