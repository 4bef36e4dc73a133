import type { RuleObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonicalQuery } from "../canonical.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { FIRING, firingOf } from "./firing.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly name: string;
  readonly definition: string;
  readonly enabled: string;
  readonly comment: string | null;
}

const tableOf = (object: RuleObject): string => qualified(object.schema, object.table);

const target = (object: RuleObject): string => `RULE ${ident(object.name)} ON ${tableOf(object)}`;

const setState = (object: RuleObject): Statement =>
  statement(`ALTER TABLE ${tableOf(object)} ${FIRING[object.enabled]} RULE ${ident(object.name)}`);

/** Rewrite rules of tables and views. The rule that makes a view a view is the view's. */
export const rule: ObjectKind<"rule"> = objectKind<"rule", Row>({
  kind: "rule",
  present: "from pg_catalog.pg_rewrite where oid >= 16384 and rulename <> '_RETURN'",
  query: () => `
    select w.oid, w.ev_class as relation, w.rulename as name, pg_get_ruledef(w.oid) as definition,
      w.ev_enabled as enabled, d.description as comment
    from pg_rewrite w
    join pg_class c on c.oid = w.ev_class
    join pg_namespace n on n.oid = c.relnamespace
    ${joinComment(CLASS.rewrite, "w.oid")}
    where w.oid >= 16384 and w.rulename <> '_RETURN' and ${inScope("n")} and ${notOfExtension(CLASS.rewrite, "w.oid")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const own = ref("rule", row.name, { schema: table.schema, table: table.name });
    reading.identify(CLASS.rewrite, row.oid, refKey(own));
    return {
      ...own,
      kind: "rule",
      table: table.name,
      definition: canonicalQuery(row.definition.trim().replace(/;$/, "")),
      enabled: firingOf(row.enabled),
      comment: row.comment,
      dependsOn: [table.key],
    };
  },
  create: (object) => [
    statement(object.definition),
    ...(object.enabled === "origin" ? [] : [setState(object)]),
    ...commentOn(target(object), object.comment),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("rule", {
    // The state and the comment stay with the rule.
    definition: ({ after }) => [statement(after.definition.replace(/^CREATE RULE/, "CREATE OR REPLACE RULE"))],
    enabled: ({ after }) => [setState(after)],
    comment: ({ after }) => [setComment(target(after), after.comment)],
  }),
});
