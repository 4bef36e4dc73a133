import { posix } from "node:path";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

interface ForbiddenWord {
  readonly pattern: RegExp;
  readonly why: string;
  readonly mend: string;
}

const machine = {
  why: "it exists on one machine only, and tells about that machine",
  mend: "use a path relative to the repository, or a temporary directory asked of the system",
};
const unfinished = {
  why: "a remark in the code is a task nobody sees",
  mend: "do it now, or open an issue and say in the code what holds today",
};

// Written in pieces, so that this file keeps to its own rule.
const FORBIDDEN: readonly ForbiddenWord[] = [
  { pattern: new RegExp(`(?<![\\w.~-])/(?:${["ro", "ot"].join("")}|${["wo", "rk"].join("")})/`), ...machine },
  { pattern: new RegExp(`(?<![\\w.~-])/${["ho", "me"].join("")}/(?!you/|user/)[a-z]\\w*/`), ...machine },
  { pattern: new RegExp(["shared", "corpus"].join("/")), ...machine },
  {
    pattern: new RegExp(`registry\\.(?:${["npmjs", "yarnpkg"].join("|")})\\.`),
    why: "the registry is the reader's choice; a lock file that names one breaks behind a mirror",
    mend: "leave the host out (npm config set omit-lockfile-registry-resolved true)",
  },
  { pattern: new RegExp(`\\b(?:${["TO", "DO"].join("")}|${["FIX", "ME"].join("")})\\b`), ...unfinished },
];

/** No words that belong to one machine, to one registry, or to unfinished work. */
export function checkWords(tree: Tree): Violation[] {
  return tree.texts.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      FORBIDDEN.flatMap(({ pattern, why, mend }) => {
        const found = pattern.exec(line);
        if (found === null) return [];
        return [{ path, line: index + 1, rule: "forbidden-words", what: `holds \`${found[0]}\``, why, mend }];
      }),
    ),
  );
}

/** A link from one page to a file of the repository leads somewhere. Code in a page is not looked at. */
export function checkLinks(tree: Tree): Violation[] {
  const there = (path: string): boolean => tree.paths.some((known) => known === path || known.startsWith(`${path}/`));
  return tree.texts
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      prose(text).flatMap((line, index) =>
        [...line.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)]
          .map((match) => match[1] ?? "")
          .filter((target) => !/^[a-z]+:/.test(target))
          .filter((target) => !there(posix.join(posix.dirname(path), target).replace(/\/$/, "")))
          .map((target) => ({
            path,
            line: index + 1,
            rule: "links",
            what: `links to ${target}, which is not there`,
            why: "a reader who follows it loses the thread, and trusts the next link less",
            mend: "correct the path, or leave the link out",
          })),
      ),
    );
}

// The lines of a page, those inside code fences emptied.
function prose(text: string): string[] {
  let fenced = false;
  return text.split("\n").map((line) => {
    const edge = /^\s*(?:```|~~~)/.test(line);
    if (edge) fenced = !fenced;
    return edge || fenced ? "" : line.replaceAll(/`[^`]*`/g, "");
  });
}

/** Decision records are numbered 0001, 0002, … without gaps or doubles, and hold the three parts of one. */
export function checkDecisionRecords(tree: Tree): Violation[] {
  const records = tree.texts.filter(({ path }) => path.startsWith("docs/adr/") && path.endsWith(".md"));
  const violations: Violation[] = [];
  const report = (path: string, what: string, mend: string): void => {
    const why = "a record is cited by its number and read years later by somebody who was not there";
    violations.push({ path, line: 1, rule: "decision-records", what, why, mend });
  };
  records.forEach(({ path, text }, index) => {
    const number = /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1];
    const expected = String(index + 1).padStart(4, "0");
    if (number === undefined) report(path, "is not named NNNN-title.md", `name it ${expected}-title.md`);
    else if (number !== expected)
      report(path, `is number ${number}; ${expected} was expected`, "close the gap or the double");
    for (const part of ["Context", "Decision", "Consequence"]) {
      if (!new RegExp(`^## ${part}`, "m").test(text)) report(path, `has no section "${part}"`, `write "## ${part}"`);
    }
  });
  return violations;
}
