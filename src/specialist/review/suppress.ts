import type { Catalog } from "../../model/catalog.ts";
import type { Finding } from "../../model/finding.ts";
import { refKey } from "../../model/ref.ts";
import type { RuleText } from "../../model/review.ts";
import { nearest } from "../../formats/brief/nearest.ts";
import type { Configuration } from "./configuration-shape.ts";
import { objectPattern } from "./object-pattern.ts";
import type { Place, Remark } from "./places.ts";

/*
 * Findings that a person set aside: in a comment of the SQL, in the object's own comment, or in the
 * configuration. Each needs a reason; one without, or for a rule that does not exist, sets nothing aside
 * and is reported.
 */

/** A finding with what is needed to set it aside. */
export interface Judged {
  readonly finding: Finding;
  readonly place: Place | null;
}

/** Something wrong with a suppression itself. */
export interface SuppressionProblem {
  readonly severity: "warning" | "info";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly object?: string;
  /** Stays the same while the suppression stays. */
  readonly fingerprint: string;
}

/** What became of the findings. */
export interface Suppressed<J extends Judged> {
  readonly kept: readonly J[];
  readonly count: number;
  readonly problems: readonly SuppressionProblem[];
}

/** The pseudo-rule under which suppressions are themselves reported. */
export const SUPPRESSION: RuleText = {
  id: "suppression",
  area: "operations",
  severity: "warning",
  summary: "A suppression sets nothing aside.",
  why: "Whoever reads it believes that a finding was weighed and set aside for a reason. Without a reason nobody can tell whether it still holds; for a rule that does not exist, or a finding that is gone, it hides nothing today and the wrong thing tomorrow.",
  remedy: "Write `dbwright-ignore rule-id: reason`, with the id as the finding shows it, or remove it.",
  equivalents: [],
};

interface Suppression {
  readonly rules: readonly string[];
  readonly reason: string;
  readonly file?: string;
  readonly line?: number;
  readonly object?: string;
  readonly fingerprint: string;
  covers(judged: Judged): boolean;
}

// Anywhere on a line: one that stands behind other words must not be passed over in silence. Quoted, it is spoken of.
const DIRECTIVE = /(?:^|[^\w"'`-])dbwright-ignore\b[ \t]*([^:\n]*)(?::[ \t]*([^\n]*))?/;

function directive(text: string): { readonly rules: readonly string[]; readonly reason: string } | null {
  const match = DIRECTIVE.exec(text.trim());
  if (match === null) return null;
  const rules = (match[1] ?? "").split(/[\s,]+/).filter((id) => id !== "");
  return { rules, reason: (match[2] ?? "").trim() };
}

function fromRemarks(remarks: readonly Remark[]): Suppression[] {
  return remarks.flatMap((remark) => {
    const said = directive(remark.text);
    if (said === null) return [];
    const { file, line, statement, coversLine } = remark;
    return [
      {
        ...said,
        file,
        line,
        fingerprint: `suppression@${file}: ${remark.text}`,
        covers: ({ place }: Judged) =>
          place !== null &&
          place.file === file &&
          place.statement === statement &&
          (coversLine === null || place.line === coversLine),
      },
    ];
  });
}

// An object's comment speaks of the object, and of what hangs on it.
function fromComments(catalog: Catalog): Suppression[] {
  return catalog.objects.flatMap((object) => {
    if (object.comment === null || !object.comment.includes("dbwright-ignore")) return [];
    const key = refKey(object);
    return object.comment.split("\n").flatMap((line): Suppression[] => {
      const said = directive(line);
      if (said === null) return [];
      const holds = object.kind === "table" || object.kind === "view";
      return [
        {
          ...said,
          object: key,
          fingerprint: `suppression@${key}: ${line.trim()}`,
          covers: ({ finding: { ref } }) =>
            refKey(ref) === key || (holds && ref.schema === object.schema && ref.table === object.name),
        },
      ];
    });
  });
}

// A pattern also takes all that hangs on what it names.
function matcher(pattern: string): (finding: Finding) => boolean {
  const whole = objectPattern(pattern);
  return ({ ref }) => {
    if (whole.test(refKey(ref))) return true;
    return (
      ref.table !== null && whole.test(refKey({ ...ref, kind: "table", table: null, name: ref.table, signature: "" }))
    );
  };
}

function fromConfiguration({ rules }: Configuration, file: string): Suppression[] {
  return Object.entries(rules ?? {}).flatMap(([rule, setting]) => {
    if (typeof setting === "string") return [];
    return (setting.ignore ?? []).map(({ object, reason }) => {
      const matches = matcher(object);
      return {
        rules: [rule],
        reason,
        file,
        fingerprint: `suppression@${file}: ${rule} ${object}`,
        covers: ({ finding }: Judged) => matches(finding),
      };
    });
  });
}

/** What {@link suppress} looks at besides the findings. */
export interface SuppressionSources {
  readonly remarks: readonly Remark[];
  readonly catalog: Catalog;
  readonly configuration: Configuration;
  readonly configurationFile: string;
  /** Every rule there is. */
  readonly known: readonly string[];
  /** The rules that looked: only of them can be said that a suppression has nothing to set aside. */
  readonly ran: ReadonlySet<string>;
}

/** Takes out the findings that were set aside, and tells which suppressions set nothing aside. */
export function suppress<J extends Judged>(findings: readonly J[], sources: SuppressionSources): Suppressed<J> {
  const suppressions = [
    ...fromRemarks(sources.remarks),
    ...fromComments(sources.catalog),
    ...fromConfiguration(sources.configuration, sources.configurationFile),
  ];
  const problems: SuppressionProblem[] = [];
  const active = new Map<string, { readonly by: Suppression; used: boolean }[]>();
  for (const one of suppressions) {
    const wrong = mistake(one, sources.known);
    if (wrong !== null) {
      problems.push(problem(one, "warning", wrong));
      continue;
    }
    for (const rule of one.rules) active.set(rule, [...(active.get(rule) ?? []), { by: one, used: false }]);
  }
  const kept = findings.filter((judged) => {
    const found = (active.get(judged.finding.rule) ?? []).filter(({ by }) => by.covers(judged));
    for (const one of found) one.used = true;
    return found.length === 0;
  });
  for (const [rule, list] of active)
    for (const { by, used } of list)
      if (!used && sources.ran.has(rule))
        problems.push(problem(by, "info", `${rule} has nothing to say here any more: the suppression can go`));
  return { kept, count: findings.length - kept.length, problems };
}

function mistake({ rules, reason }: Suppression, known: readonly string[]): string | null {
  if (rules.length === 0) return "the suppression names no rule: write dbwright-ignore rule-id: reason";
  const unknown = rules.find((rule) => !known.includes(rule));
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    return `the suppression names a rule that does not exist: ${unknown}${near === null ? "" : ` (did you mean ${near}?)`}`;
  }
  if (reason === "") return `the suppression of ${rules.join(", ")} gives no reason, and so sets nothing aside`;
  return null;
}

function problem(of: Suppression, severity: "warning" | "info", message: string): SuppressionProblem {
  const { file, line, object, fingerprint } = of;
  return {
    severity,
    message,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(object === undefined ? {} : { object }),
    fingerprint,
  };
}
