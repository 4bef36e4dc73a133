import type { StatisticsObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonical } from "../canonical.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly relation: number;
  readonly definition: string;
  readonly target: number | null;
  readonly owner: string | null;
  readonly comment: string | null;
}

const target = (object: StatisticsObject): string => `STATISTICS ${qualified(object.schema, object.name)}`;

// -1 is the server's default; PostgreSQL 17 writes NULL where earlier ones have -1.
const setTarget = (object: StatisticsObject): Statement =>
  statement(`ALTER ${target(object)} SET STATISTICS ${object.target ?? -1}`);

const NAMES =
  /^((?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:, (?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*)(?=, | FROM )/u;

// The server lists columns by their places in the table, which are no part of what is stated; expressions follow them.
function byName(definition: string): string {
  const start = definition.indexOf(" ON ") + " ON ".length;
  const names = NAMES.exec(definition.slice(start))?.[1];
  if (names === undefined) return definition;
  const sorted = (names.match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? []).toSorted((a, b) => (a < b ? -1 : 1)).join(", ");
  return definition.slice(0, start) + sorted + definition.slice(start + names.length);
}

/** Extended statistics. What ANALYZE has gathered for them is data, and no part of the schema. */
export const statistics: ObjectKind<"statistics"> = objectKind<"statistics", Row>({
  kind: "statistics",
  present: "from pg_catalog.pg_statistic_ext",
  query: () => `
    select x.oid, n.nspname as schema, x.stxname as name, x.stxrelid as relation,
      pg_get_statisticsobjdef(x.oid) as definition, nullif(x.stxstattarget, -1)::int as target, ${ownerOf("x.stxowner")} as owner, d.description as comment
    from pg_statistic_ext x
    join pg_namespace n on n.oid = x.stxnamespace
    ${joinComment(CLASS.statistics, "x.oid")}
    where ${inScope("n")} and ${notOfExtension(CLASS.statistics, "x.oid")}`,
  read(row, reading) {
    const own = ref("statistics", row.name, { schema: row.schema });
    const table = reading.relations.get(row.relation);
    reading.identify(CLASS.statistics, row.oid, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema)), ...(table === undefined ? [] : [table.key])];
    return {
      ...own,
      kind: "statistics",
      on: table === undefined ? null : { schema: table.schema, table: table.name },
      definition: byName(canonical(row.definition)),
      target: row.target,
      comment: row.comment,
      ...ownedBy(row.owner, reading, dependsOn),
      dependsOn,
    };
  },
  create: (object) => [
    statement(object.definition),
    ...(object.target === null ? [] : [setTarget(object)]),
    ...commentOn(target(object), object.comment),
    ...ownerTo(target(object), object),
  ],
  drop: (object) => [statement(`DROP ${target(object)}`)],
  alter: alterBy("statistics", {
    target: ({ after }) => [setTarget(after)],
    comment: ({ after }) => [setComment(target(after), after.comment)],
    owner: ({ after }) => ownerChanged(target(after), after),
  }),
});
