import type { PolicyObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import { canonicalOrNull } from "../canonical.ts";
import type { Statement } from "../../../model/statement.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly name: string;
  readonly command: string;
  readonly permissive: boolean;
  readonly everybody: boolean;
  readonly roles: readonly string[] | null;
  readonly using: string | null;
  readonly check: string | null;
  readonly comment: string | null;
}

const COMMANDS: Readonly<Record<string, PolicyObject["command"]>> = {
  r: "select",
  a: "insert",
  w: "update",
  d: "delete",
};

const target = (object: PolicyObject): string =>
  `POLICY ${ident(object.name)} ON ${qualified(object.schema, object.table)}`;

// No role can be called "public": the word is reserved for everybody.
const roleList = (object: PolicyObject): string =>
  object.roles.map((role) => (role === "public" ? "PUBLIC" : ident(role))).join(", ");

const createPolicy = (object: PolicyObject): Statement => {
  const lines = [`CREATE ${target(object)}`];
  if (!object.permissive) lines.push("AS RESTRICTIVE");
  if (object.command !== "all") lines.push(`FOR ${object.command.toUpperCase()}`);
  lines.push(`TO ${roleList(object)}`);
  if (object.using !== null) lines.push(`USING (${object.using})`);
  if (object.check !== null) lines.push(`WITH CHECK (${object.check})`);
  return statement(lines.join("\n  "));
};

// ALTER POLICY changes neither command nor kind, and takes no expression away.
function alterRules({ before, after, properties }: Alteration<"policy">): Statement[] {
  const anew =
    ["command", "permissive"].some((property) => properties.includes(property)) ||
    (after.using === null && before.using !== null) ||
    (after.check === null && before.check !== null);
  if (anew)
    return [statement(`DROP ${target(before)}`), createPolicy(after), ...commentOn(target(after), after.comment)];
  const lines = [`ALTER ${target(after)}`];
  if (properties.includes("roles")) lines.push(`TO ${roleList(after)}`);
  if (properties.includes("using")) lines.push(`USING (${after.using})`);
  if (properties.includes("check")) lines.push(`WITH CHECK (${after.check})`);
  return [statement(lines.join("\n  "))];
}

const MEANING = ["command", "permissive", "roles", "using", "check"] as const satisfies readonly (keyof PolicyObject)[];

/** Row security policies. */
export const policy: ObjectKind<"policy"> = objectKind<"policy", Row>({
  kind: "policy",
  present: "from pg_catalog.pg_policy",
  query: () => `
    select p.oid, p.polrelid as relation, p.polname as name, p.polcmd as command, p.polpermissive as permissive,
      0 = any (p.polroles) as everybody,
      (select json_agg(r.rolname order by r.rolname collate "C") from pg_roles r where r.oid = any (p.polroles)) as roles,
      pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check,
      d.description as comment
    from pg_policy p
    join pg_class c on c.oid = p.polrelid
    join pg_namespace n on n.oid = c.relnamespace
    ${joinComment(CLASS.policy, "p.oid")}
    where ${inScope("n")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const own = ref("policy", row.name, { schema: table.schema, table: table.name });
    reading.identify(CLASS.policy, row.oid, refKey(own));
    const roles = row.everybody ? ["public"] : [...(row.roles ?? [])];
    if (!row.everybody) for (const role of roles) reading.roles.add(role);
    return {
      ...own,
      kind: "policy",
      table: table.name,
      command: COMMANDS[row.command] ?? "all",
      permissive: row.permissive,
      roles,
      using: canonicalOrNull(row.using),
      check: canonicalOrNull(row.check),
      comment: row.comment,
      dependsOn: [table.key, ...(row.everybody ? [] : roles.map((role) => refKey(ref("role", role))))],
    };
  },
  create: (object) => [createPolicy(object), ...commentOn(target(object), object.comment)],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("policy", {
    ...inOne(MEANING, alterRules),
    comment: ({ after }) => [setComment(target(after), after.comment)],
  }),
});
