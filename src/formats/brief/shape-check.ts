import type { z } from "zod";
import { plain } from "./document.ts";
import type { BriefNode } from "./document.ts";
import { quoted, wordAdvice } from "./problems.ts";
import type { Advice, Place, Problems } from "./problems.ts";
import { BRIEF_SHAPE } from "./shape.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A text that YAML takes for a mapping. */
const COLON = 'put the whole text in quotes when it holds ": "';

/** Tells every key that is unknown or missing and every value of the wrong kind. */
export function checkShape(root: BriefNode, problems: Problems): void {
  const { error } = BRIEF_SHAPE.safeParse(plain(root));
  for (const issue of error?.issues ?? []) tellIssue(issue, [], root, problems);
}

function tellIssue(issue: Issue, above: Path, root: BriefNode, problems: Problems): void {
  const path = [...above, ...issue.path];
  const { node, found } = descend(root, path);
  if (issue.code === "unrecognized_keys") {
    const places = new Map(node.entries.map((entry) => [entry.key, entry.at]));
    for (const key of issue.keys) {
      const at: Place = places.get(key) ?? node;
      const advised = (): Advice => wordAdvice(key, issue.message.split(", "), "one of the keys");
      problems.add(at, `unknown key ${quoted(key)}`, () =>
        /\s/.test(key) ? { ...advised(), mend: COLON } : advised(),
      );
    }
    return;
  }
  if (issue.code === "invalid_union" && found) {
    // The option whose outside fits is the one that was meant; what is wrong is inside it.
    const meant = issue.errors.find((option) => option.length > 0 && option.every((one) => isInside(one)));
    if (meant !== undefined) {
      for (const one of meant) tellIssue(one, path, root, problems);
      return;
    }
  }
  if (!found) {
    problems.add(node, `the key ${quoted(String(path.at(-1)))} is missing`, { expected: issue.message });
    return;
  }
  if (issue.code === "invalid_value" && node.kind === "text") {
    problems.add(node, `unknown word ${quoted(node.text)}`, () =>
      wordAdvice(node.text, issue.values.map(String), "one of the words"),
    );
    return;
  }
  problems.add(
    node,
    `${described(node)} ${path.length === 0 ? "is no brief" : `for ${quoted(String(path.at(-1)))}`}`,
    advice(issue, node),
  );
}

const isInside = (issue: Issue): boolean =>
  issue.path.length > 0 || issue.code === "unrecognized_keys" || issue.code === "too_small";

function descend(root: BriefNode, path: Path): { readonly node: BriefNode; readonly found: boolean } {
  let node = root;
  for (const step of path) {
    const next =
      typeof step === "number" ? node.items[step] : node.entries.find((entry) => entry.key === String(step))?.value;
    if (next === undefined) return { node, found: false };
    node = next;
  }
  return { node, found: true };
}

function described(node: BriefNode): string {
  switch (node.kind) {
    case "map":
      return "a mapping";
    case "list":
      return "a list";
    case "nothing":
      return "nothing";
    case "number":
      return `the number ${node.text}`;
    case "boolean":
      return node.text;
    case "text":
      return `the text ${quoted(node.text)}`;
  }
}

function advice(issue: Issue, node: BriefNode): Advice {
  const expected = issue.message;
  if (expected === "true or false" && node.kind === "text") {
    const yes = ["yes", "on", "y", "ja"].includes(node.text.toLowerCase());
    const no = ["no", "off", "n", "nein"].includes(node.text.toLowerCase());
    if (yes || no) return { expected, mend: `write ${yes}` };
  }
  if (expected === "a text" && (node.kind === "number" || node.kind === "boolean"))
    return { expected, mend: `put it in quotes: "${node.text}"` };
  if (node.kind === "map" && node.entries.length === 1) return { expected, mend: COLON };
  return { expected };
}
