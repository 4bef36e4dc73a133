import type { OperatorMember } from "../../../model/catalog.ts";
import { CLASS } from "./kind.ts";

/** One row of pg_amop or pg_amproc, as {@link MEMBERS} gives it. */
export interface MemberRow {
  readonly class: number;
  readonly oid: number;
  readonly what: OperatorMember["what"];
  readonly number: number;
  readonly left: string;
  readonly right: string;
  readonly name: string;
  readonly sort: string | null;
}

/**
 * SQL: the operators and support functions that hang on the operator class or family at `oid`, as JSON. Which of
 * the two a member hangs on is said by `pg_depend` alone.
 */
export const MEMBERS = (classId: number, oid: string): string => `(
      select json_agg(json_build_object('class', x.class, 'oid', x.oid, 'what', x.what, 'number', x.number,
        'left', x.left, 'right', x.right, 'name', x.name, 'sort', x.sort)
        order by x.what desc, x.number, x.left collate "C", x.right collate "C")
      from (
        select ${CLASS.familyOperator} as class, a.oid::bigint as oid, 'operator' as what, a.amopstrategy as number,
          format_type(a.amoplefttype, null) as left, format_type(a.amoprighttype, null) as right,
          quote_ident(rn.nspname) || '.' || r.oprname as name,
          case when a.amopsortfamily <> 0 then quote_ident(sn.nspname) || '.' || quote_ident(s.opfname) end as sort
        from pg_depend e
        join pg_amop a on a.oid = e.objid
        join pg_operator r on r.oid = a.amopopr
        join pg_namespace rn on rn.oid = r.oprnamespace
        left join pg_opfamily s on s.oid = a.amopsortfamily
        left join pg_namespace sn on sn.oid = s.opfnamespace
        where e.classid = ${CLASS.familyOperator} and e.refclassid = ${classId} and e.refobjid = ${oid}
          and e.deptype in ('a', 'i')
        union all
        select ${CLASS.familyFunction}, a.oid::bigint, 'function', a.amprocnum, format_type(a.amproclefttype, null),
          format_type(a.amprocrighttype, null), a.amproc::regprocedure::text, null
        from pg_depend e
        join pg_amproc a on a.oid = e.objid
        where e.classid = ${CLASS.familyFunction} and e.refclassid = ${classId} and e.refobjid = ${oid}
          and e.deptype in ('a', 'i')) x)`;

/** The noun of a {@link MemberRow}. */
export function memberOf({ what, number, left, right, name, sort }: MemberRow): OperatorMember {
  return { what, number, left, right, name, sort };
}

/** A member as CREATE OPERATOR CLASS and ALTER OPERATOR FAMILY … ADD spell it. */
export function memberText({ what, number, left, right, name, sort }: OperatorMember): string {
  if (what === "function") return `FUNCTION ${number} (${left}, ${right}) ${name}`;
  return `OPERATOR ${number} ${name} (${left}, ${right})${sort === null ? "" : ` FOR ORDER BY ${sort}`}`;
}

/** A member as ALTER OPERATOR FAMILY … DROP names it. */
export function memberSlot({ what, number, left, right }: OperatorMember): string {
  return `${what.toUpperCase()} ${number} (${left}, ${right})`;
}
