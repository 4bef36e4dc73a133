import type { TextSearchDictionaryObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly template: string;
  readonly options: string | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: TextSearchDictionaryObject): string =>
  `TEXT SEARCH DICTIONARY ${qualified(object.schema, object.name)}`;

// `language = 'german', "Odd name" = E'a\\b'`: what serialize_deflist in the server's tsearchcmds.c writes.
const OPTION = /("(?:[^"]|"")+"|[^\s"=,]+) = (E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|[^\s,]+)/gsy;

function optionsOf(text: string): Record<string, string> {
  const entries: [string, string][] = [];
  for (let at = 0; at < text.length;) {
    OPTION.lastIndex = at;
    const match = OPTION.exec(text);
    if (match === null) throw new Error(`options of a text search dictionary in an unknown form: ${text}`);
    const [, key = "", value = ""] = match;
    entries.push([key.startsWith('"') ? key.slice(1, -1).replaceAll('""', '"') : key, value]);
    at = OPTION.lastIndex + 2;
  }
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function alterOptions({ before, after }: Alteration<"text-search-dictionary">): Statement[] {
  const set = Object.entries(after.options).filter(([key, value]) => before.options[key] !== value);
  const gone = Object.keys(before.options).filter((key) => after.options[key] === undefined);
  // An option without a value is taken away.
  const clauses = [...gone.map(ident), ...set.map(([key, value]) => `${ident(key)} = ${value}`)];
  return [statement(`ALTER ${target(after)} (${clauses.join(", ")})`)];
}

/** Text search dictionaries: a template with its options. */
export const textSearchDictionary: ObjectKind<"text-search-dictionary"> = objectKind<"text-search-dictionary", Row>({
  kind: "text-search-dictionary",
  present: "from pg_catalog.pg_ts_dict where oid >= 16384",
  query: () => `
    select o.oid, n.nspname as schema, o.dictname as name,
      quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname) as template, o.dictinitoption as options,
      ${ownerOf("o.dictowner")} as owner, d.description as comment
    from pg_ts_dict o
    join pg_namespace n on n.oid = o.dictnamespace
    join pg_ts_template t on t.oid = o.dicttemplate
    join pg_namespace tn on tn.oid = t.tmplnamespace
    ${joinComment(CLASS.textSearchDictionary, "o.oid")}
    where o.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.textSearchDictionary, "o.oid")}`,
  read(row, reading) {
    const own = ref("text-search-dictionary", row.name, { schema: row.schema });
    reading.identify(CLASS.textSearchDictionary, row.oid, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "text-search-dictionary",
      template: row.template,
      options: optionsOf(row.options ?? ""),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    const options = Object.entries(object.options).map(([key, value]) => `,\n  ${ident(key)} = ${value}`);
    return [
      statement(`CREATE ${target(object)} (\n  TEMPLATE = ${object.template}${options.join("")}\n)`),
      ...commentOn(target(object), object.comment),
      ...ownerTo(target(object), object),
    ];
  },
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("text-search-dictionary", {
    options: alterOptions,
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
