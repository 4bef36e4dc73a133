import type { Firing, TriggerObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import { canonical } from "../canonical.ts";
import type { Statement } from "../../../model/statement.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { FIRING, firingOf } from "./firing.ts";
import { alterBy, CLASS, inOne, inScope, joinComment, objectKind } from "./kind.ts";
import type { Alteration, ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly relation: number;
  readonly name: string;
  readonly definition: string;
  readonly enabled: string;
  readonly partitions:
    | readonly {
        readonly schema: string;
        readonly table: string;
        readonly enabled: string;
        readonly comment: string | null;
      }[]
    | null;
  readonly comment: string | null;
}

const tableOf = (object: TriggerObject): string => qualified(object.schema, object.table);

const target = (object: TriggerObject): string => `TRIGGER ${ident(object.name)} ON ${tableOf(object)}`;

const stateOn = (table: string, name: string, enabled: Firing): Statement =>
  statement(`ALTER TABLE ${table} ${FIRING[enabled]} TRIGGER ${ident(name)}`);

const setState = (object: TriggerObject): Statement => stateOn(tableOf(object), object.name, object.enabled);

type Copy = NonNullable<TriggerObject["partitions"]>[number];

const sameTable = (a: Copy, b: Copy): boolean => a.schema === b.schema && a.table === b.table;

// What sets the copies on partitions apart. A state given to the trigger itself reaches all copies.
function changeCopies(before: readonly Copy[], after: TriggerObject, reached: boolean): Statement[] {
  const now = after.partitions ?? [];
  const plain = (copy: Copy): Copy => ({ ...copy, enabled: after.enabled, comment: null });
  const ordinary = before.filter((copy) => !now.some((one) => sameTable(one, copy))).map(plain);
  return [...ordinary, ...now].flatMap((copy) => {
    const table = qualified(copy.schema, copy.table);
    const was = before.find((one) => sameTable(one, copy)) ?? plain(copy);
    const state = reached ? after.enabled : was.enabled;
    return [
      ...(copy.enabled === state ? [] : [stateOn(`ONLY ${table}`, after.name, copy.enabled)]),
      ...(copy.comment === was.comment ? [] : [setComment(`TRIGGER ${ident(after.name)} ON ${table}`, copy.comment)]),
    ];
  });
}

const createTrigger = (object: TriggerObject): Statement[] => [
  statement(object.definition),
  ...(object.enabled === "origin" ? [] : [setState(object)]),
  ...commentOn(target(object), object.comment),
  ...changeCopies([], object, true),
];

const CONSTRAINT = /^CREATE CONSTRAINT TRIGGER /;

// CREATE OR REPLACE keeps the comment and enables the trigger; a constraint trigger it refuses.
function alterDefinition({ before, after, properties }: Alteration<"trigger">): Statement[] {
  if (CONSTRAINT.test(before.definition) || CONSTRAINT.test(after.definition))
    return [statement(`DROP ${target(before)}`), ...createTrigger(after)];
  return [
    statement(after.definition.replace(/^CREATE TRIGGER/, "CREATE OR REPLACE TRIGGER")),
    ...(after.enabled === "origin" ? [] : [setState(after)]),
    ...(properties.includes("comment") ? [setComment(target(after), after.comment)] : []),
    ...changeCopies(
      (before.partitions ?? []).map((copy) => ({ ...copy, enabled: after.enabled })),
      after,
      true,
    ),
  ];
}

function alterStates({ before, after, properties }: Alteration<"trigger">): Statement[] {
  if (properties.includes("definition")) return [];
  const own = properties.includes("enabled");
  return [...(own ? [setState(after)] : []), ...changeCopies(before.partitions ?? [], after, own)];
}

/** SQL: the copies of a partitioned table's trigger `t` that differ from it in state or have a comment. */
const COPIES = `case when c.relkind = 'p' then (
        select json_agg(json_build_object('schema', pn.nspname, 'table', pc.relname, 'enabled', p.tgenabled,
          'comment', pd.description) order by h.level, pn.nspname collate "C", pc.relname collate "C")
        from pg_partition_tree(t.tgrelid) h
        join pg_trigger p on p.tgrelid = h.relid and p.tgname = t.tgname and p.tgparentid <> 0
        join pg_class pc on pc.oid = p.tgrelid
        join pg_namespace pn on pn.oid = pc.relnamespace
        left join pg_description pd on pd.classoid = ${CLASS.trigger} and pd.objoid = p.oid
        where p.tgenabled <> t.tgenabled or pd.description is not null) end`;

/** Triggers of tables and views. A partition's copy of its parent's trigger is the parent's. */
export const trigger: ObjectKind<"trigger"> = objectKind<"trigger", Row>({
  kind: "trigger",
  present: "from pg_catalog.pg_trigger where not tgisinternal",
  query: () => `
    select t.oid, t.tgrelid as relation, t.tgname as name, pg_get_triggerdef(t.oid) as definition,
      t.tgenabled as enabled, ${COPIES} as partitions, d.description as comment
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_namespace n on n.oid = c.relnamespace
    ${joinComment(CLASS.trigger, "t.oid")}
    where not t.tgisinternal and t.tgparentid = 0 and ${inScope("n")}`,
  read(row, reading) {
    const table = reading.relations.get(row.relation);
    if (table === undefined) return null;
    const partitions = row.partitions?.map((copy) => ({ ...copy, enabled: firingOf(copy.enabled) }));
    const copies = (partitions ?? []).map((copy) => refKey(ref("table", copy.table, { schema: copy.schema })));
    const own = ref("trigger", row.name, { schema: table.schema, table: table.name });
    reading.identify(CLASS.trigger, row.oid, refKey(own));
    return {
      ...own,
      kind: "trigger",
      table: table.name,
      definition: canonical(row.definition),
      enabled: firingOf(row.enabled),
      ...(partitions === undefined ? {} : { partitions }),
      comment: row.comment,
      dependsOn: [table.key, ...copies],
    };
  },
  create: createTrigger,
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("trigger", {
    definition: alterDefinition,
    ...inOne(["enabled", "partitions"], alterStates),
    comment: ({ after, properties }) =>
      properties.includes("definition") ? [] : [setComment(target(after), after.comment)],
  }),
});
