import type { Decision } from "../../model/decision.ts";
import { code, plain, table } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";

/** Decisions that say the same of different subjects, told once. */
interface Group {
  readonly decisions: readonly Decision[];
  readonly first: Decision;
}

function grouped(decisions: readonly Decision[]): readonly Group[] {
  const groups = new Map<string, Decision[]>();
  for (const decision of decisions) {
    const key = JSON.stringify([decision.topic, decision.choice, decision.because, decision.alternatives]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [decision]);
    else group.push(decision);
  }
  return [...groups.values()].flatMap((group) =>
    group[0] === undefined ? [] : [{ decisions: group, first: group[0] }],
  );
}

/** Decisions in full: subject, choice, why, and what was decided against. Equal reasoning is told once. */
export function decisionList(decisions: readonly Decision[]): string {
  return paragraphs(
    ...grouped(decisions).map(({ decisions: group, first }) => {
      const subjects = group.map((decision) => code(decision.subject)).join(", ");
      const against = first.alternatives.map(({ option, whyNot }) => `Not ${plain(option)}: ${plain(whyNot)}`);
      return paragraphs(`**${subjects}: ${plain(first.choice)}.** ${plain(first.because)}`, bullets(against));
    }),
  );
}

/** Decisions as a table, for topics with many small ones. */
export function decisionTable(decisions: readonly Decision[], what: string): string {
  if (decisions.length === 0) return "";
  const rows = grouped(decisions).map(({ decisions: group, first }) => [
    group.map((decision) => code(decision.subject)).join(", "),
    plain(first.choice),
    plain([first.because, ...first.alternatives.map(({ option, whyNot }) => `Not ${option}: ${whyNot}`)].join(" ")),
  ]);
  return table([what, "choice", "because"], rows);
}
