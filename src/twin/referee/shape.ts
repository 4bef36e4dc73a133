import type { Session } from "../../engines/postgres/driver.ts";

/** A column of a system catalog, and what it refers to. */
export interface CatalogColumn {
  readonly name: string;
  /** `pg_type.typname`: `oid`, `_aclitem`, `pg_node_tree` … */
  readonly type: string;
  /** The catalog whose OIDs it holds, or null. */
  readonly refersTo: string | null;
  /** The column that holds the table whose column numbers it holds, or null. */
  readonly numbersOf: string | null;
  readonly list: boolean;
  readonly readable: boolean;
}

/** A system catalog as the server itself describes it. */
export interface CatalogShape {
  readonly name: string;
  readonly shared: boolean;
  readonly columns: readonly CatalogColumn[];
  /** The columns of its unique indexes, that of the primary key first. */
  readonly keys: readonly (readonly string[])[];
}

const SHAPES = `
  with reference as (
    select fktable, fkcols[cardinality(fkcols)] as col, pktable, is_array,
           case when cardinality(fkcols) = 2 then fkcols[1] end as relation
      from pg_get_catalog_foreign_keys()
     where cardinality(fkcols) = 1 or pktable = 'pg_attribute'::regclass)
  select r.relname::text as name, r.relisshared as shared,
    (select json_agg(json_build_object(
        'name', a.attname, 'type', t.typname,
        'refersTo', (select p.relname from reference f join pg_class p on p.oid = f.pktable
                      where f.fktable = r.oid and f.col = a.attname and f.relation is null),
        'numbersOf', (select f.relation from reference f
                       where f.fktable = r.oid and f.col = a.attname and f.relation is not null),
        'list', t.typcategory = 'A' or t.typname in ('oidvector', 'int2vector'),
        'readable', has_column_privilege(r.oid, a.attnum, 'select')) order by a.attnum)
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(i.cols order by i.main desc, i.cols::text)
       from (select x.indisprimary as main,
                    array(select a.attname::text from unnest(x.indkey) with ordinality k(n, o)
                            join pg_attribute a on a.attrelid = r.oid and a.attnum = k.n order by k.o) as cols
               from pg_index x where x.indrelid = r.oid and x.indisunique) i) as keys
    from pg_class r
   where r.relnamespace = 'pg_catalog'::regnamespace and r.relkind = 'r'
   order by r.relname`;

/** Every system catalog of the server, read from the server: one that we have never heard of is in it too. */
export async function readShapes(session: Session): Promise<readonly CatalogShape[]> {
  const { rows } = await session.query<Omit<CatalogShape, "keys"> & { keys: CatalogShape["keys"] | null }>(SHAPES);
  return rows.map((row) => ({ ...row, keys: row.keys ?? [] }));
}
