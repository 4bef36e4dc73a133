import { invalid } from "../../model/error.ts";
import { isFrame, planLines } from "./lines.ts";
import { nodeOfTitle } from "./node-line.ts";
import type { JsonNode } from "./node-line.ts";
import { readProperty } from "./property-line.ts";

const COSTS =
  /^\(cost=(\d[\d.]*?)\.\.(\d[\d.]*) rows=(\d[\d.]*) width=(\d+)\)(?:\s+\((never executed|actual (?:time=(\d[\d.]*?)\.\.(\d[\d.]*) )?rows=(\d[\d.]*) loops=(\d+))\))?$/;
const BRANCH = /^(InitPlan|SubPlan|CTE)\s+(\S.*)$/;

interface NodeLine {
  readonly indent: number;
  readonly title: string;
  readonly arrow: string;
  readonly costs: RegExpExecArray;
}

// A node's title and what stands behind it in parentheses; "broken" where these break off.
function nodeLine(line: string): NodeLine | "broken" | null {
  const at = line.lastIndexOf("(cost=");
  if (at < 1) return null;
  const title = line.slice(0, at).trim();
  const arrow = /^->\s*/.exec(title)?.[0] ?? "";
  const costs = COSTS.exec(line.slice(at).trimEnd());
  if (costs === null) return arrow === "" ? null : "broken";
  return { indent: indentOf(line), title: title.slice(arrow.length), arrow, costs };
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

interface Open {
  readonly indent: number;
  readonly node: JsonNode;
}

/** A plan's JSON form as far as its text tells. */
export interface TextPlan {
  readonly Plan: JsonNode;
  readonly [name: string]: unknown;
}

/** Whether a text is a plan in the text form: some line has costs. */
export function isTextPlan(text: string): boolean {
  return planLines(text).some((line) => nodeLine(line) !== null);
}

/**
 * Reads what EXPLAIN prints as text, as psql, a log or a client shows it (frames, `QUERY PLAN`, row counts and `+` at
 * line ends are taken off), into the server's JSON form; one element for each plan in it. Costs are needed; what the
 * text form does not say stays absent. Throws `invalid` (exit 2) where no line is a plan's, or one breaks off.
 */
export function readTextPlan(text: string): readonly TextPlan[] {
  const plans: PlanReader[] = [];
  for (const [place, line] of planLines(text).entries()) {
    if (isFrame(line)) continue;
    const node = nodeLine(line);
    if (node === "broken") throw brokenAt(place + 1);
    if (node !== null && (plans.at(-1)?.endsBefore(node) ?? true)) plans.push(new PlanReader());
    const reader = plans.at(-1);
    if (node !== null) reader?.takeNode(node);
    else reader?.takeOther(line);
  }
  if (plans.length === 0) throw noPlan();
  return plans.map((reader) => reader.plan());
}

// Reads the lines of one plan.
class PlanReader {
  readonly #result: JsonNode = {};
  readonly #open: Open[] = [];
  #branch: { readonly indent: number; readonly relationship: string; readonly name: string } | null = null;
  #section: string | null = null;
  #root: JsonNode | null = null;

  // A title without an arrow begins a plan.
  endsBefore({ arrow }: NodeLine): boolean {
    return arrow === "" && this.#root !== null;
  }

  takeNode({ indent, arrow, title, costs }: NodeLine): void {
    const node = nodeOf(title, costs);
    // An arrow stands two columns further in than the properties of the node above.
    const own = indent + arrow.length;
    while (this.#open.length > 1 && (this.#open.at(-1)?.indent ?? 0) >= own) this.#open.pop();
    const parent = this.#open.at(-1)?.node;
    if (parent === undefined) this.#root = node;
    else hang(parent, node, this.#branch !== null && own > this.#branch.indent ? this.#branch : null);
    this.#branch = null;
    this.#section = null;
    this.#open.push({ indent: own, node });
  }

  takeOther(line: string): void {
    const indent = indentOf(line);
    const named = BRANCH.exec(line.trim());
    if (named !== null && this.#section === null) {
      while (this.#open.length > 1 && (this.#open.at(-1)?.indent ?? 0) > indent) this.#open.pop();
      const relationship = named[1] === "SubPlan" ? "SubPlan" : "InitPlan";
      this.#branch = { indent, relationship, name: `${named[1]} ${named[2]}` };
      return;
    }
    this.#section = readTail(this.#result, line, indent, this.#section) ?? this.#section;
    if (this.#section === null) readProperty(ownerOf(this.#open, indent), line);
  }

  plan(): TextPlan {
    return { Plan: this.#root ?? {}, ...this.#result };
  }
}

const brokenAt = (line: number): Error =>
  invalid({
    what: "this plan breaks off, or is none of PostgreSQL: the costs of a node cannot be read",
    where: `line ${line}`,
    expected: "all of what EXPLAIN printed",
  });

// A property belongs to the deepest open node that stands left of it.
function ownerOf(open: readonly Open[], indent: number): JsonNode {
  return (open.findLast((one) => one.indent < indent || one.indent === 0) ?? open[0])?.node ?? {};
}

function nodeOf(title: string, costs: RegExpExecArray): JsonNode {
  const node: JsonNode = nodeOfTitle(title);
  Object.assign(node, {
    "Startup Cost": Number(costs[1]),
    "Total Cost": Number(costs[2]),
    "Plan Rows": Number(costs[3]),
    "Plan Width": Number(costs[4]),
  });
  if (costs[5] === undefined) return node;
  if (costs[5] === "never executed") return Object.assign(node, { "Actual Rows": 0, "Actual Loops": 0 });
  if (costs[6] !== undefined)
    Object.assign(node, { "Actual Startup Time": Number(costs[6]), "Actual Total Time": Number(costs[7]) });
  return Object.assign(node, { "Actual Rows": Number(costs[8]), "Actual Loops": Number(costs[9]) });
}

function hang(
  parent: JsonNode,
  node: JsonNode,
  branch: { readonly relationship: string; readonly name: string } | null,
): void {
  const children = (parent["Plans"] ??= []) as JsonNode[];
  // Appends have very many children; only others ask whether this one is the first.
  const first = (): boolean => !children.some((child) => !String(child["Parent Relationship"]).endsWith("Plan"));
  if (branch !== null) Object.assign(node, { "Parent Relationship": branch.relationship, "Subplan Name": branch.name });
  else if (/^(?:Append|Merge Append|BitmapAnd|BitmapOr)$/.test(String(parent["Node Type"])))
    node["Parent Relationship"] = "Member";
  else if (/Subquery Scan/.test(String(parent["Node Type"]))) node["Parent Relationship"] = "Subquery";
  else node["Parent Relationship"] = first() ? "Outer" : "Inner";
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

const noPlan = (): Error =>
  invalid({
    what: "this is no plan",
    expected: "what EXPLAIN prints with its costs, as text or JSON",
    mend: "EXPLAIN (ANALYZE, BUFFERS) SELECT …",
  });
