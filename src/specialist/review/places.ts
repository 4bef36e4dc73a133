import type { CatalogObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Ref } from "../../model/ref.ts";
import { afterBlank } from "../../sql/lex.ts";
import { byteToIndex, parseSql } from "../../sql/parse.ts";
import { scriptParts, tokensOf } from "../../sql/split.ts";
import type { ScriptPart } from "../../sql/split.ts";
import type { ScriptText } from "../../twin/load/report.ts";
import { declaredBy, renamedBy, searchPathOf, shapeOf } from "./declared.ts";
import type { Declared, Renamed } from "./declared.ts";

/** Where SQL makes an object. */
export interface Place {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Which statement of all scripts, from 0. */
  readonly statement: number;
}

/** A comment in SQL that speaks to dbwright, with what it stands above or beside. */
export interface Remark {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** The statement it belongs to, whole; or one line of it where it stands inside. */
  readonly statement: number;
  readonly coversLine: number | null;
}

/** Where the objects of a catalog come from. */
export interface Places {
  of(object: Ref, view: CatalogView): Place | null;
  readonly remarks: readonly Remark[];
}

/** What a comment must hold to be looked at. */
const MARK = "dbwright-ignore";
// Statements that make, rename or place objects; all others need no parsing.
const INTERESTING = /^(?:create|alter|grant|set\b|select\b[^;]{0,80}set_config)/i;

/**
 * Reads where scripts make objects, by the grammar. What the grammar does not take (psql's variables, another
 * dialect) has no place; nothing is thrown. Linear in the scripts.
 */
export async function placesOf(scripts: readonly ScriptText[]): Promise<Places> {
  const index = new PlaceIndex();
  const remarks: Remark[] = [];
  let statement = -1;
  for (const script of scripts) {
    let lastLine = 0;
    let pending: Omit<Remark, "statement" | "coversLine">[] = [];
    if (!script.continues) index.path = "public";
    for (const part of scriptParts(script.text, script.file)) {
      const line = part.line + script.line - 1;
      if (part.kind === "blank") {
        for (const { text, offset } of commentsIn(part.text)) {
          const remark = { file: script.file, line: line + breaks(part.text, offset), text };
          // At the end of a statement's last line it speaks of that statement.
          if (remark.line === lastLine) remarks.push({ ...remark, statement, coversLine: null });
          else pending.push(remark);
        }
      } else if (part.kind === "statement") {
        statement++;
        for (const remark of pending) remarks.push({ ...remark, statement, coversLine: null });
        pending = [];
        remarks.push(...remarksInside(part, script.file, line, statement));
        if (INTERESTING.test(part.text)) await index.read(part.text, { file: script.file, line, statement });
        lastLine = line + breaks(part.text, part.text.length);
      }
    }
    for (const remark of pending) remarks.push({ ...remark, statement: -1, coversLine: null });
  }
  return { of: (object, view) => index.find(object, view), remarks };
}

function breaks(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

// Comments that hold the mark, without their delimiters.
function commentsIn(blank: string): { readonly text: string; readonly offset: number }[] {
  if (!blank.includes(MARK)) return [];
  return [...blank.matchAll(/--([^\n]*)|\/\*([\s\S]*?)\*\//g)]
    .map((match) => ({ text: (match[1] ?? match[2] ?? "").trim(), offset: match.index }))
    .filter(({ text }) => text.startsWith(MARK));
}

function remarksInside(part: ScriptPart, file: string, line: number, statement: number): Remark[] {
  if (!part.text.includes(MARK)) return [];
  const remarks: Remark[] = [];
  let end = 0;
  for (const token of tokensOf(part.text)) {
    const gap = part.text.slice(end, token.start);
    for (const { text, offset } of commentsIn(gap)) {
      const own = line + breaks(part.text, end + offset);
      const at = end + offset;
      const beside = part.text.slice(part.text.lastIndexOf("\n", at) + 1, at).trim() !== "";
      const next = line + breaks(part.text, afterBlank(part.text, end));
      remarks.push({ file, line: own, text, statement, coversLine: beside ? own : next });
    }
    end = token.end;
  }
  return remarks;
}

/** Objects by name and by shape, the last that made them first in line. */
class PlaceIndex {
  /** The schema that names without one go to. */
  path: string | null = "public";
  readonly #places = new Map<string, Place>();
  /** The same without the schema, for scripts whose search path is set elsewhere. */
  readonly #anywhere = new Map<string, Place>();

  async read(text: string, at: Place): Promise<void> {
    const parsed = await parseSql(text);
    const node = parsed.ok ? parsed.value[0]?.node : undefined;
    if (node === undefined) return;
    const path = searchPathOf(node);
    if (path !== undefined) {
      this.path = path;
      return;
    }
    const renamed = renamedBy(node);
    if (renamed !== null) this.#rename(renamed);
    const inner = "CreateSchemaStmt" in node ? (node.CreateSchemaStmt.schemaElts ?? []).flatMap(declaredBy) : [];
    const home = "CreateSchemaStmt" in node ? (node.CreateSchemaStmt.schemaname ?? null) : null;
    const toIndex = byteToIndex(text);
    for (const one of [
      ...declaredBy(node),
      ...inner.map((element) => ({ ...element, schema: element.schema ?? home })),
    ]) {
      const line = one.at === null || one.at < 0 ? at.line : at.line + breaks(text, toIndex(one.at));
      this.#add(one, { ...at, line });
    }
  }

  #add(one: Declared, place: Place): void {
    const schema = one.schema ?? this.path;
    for (const name of [one.name, one.shape].filter((part): part is string => part !== null && part !== "")) {
      const exact = keyOf(one.kind, schema, one.table, name);
      if (one.ifAbsent && this.#places.has(exact)) continue;
      this.#places.set(exact, place);
      this.#anywhere.set(keyOf(one.kind, null, one.table, name), place);
    }
  }

  #rename({ kind, schema, table, from, to }: Renamed): void {
    const home = schema ?? this.path;
    for (const [places, at] of [
      [this.#places, home],
      [this.#anywhere, null],
    ] as const) {
      const old = places.get(keyOf(kind, at, table, from));
      if (old !== undefined) places.set(keyOf(kind, at, table, to), old);
      if (kind !== "table") continue;
      // What hangs on the table goes along.
      const marks = ["column", "constraint", "index", "policy", "trigger"].map((one) => prefixOf(one, at, from));
      const known = [...places];
      for (const [key, place] of known) {
        const mark = marks.findIndex((prefix) => key.startsWith(prefix));
        const prefix = marks[mark];
        if (prefix === undefined) continue;
        places.set(prefixOf(key.slice(2, key.indexOf('"', 2)), at, to) + key.slice(prefix.length), place);
      }
    }
  }

  find(object: Ref, view: CatalogView): Place | null {
    const found = view.get(refKey(object));
    for (const { kind, table, names } of candidates(object, found)) {
      for (const name of names) {
        const place =
          this.#places.get(keyOf(kind, object.schema, table, name)) ??
          this.#anywhere.get(keyOf(kind, null, table, name));
        if (place !== undefined) return place;
      }
    }
    return null;
  }
}

const keyOf = (kind: string, schema: string | null, table: string | null, name: string): string =>
  JSON.stringify([kind, schema, table, name]);
const prefixOf = (kind: string, schema: string | null, table: string): string =>
  JSON.stringify([kind, schema, table]).replace(/\]$/, ",");

interface Candidate {
  readonly kind: string;
  readonly table: string | null;
  readonly names: readonly string[];
}

// Where to look for an object, the nearest first: itself, what brought it, its table.
function candidates(object: Ref, found: CatalogObject | undefined): Candidate[] {
  const { kind, table, name } = object;
  const list: Candidate[] = [{ kind, table, names: [...shapes(found, object), name] }];
  if (found?.kind === "constraint") list[0] = { kind, table, names: [name, ...shapes(found, object)] };
  if (found?.kind === "index") {
    list[0] = { kind, table, names: [name, ...shapes(found, object)] };
    if (found.constraint !== null) list.push(...candidates(ref("constraint", found.constraint, object), undefined));
  }
  if (found?.kind === "sequence" && found.ownedBy !== null) {
    const { table: owner, column } = found.ownedBy;
    list.push({ kind: "column", table: owner, names: [column] }, { kind: "table", table: null, names: [owner] });
  }
  if (kind === "grant") {
    const on = found?.kind === "grant" ? found.on : "table";
    list.push({ kind: on, table: null, names: [name] }, { kind: "view", table: null, names: [name] });
  }
  if (table !== null)
    list.push({ kind: "table", table: null, names: [table] }, { kind: "view", table: null, names: [table] });
  return list;
}

function shapes(found: CatalogObject | undefined, object: Ref): string[] {
  if (found?.kind === "constraint") return [shapeOf(found.type, found.columns)];
  if (found?.kind === "index")
    return [
      shapeOf(
        "index",
        found.keys.flatMap((key) => (key.column === null ? [] : [key.column])),
      ),
    ];
  if (object.kind !== "function") return [];
  const count = object.signature === "" ? 0 : object.signature.split(", ").length;
  return [shapeOf("function", [String(count)])];
}
