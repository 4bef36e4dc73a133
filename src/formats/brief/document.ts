import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, ParsedNode, YAMLError } from "yaml";
import { invalid } from "../../model/error.ts";
import { DEPTH_MAX, tooDeepAt } from "./depth.ts";
import { Problems, quoted } from "./problems.ts";
import type { Place } from "./problems.ts";

/** Longest brief that is read, in UTF-16 units: many times the largest sensible one. */
export const BRIEF_LENGTH_MAX = 1_048_576;
/** Most values of a brief after aliases are followed: bounds a "billion laughs" document. */
const NODES_MAX = 50_000;

/** Longest single text of a brief, in UTF-16 units. */
const TEXT_LENGTH_MAX = 10_000;

/** A value of the document, with where it stands. `text` is a scalar as the author wrote it. */
export interface BriefNode extends Place {
  readonly kind: "map" | "list" | "text" | "number" | "boolean" | "nothing";
  readonly text: string;
  readonly items: readonly BriefNode[];
  readonly entries: readonly BriefEntry[];
  /** How many columns the first character of `text` is after `column`; null where columns do not map (several lines). */
  readonly inset: number | null;
}

/** A key with its value. */
export interface BriefEntry {
  readonly key: string;
  readonly at: Place;
  readonly value: BriefNode;
}

/** A place inside a scalar, `offset` characters from the beginning of its text. */
export function inside(node: BriefNode, offset: number): Place {
  const column = node.inset === null ? node.column : node.column + node.inset + offset;
  return { path: node.path, line: node.line, column };
}

/** The value under a key, or null when the key is absent, empty, or the node is no mapping. */
export function member(node: BriefNode | null, key: string): BriefNode | null {
  const found = node?.entries.find((entry) => entry.key === key)?.value ?? null;
  return found?.kind === "nothing" ? null : found;
}

/** A scalar as text, or null for what is not one. */
export function textOf(node: BriefNode | null): string | null {
  const scalar = node?.kind === "text" || node?.kind === "number" || node?.kind === "boolean";
  return node !== null && scalar ? node.text : null;
}

/** `true` or `false`, or null for what is neither. */
export function flagOf(node: BriefNode | null): boolean | null {
  return node?.kind === "boolean" ? node.text.toLowerCase() === "true" : null;
}

/** The scalars of a list; a lone scalar stands for a list of one. */
export function scalarsOf(node: BriefNode | null): readonly BriefNode[] {
  if (node === null) return [];
  return (node.kind === "list" ? node.items : [node]).filter((item) => textOf(item) !== null);
}

/** The plain value of a node, for a validator that knows no positions. */
export function plain(node: BriefNode): unknown {
  switch (node.kind) {
    case "map":
      // No prototype, so that a key such as __proto__ is a key like any other.
      return node.entries.reduce(
        (all: Record<string, unknown>, { key, value }) => {
          all[key] = plain(value);
          return all;
        },
        Object.create(null) as Record<string, unknown>,
      );
    case "list":
      return node.items.map(plain);
    case "number":
      return Number(node.text);
    case "boolean":
      return node.text.toLowerCase() === "true";
    case "nothing":
      return null;
    case "text":
      return node.text;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces: YAML takes no tabs",
  BAD_SCALAR_START: "put the value in quotes: no value may begin with @, ` or %",
  BAD_ALIAS: "put the value in quotes when it begins with * or &",
  MULTIPLE_DOCS: "one file holds one brief: remove the line --- and what follows it, or make it a second file",
  BLOCK_AS_IMPLICIT_KEY: 'put the value in quotes when it holds ": ", or indent it under its key',
  MULTILINE_IMPLICIT_KEY: 'a key is one line, followed by ":"',
  MISSING_CHAR: "close every quote, [ and {, and write a blank after each : of a key",
  UNEXPECTED_TOKEN: "put the whole value in quotes when it begins with a quote, [, {, ? or |",
  BAD_INDENT: "give all keys of one mapping the same indentation",
};

/** Reads YAML into nodes. Syntax errors are told alone: what follows from broken YAML is guesswork. */
export function readDocument(text: string, file: string): BriefNode {
  if (text.length > BRIEF_LENGTH_MAX)
    throw invalid({
      what: `the file is too large for a brief: ${text.length} characters`,
      where: file,
      expected: `at most ${BRIEF_LENGTH_MAX} characters; a brief describes data, it does not hold it`,
    });
  const problems = new Problems(file);
  const lines = new LineCounter();
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const deep = tooDeepAt(source);
  if (deep !== null) {
    const before = source.slice(0, deep).split("\n");
    throw invalid({
      what: "the YAML is nested too deeply",
      where: `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`,
      expected: `at most ${DEPTH_MAX} levels`,
    });
  }
  const document = parse(source, lines);
  for (const error of document.errors) problems.add(placeOf(error, lines), ...syntax(error));
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2")
    problems.add({ path: "", line: 1, column: 1 }, `YAML ${version.version} is asked for`, {
      expected: "YAML 1.2, in which no, on and 1:30 are texts",
      mend: "remove the line %YAML",
    });
  const failed = problems.error();
  if (failed !== null) throw failed;
  const root = new Builder(document, lines, problems).build();
  const refused = problems.error();
  if (refused !== null) throw refused;
  return root;
}

function parse(source: string, lines: LineCounter): Document.Parsed {
  return parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    version: "1.2",
    merge: false,
    // "silent" would also pass over a second document; parseDocument itself prints nothing.
    logLevel: "error",
  });
}

function placeOf(error: YAMLError, lines: LineCounter): Place {
  const { line, col } = lines.linePos(error.pos[0]);
  return { path: "", line: Math.max(line, 1), column: Math.max(col, 1) };
}

function syntax(error: YAMLError): [string, { expected: string; mend?: string }] {
  const what = error.code === "MULTIPLE_DOCS" ? "a second document begins here" : `YAML: ${oneLine(error.message)}`;
  const hint = HINTS[error.code];
  return [what, { expected: "one YAML 1.2 document", ...(hint === undefined ? {} : { mend: hint }) }];
}

const oneLine = (message: string): string => message.replace(/\s+/g, " ").slice(0, 200);

type Parsed = ParsedNode | null;

class Builder {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #problems: Problems;
  #nodes = 0;

  constructor(document: Document.Parsed, lines: LineCounter, problems: Problems) {
    this.#document = document;
    this.#lines = lines;
    this.#problems = problems;
  }

  build(): BriefNode {
    return this.#node(this.#document.contents, "", 0, { path: "", line: 1, column: 1 });
  }

  #place(offset: number, path: string): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { path, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #node(node: Parsed, path: string, depth: number, fallback: Place): BriefNode {
    const nothing: BriefNode = { ...fallback, path, kind: "nothing", text: "", items: [], entries: [], inset: null };
    if (node === null || node === undefined) return nothing;
    const at = this.#place(node.range[0], path);
    this.#nodes += 1;
    if (depth > DEPTH_MAX || this.#nodes > NODES_MAX) {
      // Told once: each further node would repeat it.
      if (this.#nodes <= NODES_MAX + 1)
        this.#problems.add(
          at,
          depth > DEPTH_MAX ? "the YAML is nested too deeply" : "aliases make the brief too large",
          {
            expected: `at most ${DEPTH_MAX} levels and ${NODES_MAX} values`,
          },
        );
      this.#nodes = Number.POSITIVE_INFINITY;
      return nothing;
    }
    if (isAlias(node)) {
      const target = node.resolve(this.#document) as Parsed | undefined;
      if (target === undefined || target === null) {
        this.#problems.add(at, `nothing is called &${quoted(node.source).slice(1, -1)} above`, {
          expected: "an alias of something above it",
          mend: "put the value in quotes when * begins a text",
        });
        return nothing;
      }
      return { ...this.#node(target, path, depth + 1, at) };
    }
    if (node.tag !== undefined && !node.tag.startsWith("tag:yaml.org,2002:"))
      this.#problems.add(at, `the tag ${quoted(node.tag)}`, {
        expected: "a plain value; a brief has no tags",
        mend: "remove the tag, or put the value in quotes when ! begins a text",
      });
    if (isMap(node)) return { ...nothing, ...at, kind: "map", entries: this.#entries(node, path, depth) };
    if (isSeq(node)) {
      for (const item of node.items) if (node.flow === true) this.#brokenByComma(item, at);
      const items = node.items.map((item, index) => this.#node(item as Parsed, `${path}[${index}]`, depth + 1, at));
      return { ...nothing, ...at, kind: "list", items };
    }
    if (!isScalar(node) || node.value === null) return nothing;
    return this.#scalar(node, { ...nothing, ...at });
  }

  #scalar(node: ParsedNode, base: BriefNode): BriefNode {
    const { value, source, type, range } = node as ParsedNode & {
      value: string | number | boolean | bigint;
      source?: string;
      type?: string;
    };
    const kind =
      typeof value === "number" || typeof value === "boolean" ? (typeof value as "number" | "boolean") : "text";
    const text = type === "PLAIN" ? (source ?? String(value)) : String(value);
    if (/[\0\p{Cs}]/u.test(text))
      this.#problems.add(base, "a text with a zero byte or half a character", {
        expected: "text that a database can store",
      });
    if (text.length > TEXT_LENGTH_MAX) {
      this.#problems.add(base, `a text of ${text.length} characters`, { expected: `at most ${TEXT_LENGTH_MAX}` });
    }
    const written = range[1] - range[0];
    const inset = type === "PLAIN" ? (written === text.length ? 0 : null) : written === text.length + 2 ? 1 : null;
    const oneLiner = this.#lines.linePos(range[0]).line === this.#lines.linePos(range[1]).line;
    return { ...base, kind, text, inset: oneLiner ? inset : null };
  }

  // Inside { } and [ ], the comma of enum(a, b) ends the value: YAML sees `enum(a` and `b)`.
  #brokenByComma(node: Parsed, at: Place): boolean {
    if (!isScalar(node) || node.type !== "PLAIN") return false;
    const text = node.source;
    if (text.split("(").length <= text.split(")").length) return false;
    this.#problems.add(this.#place(node.range[0], at.path), `a comma ends ${quoted(text)}`, {
      expected: "a value with its closing )",
      mend: "inside { } and [ ], put a value with a comma in quotes",
    });
    return true;
  }

  #entries(node: ParsedNode & { items: unknown[]; flow?: boolean }, path: string, depth: number): BriefEntry[] {
    const entries: BriefEntry[] = [];
    const merged: BriefEntry[] = [];
    const seen = new Set<string>();
    for (const pair of node.items as { key: Parsed; value: Parsed }[]) {
      const at = this.#place(pair.key?.range[0] ?? node.range[0], path);
      const key = isScalar(pair.key) ? ((pair.key as { source?: string }).source ?? String(pair.key.value)) : null;
      if (key === null || key === "") {
        this.#problems.add(at, key === "" ? "an empty key" : "a key that is no word", {
          expected: "a word, then :",
          mend: "put the whole value in quotes when it begins with ?, [ or {",
        });
        continue;
      }
      const below = path === "" ? key : `${path}.${key}`;
      if (seen.has(key)) {
        this.#problems.add({ ...at, path: below }, `the key ${quoted(key)} is here twice`, {
          expected: "each key once in a mapping",
          mend: "remove or rename one of them",
        });
        continue;
      }
      if (node.flow === true && this.#brokenByComma(pair.value, { ...at, path: below })) continue;
      seen.add(key);
      const value = this.#node(pair.value, below, depth + 1, { ...at, path: below });
      if (key === "<<") merged.push(...mergeable(value, path));
      else entries.push({ key, at: { ...at, path: below }, value });
    }
    // As in YAML 1.1: what a mapping says itself wins over what it merges, and earlier merges over later.
    for (const entry of merged) {
      if (seen.has(entry.key)) continue;
      seen.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }
}

function mergeable(value: BriefNode, path: string): readonly BriefEntry[] {
  const all = value.kind === "list" ? value.items.flatMap((item) => item.entries) : value.entries;
  return all.map((entry) => ({ ...entry, at: { ...entry.at, path: `${path}.${entry.key}` } }));
}
