/*
 * What a database can hold and the catalog does not model. Each is named by the server's own words
 * (pg_identify_object), so that nothing is skipped in silence.
 */

interface Source {
  /** SQL for the regclass of the system catalog. */
  readonly catalog: string;
  /** The column that holds the schema, for what lives in one. */
  readonly schema?: string;
  readonly where?: string;
}

const SOURCES: readonly Source[] = [
  // Base types and shell types; a base type's array type comes with it.
  { catalog: "pg_type", schema: "typnamespace", where: "o.typtype in ('b', 'p') and o.typelem = 0" },
  { catalog: "pg_ts_parser", schema: "prsnamespace" },
  { catalog: "pg_ts_template", schema: "tmplnamespace" },
  { catalog: "pg_transform" },
  { catalog: "pg_language" },
  { catalog: "pg_am" },
];

const selectOf = ({ catalog, schema, where }: Source): string => `
  select i.type as kind, i.identity as name from ${catalog} o
  ${schema === undefined ? "" : `join pg_namespace n on n.oid = o.${schema}`}
  cross join lateral pg_identify_object('${catalog}'::regclass, o.oid, 0) i
  where o.oid >= 16384 ${where === undefined ? "" : `and ${where}`}
    ${schema === undefined ? "" : `and left(n.nspname, 3) <> 'pg_' and ($1::text[] is null or n.nspname = any ($1::text[]))`}
    and not exists (select from pg_depend e
      -- Of an extension, or made by the server with something else (a range's cast to its multirange).
      where e.classid = '${catalog}'::regclass and e.objid = o.oid and e.deptype in ('e', 'i'))`;

// Tables that not everybody may read, or that stand outside the pattern above.
const OTHERS = `
  select 'security label', l.provider || ' on ' || l.objtype || ' ' || l.objname from pg_seclabels l
    where l.objtype not in ('database', 'role', 'tablespace')
  union all
  select 'extension dependency', pg_describe_object(x.classid, x.objid, x.objsubid) from pg_depend x
    where x.deptype = 'x'`;

/** The query that names everything that is there and not modelled; `$1` as for the kinds. */
export const UNMODELLED: string = [...SOURCES.map(selectOf), OTHERS].join("\n  union all\n");
