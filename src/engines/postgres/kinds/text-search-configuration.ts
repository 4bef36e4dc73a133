import type { TextSearchConfigurationObject } from "../../../model/catalog.ts";
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
  readonly parser: string;
  readonly mappings: TextSearchConfigurationObject["mappings"] | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: TextSearchConfigurationObject): string =>
  `TEXT SEARCH CONFIGURATION ${qualified(object.schema, object.name)}`;

type Mapping = TextSearchConfigurationObject["mappings"][number];

const map = (
  object: TextSearchConfigurationObject,
  verb: "ADD" | "ALTER",
  { token, dictionaries }: Mapping,
): Statement =>
  statement(`ALTER ${target(object)} ${verb} MAPPING FOR ${ident(token)} WITH ${dictionaries.join(", ")}`);

function alterMappings({ before, after }: Alteration<"text-search-configuration">): Statement[] {
  const old = new Map(before.mappings.map((mapping) => [mapping.token, mapping.dictionaries.join()]));
  const now = new Set(after.mappings.map(({ token }) => token));
  const gone = before.mappings.filter(({ token }) => !now.has(token)).map(({ token }) => ident(token));
  return [
    ...(gone.length === 0 ? [] : [statement(`ALTER ${target(after)} DROP MAPPING FOR ${gone.join(", ")}`)]),
    ...after.mappings.flatMap((mapping) => {
      const was = old.get(mapping.token);
      if (was === mapping.dictionaries.join()) return [];
      return [map(after, was === undefined ? "ADD" : "ALTER", mapping)];
    }),
  ];
}

/** Text search configurations: a parser, and the dictionaries that each kind of its tokens goes through. */
export const textSearchConfiguration: ObjectKind<"text-search-configuration"> = objectKind<
  "text-search-configuration",
  Row
>({
  kind: "text-search-configuration",
  present: "from pg_catalog.pg_ts_config where oid >= 16384",
  query: () => `
    select c.oid, n.nspname as schema, c.cfgname as name,
      quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) as parser, ${ownerOf("c.cfgowner")} as owner, d.description as comment,
      (select json_agg(json_build_object('token', m.token, 'dictionaries', m.dictionaries) order by m.token collate "C")
        from (
          select t.alias as token,
            json_agg(quote_ident(dn.nspname) || '.' || quote_ident(i.dictname) order by m.mapseqno) as dictionaries
          from pg_ts_config_map m
          join ts_token_type(c.cfgparser) t on t.tokid = m.maptokentype
          join pg_ts_dict i on i.oid = m.mapdict
          join pg_namespace dn on dn.oid = i.dictnamespace
          where m.mapcfg = c.oid
          group by t.alias) m) as mappings
    from pg_ts_config c
    join pg_namespace n on n.oid = c.cfgnamespace
    join pg_ts_parser p on p.oid = c.cfgparser
    join pg_namespace pn on pn.oid = p.prsnamespace
    ${joinComment(CLASS.textSearchConfiguration, "c.oid")}
    where c.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.textSearchConfiguration, "c.oid")}`,
  read(row, reading) {
    const own = ref("text-search-configuration", row.name, { schema: row.schema });
    reading.identify(CLASS.textSearchConfiguration, row.oid, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "text-search-configuration",
      parser: row.parser,
      mappings: row.mappings ?? [],
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object) => [
    statement(`CREATE ${target(object)} (PARSER = ${object.parser})`),
    ...object.mappings.map((mapping) => map(object, "ADD", mapping)),
    ...commentOn(target(object), object.comment),
    ...ownerTo(target(object), object),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("text-search-configuration", {
    mappings: alterMappings,
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
