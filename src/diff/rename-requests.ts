import type { Catalog, CatalogObject } from "../model/catalog.ts";
import type { Change } from "../model/change.ts";
import { invalid } from "../model/error.ts";
import { ref, refKey } from "../model/ref.ts";
import type { Ref } from "../model/ref.ts";
import { afterName } from "../sql/lex.ts";

const EXPECTED = "OLD=NEW, e.g. public.task.title=name for a column or public.task=public.job for a table";

/** The names of a dotted path as the server stores them; null where the text is none. */
export function pathOf(text: string): string[] | null {
  const names: string[] = [];
  let at = 0;
  for (;;) {
    const end = text[at] === '"' ? closing(text, at) : afterName(text, at);
    if (end <= at) return null;
    const name = text.slice(at, end);
    names.push(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase());
    if (end === text.length) return names;
    if (text[end] !== ".") return null;
    at = end + 1;
  }
}

function closing(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') continue;
    if (text[at + 1] !== '"') return at + 1;
    at++;
  }
  return -1;
}

/** Both sides of the first `=` outside of quotes, trimmed; null where there is none. */
export function cutAtEquals(text: string): readonly [string, string] | null {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === "=" && !quoted) return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  }
  return null;
}

// Kinds whose objects are named by a schema and a name alone.
const NAMED = ["table", "view", "sequence", "enum", "domain", "composite", "range"] as const;

/**
 * The renames that a person states, as changes of FROM. `where` names the flag or the file. Throws `invalid` (exit 2)
 * for one that cannot be read, that FROM does not hold, or whose new name is taken there or missing in TO.
 */
export function renameRequests(
  requests: readonly { readonly text: string; readonly where: string }[],
  from: Catalog,
  to: Catalog,
): readonly Change[] {
  if (requests.length === 0) return [];
  const [olds, news] = [keyed(from), keyed(to)];
  const changes = requests.map(({ text, where }) => renameRequest(text, where, olds, news));
  // Columns first: they are named by the tables that FROM has.
  const isColumn = (change: Change): boolean => change.type === "rename" && change.before.kind === "column";
  return [...changes.filter(isColumn), ...changes.filter((change) => !isColumn(change))];
}

function keyed(catalog: Catalog): ReadonlyMap<string, CatalogObject> {
  return new Map(catalog.objects.map((object) => [refKey(object), object]));
}

function renameRequest(
  text: string,
  where: string,
  olds: ReadonlyMap<string, CatalogObject>,
  news: ReadonlyMap<string, CatalogObject>,
): Change {
  const [left, right] = cutAtEquals(text) ?? ["", ""];
  const [path, target] = [pathOf(left), pathOf(right)];
  if (path === null || target === null)
    throw invalid({ what: `${JSON.stringify(text)} is no rename`, where, expected: EXPECTED });
  const before = found(path, olds);
  if (before === null)
    throw invalid({ what: `FROM has no table, column, view, sequence or type ${left}`, where, expected: EXPECTED });
  const name = target.at(-1) ?? "";
  const schema = before.kind === "column" || target.length < 2 ? before.schema : (target.at(-2) ?? null);
  const address: Ref = ref(before.kind, name, { schema, table: before.table });
  if (olds.has(refKey(address)))
    throw invalid({ what: `FROM has both ${left} and ${right}`, where, mend: "leave one of them out of FROM" });
  const renamedTable = before.kind === "column" && !news.has(refKey(ref("table", before.table, { schema })));
  if (!news.has(refKey(address)) && !renamedTable)
    throw invalid({ what: `TO has no ${before.kind} ${right}`, where, expected: EXPECTED });
  return { type: "rename", before, to: address };
}

function found(path: readonly string[], objects: ReadonlyMap<string, CatalogObject>): CatalogObject | null {
  const [first = "", second = "", third = ""] = path;
  const column = (schema: string, table: string, name: string): CatalogObject | null =>
    objects.get(refKey(ref("column", name, { schema, table }))) ?? null;
  const named = (schema: string, name: string): CatalogObject | null => {
    for (const kind of NAMED) {
      const object = objects.get(refKey(ref(kind, name, { schema })));
      if (object !== undefined) return object;
    }
    return null;
  };
  if (path.length === 3) return column(first, second, third);
  if (path.length === 2) return named(first, second) ?? column("public", first, second);
  return path.length === 1 ? named("public", first) : null;
}

const COMMENT = /^[ \t]*--[ \t]*dbwright:[ \t]*rename[ \t]+(.+?)[ \t\r]*$/gm;

/** The renames that a SQL file states in comments: `-- dbwright:rename public.task.title=name`. */
export function renamesIn(text: string, file: string): readonly { readonly text: string; readonly where: string }[] {
  return [...text.matchAll(COMMENT)].map((match) => ({
    text: match[1] ?? "",
    where: `${file}:${text.slice(0, match.index).split("\n").length}`,
  }));
}
