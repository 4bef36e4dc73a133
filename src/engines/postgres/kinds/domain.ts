import type { DomainObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonical, canonicalOrNull } from "../canonical.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly array: number;
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly collation: string | null;
  readonly default: string | null;
  readonly not_null: boolean;
  readonly checks:
    | readonly {
        readonly oid: number;
        readonly name: string;
        readonly definition: string;
        readonly validated: boolean;
        readonly comment: string | null;
      }[]
    | null;
  readonly comment: string | null;
}

const nameOf = (object: DomainObject): string => qualified(object.schema, object.name);

// CREATE DOMAIN knows no NOT VALID, and a check may need a function that itself needs the domain.
const addCheck = (object: DomainObject, check: DomainObject["checks"][number]): Statement =>
  statement(`ALTER DOMAIN ${nameOf(object)} ADD CONSTRAINT ${ident(check.name)} ${check.definition}`);

const withoutNotValid = (definition: string): string => definition.replace(/ NOT VALID$/, "");

// A check that only becomes valid is validated; one that differs otherwise is dropped and added.
function alterChecks({ before, after }: Alteration<"domain">): Statement[] {
  const old = new Map(before.checks.map((check) => [check.name, check]));
  const target = `ALTER DOMAIN ${nameOf(after)}`;
  const statements: Statement[] = [];
  for (const check of after.checks) {
    const was = old.get(check.name);
    old.delete(check.name);
    if (was !== undefined && JSON.stringify(was) === JSON.stringify(check)) continue;
    const same = was !== undefined && withoutNotValid(was.definition) === withoutNotValid(check.definition);
    if (same && check.validated) statements.push(statement(`${target} VALIDATE CONSTRAINT ${ident(check.name)}`));
    else {
      if (was !== undefined) statements.push(statement(`${target} DROP CONSTRAINT ${ident(check.name)}`));
      statements.push(addCheck(after, check));
    }
  }
  return [...[...old.keys()].map((name) => statement(`${target} DROP CONSTRAINT ${ident(name)}`)), ...statements];
}

/** Domains. Their default and checks can be postponed when a function they call takes the domain. */
export const domain: ObjectKind<"domain"> = objectKind<"domain", Row>({
  kind: "domain",
  query: () => `
    select t.oid, t.typarray as array, n.nspname as schema, t.typname as name,
      format_type(t.typbasetype, t.typtypmod) as type, pg_get_expr(t.typdefaultbin, 0) as default, t.typnotnull as not_null,
      case when t.typcollation <> b.typcollation then t.typcollation::regcollation::text end as collation,
      k.checks, d.description as comment
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    join pg_type b on b.oid = t.typbasetype
    left join (
      select c.contypid, json_agg(json_build_object('oid', c.oid::bigint, 'name', c.conname,
        'definition', pg_get_constraintdef(c.oid), 'validated', c.convalidated, 'comment', cd.description)
        order by c.conname collate "C") as checks
      from pg_constraint c
      left join pg_description cd on cd.classoid = ${CLASS.constraint} and cd.objoid = c.oid
      where c.contypid <> 0 and c.contype = 'c' group by c.contypid) k on k.contypid = t.oid
    ${joinComment(CLASS.type, "t.oid")}
    where t.typtype = 'd' and ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")}`,
  read(row, reading) {
    const own = ref("domain", row.name, { schema: row.schema });
    const key = refKey(own);
    reading.identify(CLASS.type, row.oid, key);
    reading.identify(CLASS.type, row.array, key);
    for (const check of row.checks ?? []) {
      reading.identify(CLASS.constraint, check.oid, key);
      if (check.comment !== null)
        reading.report("comment on domain constraint", `${check.name} on ${qualified(row.schema, row.name)}`);
    }
    return {
      ...own,
      kind: "domain",
      type: row.type,
      collation: row.collation,
      default: canonicalOrNull(row.default),
      notNull: row.not_null,
      checks: (row.checks ?? []).map(({ name, definition, validated }) => ({
        name,
        definition: canonical(definition),
        validated,
      })),
      comment: row.comment,
      dependsOn: [refKey(ref("schema", row.schema))],
    };
  },
  create(object, context) {
    const postponed = context.postponed.has(refKey(object));
    const parts = [`CREATE DOMAIN ${nameOf(object)} AS ${object.type}`];
    if (object.collation !== null) parts.push(`COLLATE ${object.collation}`);
    if (object.default !== null && !postponed) parts.push(`DEFAULT ${object.default}`);
    if (object.notNull) parts.push("NOT NULL");
    const inline = postponed ? [] : object.checks.filter((check) => check.validated);
    for (const check of inline) parts.push(`\n  CONSTRAINT ${ident(check.name)} ${check.definition}`);
    const late = postponed ? [] : object.checks.filter((check) => !check.validated);
    return [
      statement(parts.join(" ")),
      ...late.map((check) => addCheck(object, check)),
      ...commentOn(`DOMAIN ${nameOf(object)}`, object.comment),
    ];
  },
  complete: (object) => [
    ...(object.default === null ? [] : [statement(`ALTER DOMAIN ${nameOf(object)} SET DEFAULT ${object.default}`)]),
    ...object.checks.map((check) => addCheck(object, check)),
  ],
  drop: (object) => [statement(`DROP DOMAIN ${nameOf(object)}`)],
  reduce: (object) => [
    ...(object.default === null ? [] : [statement(`ALTER DOMAIN ${nameOf(object)} DROP DEFAULT`)]),
    ...object.checks.map((check) => statement(`ALTER DOMAIN ${nameOf(object)} DROP CONSTRAINT ${ident(check.name)}`)),
  ],
  alter: alterBy("domain", {
    default: ({ after }) => [
      statement(
        `ALTER DOMAIN ${nameOf(after)} ${after.default === null ? "DROP DEFAULT" : `SET DEFAULT ${after.default}`}`,
      ),
    ],
    notNull: ({ after }) => [statement(`ALTER DOMAIN ${nameOf(after)} ${after.notNull ? "SET" : "DROP"} NOT NULL`)],
    checks: alterChecks,
    comment: ({ after }) => [setComment(`DOMAIN ${nameOf(after)}`, after.comment)],
  }),
});
