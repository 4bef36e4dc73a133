import type { Decision } from "../../model/decision.ts";
import { code, plain, table } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";

/** What is said of one decision: the sentences of its reason, then what was decided against. */
const sayings = (decision: Decision): readonly string[] => [
  ...decision.because.split(/(?<=[.!?])\s+(?=[\p{Lu}\p{N}"“(])/u),
  ...decision.alternatives.map(({ option, whyNot }) => `Not ${option}: ${whyNot}`),
];

function groupedBy(decisions: readonly Decision[], key: (decision: Decision) => string): readonly Decision[][] {
  const groups = new Map<string, Decision[]>();
  for (const decision of decisions) groups.set(key(decision), [...(groups.get(key(decision)) ?? []), decision]);
  return [...groups.values()];
}

const isAgainst = (saying: string): boolean => saying.startsWith("Not ");
const closed = (saying: string): string => (/[.!?…]$/.test(saying) ? saying : `${saying}.`);

/**
 * Decisions in full: subject, choice, why, and what was decided against. Decisions for one choice stand
 * together: what holds for all of them is told once, what differs under each subject.
 */
export function decisionList(decisions: readonly Decision[]): string {
  return paragraphs(
    ...groupedBy(decisions, ({ topic, choice }) => JSON.stringify([topic, choice])).map((group) => {
      const said = group.map((decision) => sayings(decision));
      const common = (said[0] ?? []).filter((saying) => said.every((others) => others.includes(saying)));
      const own = group.flatMap((decision, at) => {
        const rest = (said[at] ?? []).filter((saying) => !common.includes(saying));
        return rest.length === 0 ? [] : [`${code(decision.subject)}: ${plain(rest.map(closed).join(" "))}`];
      });
      const subjects = group.map((decision) => code(decision.subject)).join(", ");
      const why = common.filter((saying) => !isAgainst(saying)).join(" ");
      const against = common.filter((saying) => isAgainst(saying)).map((saying) => plain(saying));
      return paragraphs(
        `**${subjects}: ${plain(group[0]?.choice ?? "")}.** ${plain(why)}`.trim(),
        bullets([...own, ...against]),
      );
    }),
  );
}

/** Decisions as a table, for topics with many small ones. What is said of several rows is a numbered note below it. */
export function decisionTable(decisions: readonly Decision[], what: string): string {
  if (decisions.length === 0) return "";
  const groups = groupedBy(decisions, ({ topic, choice, because, alternatives }) =>
    JSON.stringify([topic, choice, because, alternatives]),
  ).map((group) => ({ group, said: group[0] === undefined ? [] : sayings(group[0]) }));
  const notes: string[] = [];
  const rows = groups.map(({ group, said }) => {
    const shared = said.filter((saying) => groups.filter((other) => other.said.includes(saying)).length > 1);
    for (const saying of shared) if (!notes.includes(saying)) notes.push(saying);
    const own = said.filter((saying) => !shared.includes(saying)).map((saying) => plain(closed(saying)));
    const marks = shared.map((saying) => notes.indexOf(saying) + 1).toSorted((a, b) => a - b);
    return [
      group.map((decision) => code(decision.subject)).join(", "),
      plain(group[0]?.choice ?? ""),
      [...own, ...(marks.length === 0 ? [] : [`(${marks.join(", ")})`])].join(" "),
    ];
  });
  return paragraphs(
    table([what, "choice", "because"], rows),
    notes.map((saying, at) => `${at + 1}. ${plain(closed(saying))}`).join("\n"),
  );
}
