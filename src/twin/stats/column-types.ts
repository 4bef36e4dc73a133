import type { Session } from "../../engines/postgres/driver.ts";

/** A type as statistics need it: what compares its values, and what its parts are. */
export interface ColumnType {
  readonly oid: number;
  readonly delimiter: string;
  /** Operators of the type's default B-tree (else hash) operator class; 0 where it has none. */
  readonly equal: number;
  readonly less: number;
  /** Of an array (or text search vector): what its elements are; null for others. */
  readonly element: { readonly oid: number; readonly equal: number; readonly delimiter: string } | null;
  /** The collation that its elements are compared with, where that is not the column's own. */
  readonly elementCollation: number | null;
  /** Of a range the type itself, of a multirange its range; else 0. */
  readonly range: number;
}

// What ANALYZE finds through the type cache (utils/cache/typcache.c): the default operator class for the type itself,
// for the type below a domain, for one that it is binary coercible to (preferred ones first), or for its family
// (arrays, enums, ranges, multiranges, composite types). One level of domains over domains is enough for `base`.
const TYPES = `
  WITH RECURSIVE down AS (
    SELECT t.oid AS of, t.oid, t.typtype, t.typbasetype, 0 AS depth FROM pg_type AS t WHERE t.oid = ANY ($1::oid[])
    UNION ALL
    SELECT d.of, t.oid, t.typtype, t.typbasetype, d.depth + 1
      FROM down AS d JOIN pg_type AS t ON d.typtype = 'd' AND t.oid = d.typbasetype),
  base AS (SELECT DISTINCT ON (of) of, oid FROM down ORDER BY of, depth DESC),
  wanted AS (
    SELECT b.of, t.oid, t.typtype, t.typcategory, t.typelem, t.typsubscript
      FROM base AS b JOIN pg_type AS t ON t.oid = b.oid),
  everything AS (
    SELECT of, oid AS type FROM wanted
    UNION SELECT of, typelem FROM wanted WHERE typelem <> 0),
  element_base AS (
    SELECT e.of, e.type, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS oid
      FROM everything AS e JOIN pg_type AS t ON t.oid = e.type),
  class AS (
    SELECT DISTINCT ON (e.of, e.type) e.of, e.type, o.opcfamily AS family, o.opcintype AS input, m.amname AS method
      FROM element_base AS e
      JOIN pg_type AS t ON t.oid = e.oid
      JOIN pg_opclass AS o ON o.opcdefault
      JOIN pg_am AS m ON m.oid = o.opcmethod AND m.amname IN ('btree', 'hash')
      JOIN pg_type AS i ON i.oid = o.opcintype
     WHERE o.opcintype = t.oid
        OR (t.typsubscript = 'array_subscript_handler'::regproc AND o.opcintype = 'anyarray'::regtype)
        OR (t.typtype = 'e' AND o.opcintype = 'anyenum'::regtype)
        OR (t.typtype = 'r' AND o.opcintype = 'anyrange'::regtype)
        OR (t.typtype = 'm' AND o.opcintype = 'anymultirange'::regtype)
        OR (t.typtype = 'c' AND o.opcintype = 'record'::regtype)
        OR EXISTS (SELECT FROM pg_cast AS c WHERE c.castsource = t.oid AND c.casttarget = o.opcintype
                    AND c.castmethod = 'b' AND c.castcontext = 'i')
     ORDER BY e.of, e.type, m.amname, o.opcintype = t.oid DESC, i.typispreferred DESC, o.oid),
  operators AS (
    SELECT k.of, k.type,
           (SELECT a.amopopr FROM pg_amop AS a WHERE a.amopfamily = k.family AND a.amoplefttype = k.input
               AND a.amoprighttype = k.input AND a.amopstrategy = CASE k.method WHEN 'btree' THEN 3 ELSE 1 END
               AND a.amoppurpose = 's') AS equal,
           (SELECT a.amopopr FROM pg_amop AS a WHERE a.amopfamily = k.family AND a.amoplefttype = k.input
               AND a.amoprighttype = k.input AND a.amopstrategy = 1 AND k.method = 'btree'
               AND a.amoppurpose = 's') AS less
      FROM class AS k)
  SELECT w.of AS oid, t.typdelim::text AS delimiter, coalesce(own.equal, 0) AS equal, coalesce(own.less, 0) AS less,
         w.oid = 'tsvector'::regtype AS "textSearch",
         CASE WHEN w.typsubscript = 'array_subscript_handler'::regproc THEN w.typelem ELSE 0 END AS element,
         coalesce(part.equal, 0) AS "elementEqual", coalesce(e.typdelim::text, ',') AS "elementDelimiter",
         CASE w.typtype WHEN 'r' THEN w.oid
           WHEN 'm' THEN (SELECT r.rngtypid FROM pg_range AS r WHERE r.rngmultitypid = w.oid) ELSE 0 END AS range
    FROM wanted AS w
    JOIN pg_type AS t ON t.oid = w.of
    LEFT JOIN operators AS own ON own.of = w.of AND own.type = w.oid
    LEFT JOIN pg_type AS e ON e.oid = w.typelem
    LEFT JOIN operators AS part ON part.of = w.of AND part.type = w.typelem`;

interface TypeRow {
  readonly oid: number;
  readonly delimiter: string;
  readonly equal: number;
  readonly less: number;
  readonly textSearch: boolean;
  readonly element: number;
  readonly elementEqual: number;
  readonly elementDelimiter: string;
  readonly range: number;
}

const TEXT = { oid: 25, equal: 98, delimiter: "," } as const;
const COLLATION_DEFAULT = 100;

/** What statistics need to know of types, by their oids on the session's server. */
export async function columnTypes(session: Session, oids: readonly number[]): Promise<ReadonlyMap<number, ColumnType>> {
  const { rows } = await session.query<TypeRow>(TYPES, [[...new Set(oids)]]);
  return new Map(rows.map((row): [number, ColumnType] => [row.oid, typeOf(row)]));
}

function typeOf(row: TypeRow): ColumnType {
  const { oid, delimiter, equal, less, range } = row;
  const own = { oid, delimiter, equal, less, range };
  // Lexemes are kept as text (tsearch/ts_typanalyze.c).
  if (row.textSearch) return { ...own, element: TEXT, elementCollation: COLLATION_DEFAULT };
  const element =
    row.element === 0 ? null : { oid: row.element, equal: row.elementEqual, delimiter: row.elementDelimiter };
  return { ...own, element, elementCollation: null };
}
