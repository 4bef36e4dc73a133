import type { AggregateObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, literal, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";
import { argumentObstacle, argumentsOf } from "./routine-arguments.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly types: string;
  readonly arguments: string;
  readonly kind: "n" | "o" | "h";
  readonly sfunc: string;
  readonly stype: string;
  readonly sspace: number;
  readonly final: string | null;
  readonly final_extra: boolean;
  readonly final_modify: string;
  readonly combine: string | null;
  readonly serial: string | null;
  readonly deserial: string | null;
  readonly initial: string | null;
  readonly msfunc: string | null;
  readonly minvfunc: string | null;
  readonly mstype: string | null;
  readonly msspace: number;
  readonly mfinal: string | null;
  readonly mfinal_extra: boolean;
  readonly mfinal_modify: string;
  readonly minitial: string | null;
  readonly returns: string;
  readonly sort_operator: string | null;
  readonly parallel: string;
  readonly owner: string | null;
  readonly comment: string | null;
}

const MODIFY: Readonly<Record<string, string>> = { r: "READ_ONLY", s: "SHAREABLE", w: "READ_WRITE" };
const PARALLEL: Readonly<Record<string, string>> = { s: "SAFE", r: "RESTRICTED" };

// The server has no pg_get_aggregatedef: the statement is put together from pg_aggregate, clause by
// clause in the order of CREATE AGGREGATE's page, leaving out what equals the default.
function definitionOf(row: Row): string {
  const modify = row.kind === "n" ? "r" : "w";
  const clauses: (readonly [string, string | null])[] = [
    ["SFUNC", row.sfunc],
    ["STYPE", row.stype],
    ["SSPACE", row.sspace === 0 ? null : String(row.sspace)],
    ["FINALFUNC", row.final],
    ["FINALFUNC_EXTRA", row.final_extra ? "" : null],
    ["FINALFUNC_MODIFY", row.final === null || row.final_modify === modify ? null : (MODIFY[row.final_modify] ?? null)],
    ["COMBINEFUNC", row.combine],
    ["SERIALFUNC", row.serial],
    ["DESERIALFUNC", row.deserial],
    ["INITCOND", row.initial === null ? null : literal(row.initial)],
    ["MSFUNC", row.msfunc],
    ["MINVFUNC", row.minvfunc],
    ["MSTYPE", row.mstype],
    ["MSSPACE", row.msspace === 0 ? null : String(row.msspace)],
    ["MFINALFUNC", row.mfinal],
    ["MFINALFUNC_EXTRA", row.mfinal_extra ? "" : null],
    [
      "MFINALFUNC_MODIFY",
      row.mfinal === null || row.mfinal_modify === modify ? null : (MODIFY[row.mfinal_modify] ?? null),
    ],
    ["MINITCOND", row.minitial === null ? null : literal(row.minitial)],
    ["SORTOP", row.sort_operator],
    ["PARALLEL", PARALLEL[row.parallel] ?? null],
    ["HYPOTHETICAL", row.kind === "h" ? "" : null],
  ];
  const body = clauses
    .filter((clause): clause is readonly [string, string] => clause[1] !== null)
    .map(([key, value]) => (value === "" ? `\n  ${key}` : `\n  ${key} = ${value}`));
  const parameters = row.arguments === "" ? "*" : row.arguments;
  return `CREATE AGGREGATE ${qualified(row.schema, row.name)}(${parameters}) (${body.join(",")}\n)`;
}

const HYPOTHETICAL = /\n {2}HYPOTHETICAL,?$/m;

// CREATE OR REPLACE keeps neither another result nor another kind of aggregate, and says so itself.
function replace({ before, after }: Alteration<"aggregate">): Statement[] {
  const obstacle = argumentObstacle(before.definition, after.definition);
  if (obstacle !== null || argumentsOf(before.definition).join() !== argumentsOf(after.definition).join())
    throw new UnprintableChange("aggregate", "definition", obstacle ?? "its arguments are others");
  if (HYPOTHETICAL.test(before.definition) !== HYPOTHETICAL.test(after.definition))
    throw new UnprintableChange("aggregate", "definition", "it would be of another kind");
  return [statement(after.definition.replace(/^CREATE AGGREGATE/, "CREATE OR REPLACE AGGREGATE"))];
}

const target = (object: AggregateObject): string =>
  `AGGREGATE ${qualified(object.schema, object.name)}(${object.signature === "" ? "*" : object.signature})`;

/** Aggregates: plain, ordered-set, hypothetical-set and moving. */
export const aggregate: ObjectKind<"aggregate"> = objectKind<"aggregate", Row>({
  kind: "aggregate",
  present: "from pg_catalog.pg_proc where prokind = 'a' and oid >= 16384",
  query: () => `
    select p.oid, n.nspname as schema, p.proname as name, oidvectortypes(p.proargtypes) as types,
      pg_get_function_arguments(p.oid) as arguments, a.aggkind as kind,
      a.aggtransfn::text as sfunc, format_type(a.aggtranstype, null) as stype, a.aggtransspace as sspace,
      case when a.aggfinalfn <> 0 then a.aggfinalfn::text end as final, a.aggfinalextra as final_extra,
      a.aggfinalmodify as final_modify, case when a.aggcombinefn <> 0 then a.aggcombinefn::text end as combine,
      case when a.aggserialfn <> 0 then a.aggserialfn::text end as serial,
      case when a.aggdeserialfn <> 0 then a.aggdeserialfn::text end as deserial, a.agginitval as initial,
      case when a.aggmtransfn <> 0 then a.aggmtransfn::text end as msfunc,
      case when a.aggminvtransfn <> 0 then a.aggminvtransfn::text end as minvfunc,
      case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end as mstype,
      a.aggmtransspace as msspace, case when a.aggmfinalfn <> 0 then a.aggmfinalfn::text end as mfinal,
      a.aggmfinalextra as mfinal_extra, a.aggmfinalmodify as mfinal_modify, a.aggminitval as minitial,
      case when o.oid is not null then 'OPERATOR(' || quote_ident(os.nspname) || '.' || o.oprname || ')' end
        as sort_operator,
      format_type(p.prorettype, null) as returns, p.proparallel as parallel, ${ownerOf("p.proowner")} as owner, d.description as comment
    from pg_proc p
    join pg_aggregate a on a.aggfnoid = p.oid
    join pg_namespace n on n.oid = p.pronamespace
    left join pg_operator o on o.oid = a.aggsortop
    left join pg_namespace os on os.oid = o.oprnamespace
    ${joinComment(CLASS.function, "p.oid")}
    where ${inScope("n")} and ${notOfExtension(CLASS.function, "p.oid")}`,
  read(row, reading) {
    const own = ref("aggregate", row.name, { schema: row.schema, signature: row.types });
    reading.identify(CLASS.function, row.oid, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "aggregate",
      definition: definitionOf(row),
      returns: row.returns,
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object) => [
    statement(object.definition),
    ...commentOn(target(object), object.comment),
    ...ownerTo(target(object), object),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("aggregate", {
    definition: replace,
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
