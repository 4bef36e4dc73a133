import type { CatalogObject, FunctionObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import { afterBlank, afterDollarString, afterName, afterString } from "../../sql/lex.ts";

/*
 * The server keeps the body of a function as a string and notes nothing of what it names. Here it is read word
 * by word, static SQL, expressions and the strings that become SQL at run time alike: names are looked for, not
 * grammar. So a variable called like a table counts as the table: too much is found, and next to nothing missed.
 */

// Languages whose bodies name objects as SQL does.
const SPEAKS_SQL: ReadonlySet<string> = new Set(["sql", "plpgsql"]);

const CALLED: ReadonlySet<CatalogObject["kind"]> = new Set(["function", "aggregate"]);
const NAMED: ReadonlySet<CatalogObject["kind"]> = new Set([
  "table",
  "view",
  "sequence",
  "enum",
  "domain",
  "composite",
  "range",
]);

interface Named {
  readonly schema: string;
  readonly key: RefKey;
  readonly called: boolean;
}

// Many functions are looked at against one catalog.
const INDEXES = new WeakMap<CatalogView, ReadonlyMap<string, readonly Named[]>>();

function indexOf(view: CatalogView): ReadonlyMap<string, readonly Named[]> {
  const known = INDEXES.get(view);
  if (known !== undefined) return known;
  const index = new Map<string, Named[]>();
  for (const object of view.catalog.objects) {
    const called = CALLED.has(object.kind);
    if (!called && !NAMED.has(object.kind)) continue;
    const named = { schema: object.schema ?? "", key: refKey(object), called };
    const others = index.get(object.name);
    if (others === undefined) index.set(object.name, [named]);
    else others.push(named);
  }
  INDEXES.set(view, index);
  return index;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}

/** A chain of names with dots between them, and whether a parenthesis follows. */
interface Chain {
  readonly names: readonly string[];
  readonly call: boolean;
}

// Deeper than bodies in bodies go (a DO block that makes a function), and an end to hostile nesting.
const DEPTH_MAX = 8;

function* chainsOf(text: string, depth = 0): Generator<Chain> {
  for (let at = afterBlank(text, 0); at < text.length; at = afterBlank(text, at)) {
    const inner = depth < DEPTH_MAX ? stringAt(text, at) : null;
    if (inner !== null) {
      yield* chainsOf(inner.body, depth + 1);
      at = inner.end;
      continue;
    }
    const end = afterName(text, at);
    if (end === at) {
      at++;
      continue;
    }
    const names = [unquoted(text.slice(at, end))];
    at = end;
    for (let next = afterName(text, at + 1); text[at] === "." && next > at + 1; next = afterName(text, at + 1)) {
      names.push(unquoted(text.slice(at + 1, next)));
      at = next;
    }
    yield { names, call: text[afterBlank(text, at)] === "(" };
  }
}

// The inside of a string that starts at `at`; null when none does.
function stringAt(text: string, at: number): { body: string; end: number } | null {
  if (text[at] === "'") {
    const end = afterString(text, at, text[at - 1]?.toLowerCase() === "e");
    return end < 0 ? null : { body: text.slice(at + 1, end - 1).replaceAll("''", "'"), end };
  }
  if (text[at] !== "$") return null;
  const end = afterDollarString(text, at);
  if (end <= at) return null;
  const tag = text.indexOf("$", at + 1) + 1 - at;
  return { body: text.slice(at + tag, end - tag), end };
}

/**
 * Keys of the objects that the body of a function may name and that the server does not know to be needed: tables,
 * views, sequences, types, functions. Empty for languages other than SQL and PL/pgSQL. Sorted; neither itself nor
 * what `dependsOn` holds. These needs are wishes: they put things into an order that works where one exists (an index
 * over a function is built by calling it), and none of them may make an order impossible.
 */
export function bodyReferences(of: FunctionObject, view: CatalogView): readonly RefKey[] {
  if (!SPEAKS_SQL.has(of.language)) return [];
  const index = indexOf(view);
  const found = new Set<RefKey>();
  const take = (name: string, schema: string | null, call: boolean): boolean => {
    const all = (index.get(name) ?? []).filter(
      (one) => (schema === null || one.schema === schema) && (call || !one.called),
    );
    const near = all.filter((one) => one.schema === of.schema || one.schema === "public");
    for (const { key } of near.length > 0 ? near : all) found.add(key);
    return all.length > 0;
  };
  for (const { names, call } of chainsOf(of.definition)) {
    const [first = "", second] = names;
    // `schema.object`, with a column or nothing behind it; else `object.column`.
    if (second !== undefined && take(second, first, call && names.length === 2)) continue;
    take(first, null, call && second === undefined);
  }
  found.delete(refKey(of));
  for (const key of of.dependsOn) found.delete(key);
  return [...found].toSorted();
}
