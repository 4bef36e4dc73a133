import { posix } from "node:path";
import { parseSync, visitorKeys } from "oxc-parser";
import type { Comment, Program } from "oxc-parser";

/** A node of the syntax tree, seen without its type. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** One import of any form: static, dynamic, type, re-export, `import("x").T`, `require("x")`, `getBuiltinModule`. */
export interface Import {
  /** As written; null where it is computed. */
  readonly specifier: string | null;
  /** The file of the repository it leads to; null for packages and Node's own modules. */
  readonly target: string | null;
  readonly line: number;
  /** Erased at run time. */
  readonly typeOnly: boolean;
}

/** A parsed TypeScript file. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  readonly parseErrors: readonly string[];
  /** The line of an offset; counts from 1. */
  lineAt(offset: number): number;
}

/** What the checks look at: the repository's text files, the TypeScript among them parsed. */
export interface Tree {
  readonly sources: readonly SourceFile[];
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  /** Every file, text or not. */
  readonly paths: readonly string[];
}

/** Calls `visit` for every node, parents first. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode, parent: SyntaxNode | null) => void): void {
  const step = (at: SyntaxNode, parent: SyntaxNode | null): void => {
    visit(at, parent);
    for (const key of visitorKeys[at.type] ?? []) {
      const child = at[key];
      for (const one of Array.isArray(child) ? child : [child]) {
        if (typeof one === "object" && one !== null) step(one as SyntaxNode, at);
      }
    }
  };
  step(node, null);
}

/** Parses files given as text; `others` are files that hold no text. */
export function treeOf(files: Readonly<Record<string, string>>, others: readonly string[] = []): Tree {
  const texts = Object.entries(files)
    .map(([path, text]) => ({ path, text }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const sources = texts.filter(({ path }) => /\.[cm]?ts$/.test(path)).map(({ path, text }) => sourceOf(path, text));
  return { sources, texts, paths: [...Object.keys(files), ...others] };
}

function sourceOf(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  const starts = [0];
  for (const match of text.matchAll(/\n/g)) starts.push(match.index + 1);
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  return {
    path,
    text,
    lines: text.replace(/\n$/, "").split("\n"),
    program,
    comments,
    imports: importsOf(path, program, lineAt),
    parseErrors: errors.map((error) => error.message),
    lineAt,
  };
}

function importsOf(path: string, program: Program, lineAt: (offset: number) => number): Import[] {
  const found: Import[] = [];
  walk(program as unknown as SyntaxNode, (node) => {
    const seen = importIn(node);
    if (seen === null) return;
    const value = (seen.source as { value?: unknown } | null)?.value;
    const specifier = typeof value === "string" ? value : null;
    const relative = specifier !== null && /^\.{1,2}(\/|$)/.test(specifier);
    found.push({
      specifier,
      target: relative ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts") : null,
      line: lineAt(node.start),
      typeOnly: seen.typeOnly,
    });
  });
  return found;
}

function importIn(node: SyntaxNode): { source: unknown; typeOnly: boolean } | null {
  switch (node.type) {
    case "ImportDeclaration":
      return { source: node["source"], typeOnly: node["importKind"] === "type" };
    case "ExportAllDeclaration":
      return { source: node["source"], typeOnly: node["exportKind"] === "type" };
    case "ExportNamedDeclaration":
      return node["source"] === null ? null : { source: node["source"], typeOnly: node["exportKind"] === "type" };
    case "ImportExpression":
      return { source: node["source"], typeOnly: false };
    case "TSImportType":
      return { source: node["source"], typeOnly: true };
    case "TSExternalModuleReference":
      return { source: node["expression"], typeOnly: false };
    case "CallExpression": {
      const callee = node["callee"] as SyntaxNode;
      const name = callee["name"] ?? (callee["property"] as SyntaxNode | undefined)?.["name"];
      if (name !== "require" && name !== "getBuiltinModule") return null;
      return { source: (node["arguments"] as unknown[])[0] ?? null, typeOnly: false };
    }
    default:
      return null;
  }
}
