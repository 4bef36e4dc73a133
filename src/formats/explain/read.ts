import { invalid } from "../../model/error.ts";
import { nodeOfTitle } from "./node-line.ts";
import type { JsonNode } from "./node-line.ts";
import { readProperty } from "./property-line.ts";

const COSTS =
  /^(\s*)(->\s+)?(.+?)\s+\(cost=([\d.]+)\.\.([\d.]+) rows=([\d.]+) width=(\d+)\)(?:\s+\((never executed|actual (?:time=([\d.]+)\.\.([\d.]+) )?rows=([\d.]+) loops=(\d+))\))?\s*$/;
const BRANCH = /^(\s*)(InitPlan|SubPlan|CTE)\s+(.+?)(?:\s+\(returns [^)]*\))?\s*$/;

interface Open {
  readonly indent: number;
  readonly node: JsonNode;
}

/** Whether a text is a plan in the text form: some line has costs. */
export function isTextPlan(text: string): boolean {
  return text.split("\n").some((line) => COSTS.test(unframed(line)));
}

/**
 * Reads what EXPLAIN prints as text, as psql, a log or a client shows it (frames, `QUERY PLAN`, row counts and `+` at
 * line ends are taken off), into the server's JSON form. Costs are needed; what the text form does not say stays
 * absent. Throws `invalid` (exit 2) where no line is a plan's.
 */
export function readTextPlan(text: string): readonly { readonly Plan: JsonNode; readonly [name: string]: unknown }[] {
  const result: JsonNode = {};
  const open: Open[] = [];
  let branch: { readonly indent: number; readonly relationship: string; readonly name: string } | null = null;
  let section: string | null = null;
  let root: JsonNode | null = null;
  for (const line of text.split("\n").map(unframed)) {
    if (/^\s*(?:QUERY PLAN|-+|\(\d+ rows?\)|)\s*$/.test(line)) continue;
    const costs = COSTS.exec(line);
    const indent = (/^\s*/.exec(line)?.[0] ?? "").length;
    if (costs !== null) {
      const node = nodeOf(costs);
      // An arrow stands two columns further in than the properties of the node above.
      const own = indent + (costs[2] === undefined ? 0 : costs[2].length);
      while (open.length > 0 && (open.at(-1)?.indent ?? 0) >= own) open.pop();
      const parent = open.at(-1)?.node;
      if (parent === undefined) root ??= node;
      else hang(parent, node, branch !== null && own > branch.indent ? branch : null);
      branch = null;
      section = null;
      open.push({ indent: own, node });
      continue;
    }
    const named = BRANCH.exec(line);
    if (named !== null && root !== null) {
      while (open.length > 1 && (open.at(-1)?.indent ?? 0) > indent) open.pop();
      branch = {
        indent,
        relationship: named[2] === "SubPlan" ? "SubPlan" : "InitPlan",
        name: `${named[2]} ${named[3]}`,
      };
      continue;
    }
    section = readTail(result, line, indent, section) ?? section;
    if (section === null && open.length > 0) readProperty(ownerOf(open, indent), line);
  }
  if (root === null) throw noPlan();
  return [{ Plan: root, ...result }];
}

// A property belongs to the deepest open node that stands left of it.
function ownerOf(open: readonly Open[], indent: number): JsonNode {
  return (open.findLast((one) => one.indent < indent || one.indent === 0) ?? open[0])?.node ?? {};
}

function nodeOf(costs: RegExpExecArray): JsonNode {
  const node: JsonNode = nodeOfTitle(costs[3] ?? "");
  Object.assign(node, {
    "Startup Cost": Number(costs[4]),
    "Total Cost": Number(costs[5]),
    "Plan Rows": Number(costs[6]),
    "Plan Width": Number(costs[7]),
  });
  if (costs[8] === undefined) return node;
  if (costs[8] === "never executed") return Object.assign(node, { "Actual Rows": 0, "Actual Loops": 0 });
  if (costs[9] !== undefined)
    Object.assign(node, { "Actual Startup Time": Number(costs[9]), "Actual Total Time": Number(costs[10]) });
  return Object.assign(node, { "Actual Rows": Number(costs[11]), "Actual Loops": Number(costs[12]) });
}

function hang(
  parent: JsonNode,
  node: JsonNode,
  branch: { readonly relationship: string; readonly name: string } | null,
): void {
  const children = (parent["Plans"] ??= []) as JsonNode[];
  const real = children.filter((child) => !String(child["Parent Relationship"]).endsWith("Plan"));
  if (branch !== null) Object.assign(node, { "Parent Relationship": branch.relationship, "Subplan Name": branch.name });
  else if (/^(?:Append|Merge Append|BitmapAnd|BitmapOr)$/.test(String(parent["Node Type"])))
    node["Parent Relationship"] = "Member";
  else if (/Subquery Scan/.test(String(parent["Node Type"]))) node["Parent Relationship"] = "Subquery";
  else node["Parent Relationship"] = real.length === 0 ? "Outer" : "Inner";
  children.push(node);
}

// What stands below the tree. Answers the section that a line begins, or stays in; null for a line of the tree.
function readTail(result: JsonNode, line: string, indent: number, section: string | null): string | null {
  const text = line.trim();
  const time = /^(Planning|Execution) Time: ([\d.]+) ms/.exec(text) ?? /^(Total) runtime: ([\d.]+) ms/.exec(text);
  if (time !== null) {
    result[time[1] === "Planning" ? "Planning Time" : "Execution Time"] = Number(time[2]);
    return "end";
  }
  const trigger = /^Trigger(?: for constraint)? (.+?)(?: on (.+?))?: (?:time=([\d.]+) )?calls=(\d+)/.exec(text);
  if (trigger !== null) {
    ((result["Triggers"] ??= []) as JsonNode[]).push({
      "Trigger Name": trigger[1],
      Relation: trigger[2] ?? "",
      Calls: Number(trigger[4]),
      ...(trigger[3] === undefined ? {} : { Time: Number(trigger[3]) }),
    });
    return "end";
  }
  if (text === "Planning:" || text === "JIT:") return text;
  if (text.startsWith("Settings: ")) {
    result["Settings"] = Object.fromEntries(
      [...text.matchAll(/([\w.]+) = '((?:[^']|'')*)'/g)].map((match) => [match[1], match[2]]),
    );
    return "end";
  }
  if (section === "JIT:") {
    const functions = /^Functions: (\d+)/.exec(text);
    const timing = /^Timing: .*Total ([\d.]+) ms/.exec(text);
    const jit = (result["JIT"] ??= { Functions: 0 }) as JsonNode;
    if (functions !== null) jit["Functions"] = Number(functions[1]);
    if (timing !== null) jit["Timing"] = { Total: Number(timing[1]) };
  }
  return section !== null && (indent > 0 || section === "end") ? section : null;
}

// psql's frame, the mark of a line that goes on, and the quotes of a client that shows one column.
function unframed(line: string): string {
  let text = line
    .replace(/\r$/, "")
    .replace(/^\s*\|(.*?)\|?\s*$/, "$1")
    .replace(/\s*\+\s*$/, "");
  if (/^".*"$/.test(text)) text = text.slice(1, -1).replaceAll('""', '"');
  return text.replaceAll("\t", "    ");
}

const noPlan = (): Error =>
  invalid({
    what: "this is no plan",
    expected: "what EXPLAIN prints with its costs, as text or JSON",
    mend: "EXPLAIN (ANALYZE, BUFFERS) SELECT …",
  });
