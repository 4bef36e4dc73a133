import type { TriggerObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import { canonical } from "../canonical.ts";
import type { Statement } from "../../../model/statement.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly name: string;
  readonly definition: string;
  readonly enabled: string;
  readonly parent_enabled: string | null;
  readonly comment: string | null;
}

const STATES: Readonly<Record<string, TriggerObject["enabled"]>> = {
  O: "origin",
  A: "always",
  R: "replica",
  D: "disabled",
};
const SET: Readonly<Record<TriggerObject["enabled"], string>> = {
  origin: "ENABLE",
  always: "ENABLE ALWAYS",
  replica: "ENABLE REPLICA",
  disabled: "DISABLE",
};

const tableOf = (object: TriggerObject): string => qualified(object.schema, object.table);

const target = (object: TriggerObject): string => `TRIGGER ${ident(object.name)} ON ${tableOf(object)}`;

const setState = (object: TriggerObject): Statement =>
  statement(`ALTER TABLE ${tableOf(object)} ${SET[object.enabled]} TRIGGER ${ident(object.name)}`);

const createTrigger = (object: TriggerObject): Statement[] => [
  statement(object.definition),
  ...(object.enabled === "origin" ? [] : [setState(object)]),
  ...commentOn(target(object), object.comment),
];

/** Triggers of tables and views. A partition's copy of its parent's trigger is the parent's. */
export const trigger: ObjectKind<"trigger"> = objectKind<"trigger", Row>({
  kind: "trigger",
  query: () => `
    select t.oid, t.tgrelid as relation, t.tgname as name, pg_get_triggerdef(t.oid) as definition,
      t.tgenabled as enabled, p.tgenabled as parent_enabled, d.description as comment
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_trigger p on p.oid = t.tgparentid and t.tgparentid <> 0
    ${joinComment(CLASS.trigger, "t.oid")}
    where not t.tgisinternal and ${inScope("n")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    if (row.parent_enabled !== null) {
      if (row.enabled !== row.parent_enabled)
        reading.report("trigger state of a partition", `${ident(row.name)} on ${qualified(table.schema, table.name)}`);
      return null;
    }
    const own = ref("trigger", row.name, { schema: table.schema, table: table.name });
    reading.identify(CLASS.trigger, row.oid, refKey(own));
    return {
      ...own,
      kind: "trigger",
      table: table.name,
      definition: canonical(row.definition),
      enabled: STATES[row.enabled] ?? "origin",
      comment: row.comment,
      dependsOn: [table.key],
    };
  },
  create: createTrigger,
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("trigger", {
    definition: ({ before, after }) => [statement(`DROP ${target(before)}`), ...createTrigger(after)],
    enabled: ({ after, properties }) => (properties.includes("definition") ? [] : [setState(after)]),
    comment: ({ after, properties }) =>
      properties.includes("definition") ? [] : [setComment(target(after), after.comment)],
  }),
});
