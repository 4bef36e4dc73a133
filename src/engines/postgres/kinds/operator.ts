import type { OperatorObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, majorOf, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind, PrintContext } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly left: string | null;
  readonly right: string;
  readonly function: string | null;
  readonly commutator: string | null;
  readonly negator: string | null;
  readonly restrict: string | null;
  readonly join: string | null;
  readonly hashes: boolean;
  readonly merges: boolean;
  readonly owner: string | null;
  readonly comment: string | null;
}

// An operator's name is written bare, after its schema: the server takes no quotes around it.
const target = (object: OperatorObject): string =>
  `OPERATOR ${ident(object.schema ?? "")}.${object.name} (${object.left ?? "NONE"}, ${object.right})`;

const VERSION_SET_LINKS = 17;

/** What an operator's links to others can become by ALTER: set once, from PostgreSQL 17 on. */
function alterLinks({ before, after, properties }: Alteration<"operator">, { view }: PrintContext): Statement[] {
  const settings: string[] = [];
  for (const property of ["restrict", "join"] as const)
    if (properties.includes(property)) settings.push(`${property.toUpperCase()} = ${after[property] ?? "NONE"}`);
  const setOnce = (property: "commutator" | "negator" | "hashes" | "merges"): void => {
    if (!properties.includes(property)) return;
    const [was, is] = [before[property], after[property]];
    if ((was !== null && was !== false) || majorOf(view) < VERSION_SET_LINKS)
      throw new UnprintableChange("operator", property, "it can be set once, and from PostgreSQL 17 on");
    settings.push(typeof is === "string" ? `${property.toUpperCase()} = ${is}` : property.toUpperCase());
  };
  for (const property of ["commutator", "negator", "hashes", "merges"] as const) setOnce(property);
  return [statement(`ALTER ${target(after)} SET (${settings.join(", ")})`)];
}

const other = (alias: string): string =>
  `case when ${alias}.oid is not null then 'OPERATOR(' || quote_ident(${alias}n.nspname) || '.' || ${alias}.oprname || ')' end`;

/**
 * Operators, with the shells that stand for one that another names as its commutator or negator and that nobody
 * has defined: `function` is null; a shell comes with the operator that names it and is printed as nothing.
 */
export const operator: ObjectKind<"operator"> = objectKind<"operator", Row>({
  kind: "operator",
  present: "from pg_catalog.pg_operator where oid >= 16384",
  query: () => `
    select o.oid, n.nspname as schema, o.oprname as name,
      case when o.oprleft <> 0 then format_type(o.oprleft, null) end as left, format_type(o.oprright, null) as right,
      case when o.oprcode::oid <> 0 then o.oprcode::text end as function,
      ${other("c")} as commutator, ${other("g")} as negator,
      case when o.oprrest::oid <> 0 then o.oprrest::text end as restrict,
      case when o.oprjoin::oid <> 0 then o.oprjoin::text end as join,
      o.oprcanhash as hashes, o.oprcanmerge as merges, ${ownerOf("o.oprowner")} as owner, d.description as comment
    from pg_operator o
    join pg_namespace n on n.oid = o.oprnamespace
    left join pg_operator c on c.oid = o.oprcom
    left join pg_namespace cn on cn.oid = c.oprnamespace
    left join pg_operator g on g.oid = o.oprnegate
    left join pg_namespace gn on gn.oid = g.oprnamespace
    ${joinComment(CLASS.operator, "o.oid")}
    where o.oid >= 16384 and ${inScope("n")} and ${notOfExtension(CLASS.operator, "o.oid")}`,
  read(row, reading) {
    const signature = `${row.left ?? "NONE"}, ${row.right}`;
    const own = ref("operator", row.name, { schema: row.schema, signature });
    reading.identify(CLASS.operator, row.oid, refKey(own));
    const { left, right, commutator, negator, restrict, join, hashes, merges, comment } = row;
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "operator",
      left,
      right,
      function: row.function,
      commutator,
      negator,
      restrict,
      join,
      hashes,
      merges,
      comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    if (object.function === null) return [];
    const clauses: (readonly [string, string | null])[] = [
      ["FUNCTION", object.function],
      ["LEFTARG", object.left],
      ["RIGHTARG", object.right],
      ["COMMUTATOR", object.commutator],
      ["NEGATOR", object.negator],
      ["RESTRICT", object.restrict],
      ["JOIN", object.join],
    ];
    const given = clauses.flatMap(([key, value]) => (value === null ? [] : [`${key} = ${value}`]));
    if (object.hashes) given.push("HASHES");
    if (object.merges) given.push("MERGES");
    const name = `${ident(object.schema ?? "")}.${object.name}`;
    return [
      statement(`CREATE OPERATOR ${name} (\n  ${given.join(",\n  ")}\n)`),
      ...commentOn(target(object), object.comment),
      ...ownerTo(target(object), object),
    ];
  },
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("operator", {
    ...inOne(["restrict", "join", "commutator", "negator", "hashes", "merges"], alterLinks),
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
