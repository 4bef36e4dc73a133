import type { RefKey } from "../../model/ref.ts";
import type { Reading } from "./kinds/kind.ts";
import { CLASS } from "./kinds/kind.ts";

// Below this OID everything belongs to the system (FirstNormalObjectId in the server's transam.h).
const FIRST_USER_OID = 16384;

/** A row of {@link DEPENDENCIES}. */
export interface DependencyRow {
  readonly class: number;
  readonly oid: number;
  readonly column: number;
  readonly ref_class: number;
  readonly ref_oid: number;
  readonly ref_column: number;
}

/**
 * What hangs on what, as the server recorded it, in one query. Left out are rows whose fact an object
 * states itself: its schema, a table's row type and TOAST table, a partition's parent, an index's
 * constraint, the sequence inside an identity column.
 */
export const DEPENDENCIES: string = `
  select classid as class, objid as oid, objsubid as column, refclassid as ref_class, refobjid as ref_oid,
    refobjsubid as ref_column
  from pg_depend
  where objid >= ${FIRST_USER_OID} and refobjid >= ${FIRST_USER_OID} and deptype in ('n', 'a', 'i')
    and classid in (${Object.values(CLASS).join(", ")})
    and refclassid not in (${CLASS.namespace}, ${CLASS.rewrite}, ${CLASS.default}, ${CLASS.trigger}, ${CLASS.policy})
    and not (classid = ${CLASS.type} and refclassid in (${CLASS.relation}, ${CLASS.type}) and deptype = 'i')
    and not (classid = ${CLASS.relation} and refclassid = ${CLASS.constraint})
    and not (classid = ${CLASS.relation} and refclassid = ${CLASS.relation} and deptype = 'i')
    and not (classid = ${CLASS.trigger} and refclassid = ${CLASS.constraint})
    -- The columns of a constraint, on both sides of a foreign key.
    and not (classid = ${CLASS.constraint} and refclassid = ${CLASS.relation} and refobjsubid > 0)
    -- A default's own column; those an expression reads are recorded otherwise or besides.
    and not (classid = ${CLASS.default} and refclassid = ${CLASS.relation} and exists (
      select from pg_attrdef f where f.oid = objid and f.adrelid = refobjid and f.adnum = refobjsubid))
    -- The columns of an index without expressions.
    and not (classid = ${CLASS.relation} and refclassid = ${CLASS.relation} and refobjsubid > 0 and exists (
      select from pg_index i where i.indexrelid = objid and i.indexprs is null and i.indpred is null))`;

/** Calls `add` for each pair of catalog objects of which the first needs the second. */
export function takeDependencies(
  rows: readonly DependencyRow[],
  reading: Reading,
  add: (object: RefKey, needs: RefKey) => void,
): void {
  for (const row of rows) {
    // A sequence "depends" on the column that owns it, yet it exists first.
    if (row.class === CLASS.relation && row.ref_column > 0 && row.column === 0 && isSequence(reading, row.oid))
      continue;
    const object = reading.keyOf(row.class, row.oid, row.column);
    if (object === undefined) continue;
    const needs = reading.keyOf(row.ref_class, row.ref_oid, row.ref_column);
    if (needs !== undefined && needs !== object) add(object, needs);
  }
}

function isSequence(reading: Reading, oid: number): boolean {
  return reading.keyOf(CLASS.relation, oid)?.startsWith("sequence ") ?? false;
}
