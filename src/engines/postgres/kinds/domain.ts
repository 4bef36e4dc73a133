import type { DomainObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonical, canonicalOrNull } from "../canonical.ts";
import { objectName } from "../object-name.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
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
        readonly type: "c" | "n";
        readonly name: string;
        readonly definition: string;
        readonly validated: boolean;
        readonly comment: string | null;
      }[]
    | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const nameOf = (object: DomainObject): string => qualified(object.schema, object.name);

// CREATE DOMAIN knows no NOT VALID, and a check may need a function that itself needs the domain.
const addCheck = (object: DomainObject, check: DomainObject["checks"][number]): Statement =>
  statement(`ALTER DOMAIN ${nameOf(object)} ADD CONSTRAINT ${ident(check.name)} ${check.definition}`);

const notNullName = (object: DomainObject): string => object.notNullName ?? objectName(object.name, null, "not_null");

const constraintOf = (object: DomainObject, name: string): string =>
  `CONSTRAINT ${ident(name)} ON DOMAIN ${nameOf(object)}`;

const checkComments = (object: DomainObject): Statement[] =>
  object.checks.flatMap(({ name, comment }) => commentOn(constraintOf(object, name), comment ?? null));

function alterNotNull({ before, after }: Alteration<"domain">): Statement[] {
  const alter = `ALTER DOMAIN ${nameOf(after)}`;
  if (!after.notNull) return [statement(`${alter} DROP NOT NULL`)];
  const name = ident(notNullName(after));
  const comment = setComment(constraintOf(after, notNullName(after)), after.notNullComment ?? null);
  const comments = before.notNullComment === after.notNullComment ? [] : [comment];
  if (before.notNull)
    return notNullName(before) === notNullName(after)
      ? comments
      : [statement(`${alter} RENAME CONSTRAINT ${ident(notNullName(before))} TO ${name}`), ...comments];
  const add = after.notNullName === undefined ? "SET NOT NULL" : `ADD CONSTRAINT ${name} NOT NULL`;
  return [statement(`${alter} ${add}`), ...comments];
}

const withoutNotValid = (definition: string): string => definition.replace(/ NOT VALID$/, "");

// A check that only becomes valid is validated; one that differs otherwise is dropped and added.
function alterChecks({ before, after }: Alteration<"domain">): Statement[] {
  const old = new Map(before.checks.map((check) => [check.name, check]));
  const target = `ALTER DOMAIN ${nameOf(after)}`;
  const statements: Statement[] = [];
  for (const check of after.checks) {
    const was = old.get(check.name);
    old.delete(check.name);
    const same = was !== undefined && withoutNotValid(was.definition) === withoutNotValid(check.definition);
    const stays = same && (was.validated === check.validated || check.validated);
    if (!stays) {
      if (was !== undefined) statements.push(statement(`${target} DROP CONSTRAINT ${ident(check.name)}`));
      statements.push(addCheck(after, check));
    } else if (!was.validated && check.validated)
      statements.push(statement(`${target} VALIDATE CONSTRAINT ${ident(check.name)}`));
    if ((stays ? was.comment : undefined) !== check.comment)
      statements.push(setComment(constraintOf(after, check.name), check.comment ?? null));
  }
  return [...[...old.keys()].map((name) => statement(`${target} DROP CONSTRAINT ${ident(name)}`)), ...statements];
}

/** Domains. Their default and checks can be postponed when a function they call takes the domain. */
export const domain: ObjectKind<"domain"> = objectKind<"domain", Row>({
  kind: "domain",
  present: "from pg_catalog.pg_type where typtype = 'd' and oid >= 16384",
  query: () => `
    select t.oid, t.typarray as array, n.nspname as schema, t.typname as name,
      format_type(t.typbasetype, t.typtypmod) as type, pg_get_expr(t.typdefaultbin, 0) as default, t.typnotnull as not_null,
      case when t.typcollation <> b.typcollation then t.typcollation::regcollation::text end as collation,
      k.checks, ${ownerOf("t.typowner")} as owner, d.description as comment
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    join pg_type b on b.oid = t.typbasetype
    left join (
      select c.contypid, json_agg(json_build_object('oid', c.oid::bigint, 'type', c.contype, 'name', c.conname,
        'definition', pg_get_constraintdef(c.oid), 'validated', c.convalidated, 'comment', cd.description)
        order by c.conname collate "C") as checks
      from pg_constraint c
      left join pg_description cd on cd.classoid = ${CLASS.constraint} and cd.objoid = c.oid
      where c.contypid <> 0 and c.contype in ('c', 'n') group by c.contypid) k on k.contypid = t.oid
    ${joinComment(CLASS.type, "t.oid")}
    where t.typtype = 'd' and ${inScope("n")} and ${notOfExtension(CLASS.type, "t.oid")}`,
  read(row, reading) {
    const own = ref("domain", row.name, { schema: row.schema });
    const key = refKey(own);
    reading.identify(CLASS.type, row.oid, key);
    reading.identify(CLASS.type, row.array, key);
    for (const check of row.checks ?? []) reading.identify(CLASS.constraint, check.oid, key);
    const notNull = row.checks?.find(({ type }) => type === "n");
    const named = notNull !== undefined && notNull.name !== objectName(row.name, null, "not_null");
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    return {
      ...own,
      kind: "domain",
      type: row.type,
      collation: row.collation,
      default: canonicalOrNull(row.default),
      notNull: row.not_null,
      checks: (row.checks ?? [])
        .filter(({ type }) => type === "c")
        .map(({ name, definition, validated, comment }) => ({
          name,
          definition: canonical(definition),
          validated,
          ...(comment === null ? {} : { comment }),
        })),
      ...(named ? { notNullName: notNull.name } : {}),
      ...(notNull === undefined || notNull.comment === null ? {} : { notNullComment: notNull.comment }),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object, context) {
    const postponed = context.postponed.has(refKey(object));
    const parts = [`CREATE DOMAIN ${nameOf(object)} AS ${object.type}`];
    if (object.collation !== null) parts.push(`COLLATE ${object.collation}`);
    if (object.default !== null && !postponed) parts.push(`DEFAULT ${object.default}`);
    if (object.notNullName !== undefined) parts.push(`CONSTRAINT ${ident(object.notNullName)}`);
    if (object.notNull) parts.push("NOT NULL");
    const inline = postponed ? [] : object.checks.filter((check) => check.validated);
    for (const check of inline) parts.push(`\n  CONSTRAINT ${ident(check.name)} ${check.definition}`);
    const late = postponed ? [] : object.checks.filter((check) => !check.validated);
    return [
      statement(parts.join(" ")),
      ...late.map((check) => addCheck(object, check)),
      ...commentOn(`DOMAIN ${nameOf(object)}`, object.comment),
      ...commentOn(constraintOf(object, notNullName(object)), object.notNullComment ?? null),
      ...(postponed ? [] : checkComments(object)),
      ...ownerTo(`DOMAIN ${nameOf(object)}`, object),
    ];
  },
  complete: (object) => [
    ...(object.default === null ? [] : [statement(`ALTER DOMAIN ${nameOf(object)} SET DEFAULT ${object.default}`)]),
    ...object.checks.map((check) => addCheck(object, check)),
    ...checkComments(object),
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
    ...inOne(["notNull", "notNullName", "notNullComment"], alterNotNull),
    checks: alterChecks,
    comment: ({ after }) => [setComment(`DOMAIN ${nameOf(after)}`, after.comment)],
    owner: ({ after }) => ownerChanged(`DOMAIN ${nameOf(after)}`, after),
  }),
});
