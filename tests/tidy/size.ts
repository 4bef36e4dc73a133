import { walk } from "./tree.ts";
import type { SourceFile, SyntaxNode, Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/** Longest file and function, in lines. Long enough for one idea with its reasons, short enough for one screen or a few. */
export const FILE_LINES_MAX = 400;
/** @see FILE_LINES_MAX */
export const FUNCTION_LINES_MAX = 70;

const REASON = /^\s*\/\/ tidy: long because \S+ \S+/;
const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const GROUPS = new Set(["describe", "suite"]);

/** No long file and no long function without a stated reason. */
export function checkSize(tree: Tree): Violation[] {
  return tree.sources.flatMap((file) => [...longFile(file), ...longFunctions(file)]);
}

function longFile(file: SourceFile): Violation[] {
  const count = file.lines.length;
  if (count <= FILE_LINES_MAX || REASON.test(file.lines[0] ?? "")) return [];
  return [
    {
      path: file.path,
      line: 1,
      rule: "file-size",
      what: `${count} lines; a file has at most ${FILE_LINES_MAX}`,
      why: "a long file holds several ideas, and each is harder to find, test and change",
      mend: "split it by idea; or state the reason on the first line: // tidy: long because …",
    },
  ];
}

function longFunctions(file: SourceFile): Violation[] {
  const violations: Violation[] = [];
  walk(file.program as unknown as SyntaxNode, (node, parent) => {
    if (!FUNCTIONS.has(node.type) || isTestGroup(node, parent)) return;
    const first = file.lineAt(node.start);
    const count = file.lineAt(node.end - 1) - first + 1;
    if (count <= FUNCTION_LINES_MAX || REASON.test(file.lines[first - 2] ?? "")) return;
    violations.push({
      path: file.path,
      line: first,
      rule: "function-size",
      what: `${nameOf(node, parent)} has ${count} lines; a function has at most ${FUNCTION_LINES_MAX}`,
      why: "a function longer than a screen cannot be checked by reading it once",
      mend: "give its parts names; or state the reason on the line above: // tidy: long because …",
    });
  });
  return violations;
}

// The body of describe(…) only groups tests; each test in it is measured by itself.
function isTestGroup(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  if (parent?.type !== "CallExpression" || parent["callee"] === node) return false;
  let callee = parent["callee"] as SyntaxNode;
  while (callee.type === "MemberExpression" || callee.type === "CallExpression") {
    callee = (callee.type === "MemberExpression" ? callee["object"] : callee["callee"]) as SyntaxNode;
  }
  return callee.type === "Identifier" && GROUPS.has(String(callee["name"]));
}

function nameOf(node: SyntaxNode, parent: SyntaxNode | null): string {
  const named = (node["id"] ?? parent?.["id"] ?? parent?.["key"]) as SyntaxNode | null | undefined;
  return typeof named?.["name"] === "string" ? `\`${named["name"]}\`` : "this function";
}
