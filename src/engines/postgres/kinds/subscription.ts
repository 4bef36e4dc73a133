import type { SubscriptionObject } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { withoutSecrets } from "../connection-string.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, identList, literal, remark, setComment, statement } from "../print.ts";
import { alterBy, CLASS, joinComment, objectKind } from "./kind.ts";
import type { CatalogRow, ObjectKind, Reading } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly owner: string | null;
  readonly enabled: boolean;
  readonly slot: string | null;
  readonly publications: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  readonly readable: boolean;
  readonly comment: string | null;
}

const targetOf = (object: SubscriptionObject): string => `SUBSCRIPTION ${ident(object.name)}`;

// What CREATE SUBSCRIPTION takes where nothing is said; `streaming` has another default since 18 and is always said.
const DEFAULTS: Readonly<Record<string, string>> = {
  binary: "false",
  two_phase: "false",
  disable_on_error: "false",
  synchronous_commit: "off",
  password_required: "true",
  run_as_owner: "false",
  origin: "any",
  failover: "false",
};

const entriesOf = (options: Readonly<Record<string, string>>): string[] =>
  Object.entries(options).map(([name, value]) => `${ident(name)} = ${literal(value)}`);

const slotClause = (slot: string | null): string => `slot_name = ${slot === null ? "NONE" : literal(slot)}`;

function changeOptions({ options: before }: SubscriptionObject, after: SubscriptionObject): Statement[] {
  if (before["two_phase"] !== after.options["two_phase"])
    throw new UnprintableChange("subscription", "options", "two_phase is chosen once");
  const names = new Set([...Object.keys(before), ...Object.keys(after.options)]);
  const changed = [...names].filter((name) => before[name] !== after.options[name]);
  const list = entriesOf(
    Object.fromEntries(changed.map((name) => [name, after.options[name] ?? DEFAULTS[name] ?? "false"])),
  );
  return list.length === 0 ? [] : [statement(`ALTER ${targetOf(after)} SET (${list.join(", ")})`)];
}

/**
 * SQL for those who may see connection strings: a second look, as asking for them is refused to all others and
 * would cost them what they may see.
 */
export const CONNECTIONS = `
  select s.subname as name, s.subconninfo as connection from pg_subscription s
  join pg_database d on d.oid = s.subdbid and d.datname = current_database()`;

/** Puts a row of {@link CONNECTIONS} into the subscription it belongs to, without its secrets. */
export function takeConnection(row: CatalogRow, subscriptions: readonly SubscriptionObject[], reading: Reading): void {
  const name = String(row["name"]);
  const open = withoutSecrets(String(row["connection"]));
  const what = `subscription ${ident(name)}`;
  if (open === null) reading.report("not readable", `connection of ${what}`);
  for (const secret of open?.secrets ?? []) reading.report("withheld option", `${secret} of ${what}`);
  const object = subscriptions.find((one) => one.name === name);
  // The object was made a moment ago and nobody else holds it.
  if (object !== undefined) Object.assign(object, { connection: open?.text ?? null });
}

/**
 * Subscriptions of this database. They are created at rest: a copy of a schema must not begin to pull rows, and
 * the publisher need not be there. A remark says how to set one going.
 */
export const subscription: ObjectKind<"subscription"> = objectKind<"subscription", Row>({
  kind: "subscription",
  present: "from pg_catalog.pg_subscription",
  query: (version) => `
    select s.oid, s.subname as name, ${ownerOf("s.subowner")} as owner, s.subenabled as enabled, s.subslotname as slot,
      array(select p from unnest(s.subpublications) p order by p) as publications,
      has_column_privilege('pg_subscription', 'subconninfo', 'select') as readable,
      json_build_object('binary', s.subbinary::text, 'disable_on_error', s.subdisableonerr::text,
        'two_phase', (s.subtwophasestate <> 'd')::text, 'synchronous_commit', s.subsynccommit,
        'streaming', case s.substream::text when 't' then 'on' when 'true' then 'on' when 'p' then 'parallel'
          else 'off' end
        ${version < 160000 ? "" : ", 'password_required', s.subpasswordrequired::text, 'run_as_owner', s.subrunasowner::text, 'origin', s.suborigin"}
        ${version < 170000 ? "" : ", 'failover', s.subfailover::text"}) as options,
      d.description as comment
    from pg_subscription s
    join pg_database b on b.oid = s.subdbid and b.datname = current_database()
    ${joinComment(CLASS.subscription, "s.oid")}
    where $1::text[] is null`,
  read(row, reading) {
    const own = ref("subscription", row.name);
    reading.identify(CLASS.subscription, row.oid, refKey(own));
    if (row.readable) reading.readable.subscriptions = true;
    else reading.report("not readable", `connection of subscription ${ident(row.name)}`);
    const dependsOn: RefKey[] = [];
    return {
      ...own,
      kind: "subscription",
      connection: null,
      publications: row.publications,
      enabled: row.enabled,
      slot: row.slot,
      options: Object.fromEntries(
        Object.entries(row.options)
          .filter(([name, value]) => DEFAULTS[name] !== value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
      ...ownedBy(row.owner, reading, dependsOn),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object) {
    const target = targetOf(object);
    const options = ["connect = false", slotClause(object.slot), ...entriesOf(object.options)].join(", ");
    const publications = identList(object.publications);
    return [
      statement(
        `CREATE ${target} CONNECTION ${literal(object.connection ?? "")} PUBLICATION ${publications} WITH (${options})`,
      ),
      remark(
        `${target} is created at rest, without a password; make its slot at the publisher, then: ` +
          `ALTER ${target} CONNECTION '…'; ALTER ${target} ENABLE; ALTER ${target} REFRESH PUBLICATION`,
      ),
      ...ownerTo(target, object),
      ...commentOn(target, object.comment),
    ];
  },
  // Parted from its slot, so that the publisher is not asked: it may be gone, or not be ours to change.
  drop: (object) => [
    ...(object.slot === null
      ? []
      : [
          remark(`the slot ${object.slot} stays at the publisher and keeps its log until it is dropped there`),
          statement(`ALTER ${targetOf(object)} DISABLE`),
          statement(`ALTER ${targetOf(object)} SET (slot_name = NONE)`),
        ]),
    statement(`DROP ${targetOf(object)}`),
  ],
  alter: alterBy("subscription", {
    connection: ({ after }) => [
      remark(`the password of ${targetOf(after)} was not read: put it in`),
      statement(`ALTER ${targetOf(after)} CONNECTION ${literal(after.connection ?? "")}`),
    ],
    publications: ({ after }) => [
      statement(`ALTER ${targetOf(after)} SET PUBLICATION ${identList(after.publications)} WITH (refresh = false)`),
      remark(`ALTER ${targetOf(after)} REFRESH PUBLICATION makes it take up the tables of its new publications`),
    ],
    options: ({ before, after }) => changeOptions(before, after),
    slot: ({ after }) => [statement(`ALTER ${targetOf(after)} SET (${slotClause(after.slot)})`)],
    enabled: ({ after }) => [statement(`ALTER ${targetOf(after)} ${after.enabled ? "ENABLE" : "DISABLE"}`)],
    comment: ({ after }) => [setComment(targetOf(after), after.comment)],
    owner: ({ after }) => ownerChanged(targetOf(after), after),
  }),
});
