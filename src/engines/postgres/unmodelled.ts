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

/** The query that names properties that are not modelled, of objects that are not ours. */
export const UNMODELLED_PROPERTIES = `
  select case when x.oid < 12000 then 'privileges on a system object' else 'privileges on an extension''s object' end
      as kind, pg_describe_object(x.class, x.oid, 0) as name
  from (
    select tableoid as class, oid, relacl as acl from pg_class where relkind <> 'i'
    union all select tableoid, oid, proacl from pg_proc
    union all select tableoid, oid, typacl from pg_type
    union all select tableoid, oid, nspacl from pg_namespace where nspname <> 'public') x
  left join pg_init_privs i on i.classoid = x.class and i.objoid = x.oid and i.objsubid = 0
  where x.acl is not null and x.acl is distinct from i.initprivs and (x.oid < 12000 or exists (
    select from pg_depend e where e.classid = x.class and e.objid = x.oid and e.deptype = 'e'))
  union all
  select 'setting of the database', cut.name
    from pg_db_role_setting s join pg_database b on b.oid = s.setdatabase and b.datname = current_database()
    cross join lateral unnest(s.setconfig) c (entry) cross join lateral split_part(c.entry, '=', 1) cut (name)
  union all
  select 'extension dependency', pg_describe_object(x.classid, x.objid, x.objsubid) from pg_depend x
    where x.deptype = 'x'`;

/** As {@link UNMODELLED}, of security labels: few databases have any, and the view over all catalogs takes long to plan. */
export const LABELS: string = `
  select 'security label' as kind, l.provider || ' on ' || l.objtype || ' ' || l.objname as name from pg_seclabels l
    where l.objtype not in ('database', 'role', 'tablespace')`;

/** Whether there may be rows of {@link LABELS}: SQL that is true or false. */
export const HAS_LABELS =
  "exists (select from pg_catalog.pg_seclabel) or exists (select from pg_catalog.pg_shseclabel)";

/** Whether there may be rows of {@link UNMODELLED}: SQL that is true or false. */
export const HAS_UNMODELLED: string = SOURCES.map(
  ({ catalog, where }) =>
    `exists (select from pg_catalog.${catalog} o where o.oid >= 16384${where === undefined ? "" : ` and ${where}`})`,
).join(" or ");

/** The query that names the objects of kinds that are not modelled; `$1` as for the kinds. */
export const UNMODELLED: string = SOURCES.map(selectOf).join("\n  union all\n");
