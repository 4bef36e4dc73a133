import type { EventTriggerObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, literal, setComment, statement } from "../print.ts";
import { alterBy, CLASS, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";
import { FIRING, firingOf } from "./firing.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly event: string;
  readonly tags: readonly string[] | null;
  readonly function: string;
  readonly enabled: string;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: EventTriggerObject): string => `EVENT TRIGGER ${ident(object.name)}`;

const setState = (object: EventTriggerObject): Statement =>
  statement(`ALTER ${target(object)} ${FIRING[object.enabled]}`);

/**
 * Event triggers. They need a superuser, and belong to the whole database: a catalog of some schemas holds those
 * whose function is in one of them. Scripts create them last, so that they do not fire on the script itself.
 */
export const eventTrigger: ObjectKind<"event-trigger"> = objectKind<"event-trigger", Row>({
  kind: "event-trigger",
  present: "from pg_catalog.pg_event_trigger",
  query: () => `
    select v.oid, v.evtname as name, v.evtevent as event, v.evttags as tags, v.evtfoid::regproc::text as function,
      v.evtenabled as enabled, ${ownerOf("v.evtowner")} as owner, d.description as comment
    from pg_event_trigger v
    join pg_proc p on p.oid = v.evtfoid
    join pg_namespace n on n.oid = p.pronamespace
    ${joinComment(CLASS.eventTrigger, "v.oid")}
    where ($1::text[] is null or n.nspname = any ($1::text[])) and ${notOfExtension(CLASS.eventTrigger, "v.oid")}`,
  read(row, reading) {
    const own = ref("event-trigger", row.name);
    reading.identify(CLASS.eventTrigger, row.oid, refKey(own));
    const dependsOn: RefKey[] = [];
    return {
      ...own,
      kind: "event-trigger",
      event: row.event,
      tags: (row.tags ?? []).toSorted(),
      function: row.function,
      enabled: firingOf(row.enabled),
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create(object) {
    const tags = object.tags.length === 0 ? "" : `\n  WHEN TAG IN (${object.tags.map(literal).join(", ")})`;
    return [
      statement(`CREATE ${target(object)} ON ${ident(object.event)}${tags}\n  EXECUTE FUNCTION ${object.function}()`),
      ...(object.enabled === "origin" ? [] : [setState(object)]),
      ...commentOn(target(object), object.comment),
      ...ownerTo(target(object), object),
    ];
  },
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("event-trigger", {
    enabled: ({ after }) => [setState(after)],
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
