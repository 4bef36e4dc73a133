import type { ServerObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { alterOptions, optionsClause, readOptions, withheldRemarks } from "../foreign-options.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, literal, setComment, statement } from "../print.ts";
import { alterBy, CLASS, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly owner: string | null;
  readonly wrapper: string;
  readonly wrapper_oid: number;
  readonly type: string | null;
  readonly version: string | null;
  readonly options: readonly (string | null)[] | null;
  readonly comment: string | null;
}

const targetOf = (object: ServerObject): string => `SERVER ${ident(object.name)}`;

/** Foreign servers. A catalog of some schemas takes those its foreign tables use. */
export const server: ObjectKind<"server"> = objectKind<"server", Row>({
  kind: "server",
  present: "from pg_catalog.pg_foreign_server",
  query: () => `
    select s.oid, s.srvname as name, ${ownerOf("s.srvowner")} as owner, w.fdwname as wrapper, w.oid as wrapper_oid,
      s.srvtype as type, s.srvversion as version, s.srvoptions as options, d.description as comment
    from pg_foreign_server s
    join pg_foreign_data_wrapper w on w.oid = s.srvfdw
    ${joinComment(CLASS.server, "s.oid")}
    where ${notOfExtension(CLASS.server, "s.oid")} and ($1::text[] is null or exists (
      select from pg_foreign_table f join pg_class c on c.oid = f.ftrelid join pg_namespace n on n.oid = c.relnamespace
      where f.ftserver = s.oid and n.nspname = any ($1::text[])))`,
  read(row, reading) {
    const own = ref("server", row.name);
    reading.identify(CLASS.server, row.oid, refKey(own));
    const dependsOn: RefKey[] = [];
    const wrapper = reading.keyOf(CLASS.foreignDataWrapper, row.wrapper_oid);
    if (wrapper !== undefined) dependsOn.push(wrapper);
    return {
      ...own,
      kind: "server",
      wrapper: row.wrapper,
      type: row.type,
      version: row.version,
      options: readOptions(row.options, `server ${ident(row.name)}`, reading),
      ...ownedBy(row.owner, reading, dependsOn),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object) {
    const target = targetOf(object);
    const type = object.type === null ? "" : ` TYPE ${literal(object.type)}`;
    const version = object.version === null ? "" : ` VERSION ${literal(object.version)}`;
    const wrapper = ` FOREIGN DATA WRAPPER ${ident(object.wrapper)}`;
    return [
      ...withheldRemarks(object.options, target),
      statement(`CREATE ${target}${type}${version}${wrapper}${optionsClause(object.options)}`),
      ...ownerTo(target, object),
      ...commentOn(target, object.comment),
    ];
  },
  drop: (object) => [statement(`DROP ${targetOf(object)}`)],
  // The type and the wrapper are chosen once.
  alter: alterBy("server", {
    version: ({ after }) => [
      statement(`ALTER ${targetOf(after)} VERSION ${after.version === null ? "NULL" : literal(after.version)}`),
    ],
    options: ({ before, after }) => alterOptions(targetOf(after), before.options, after.options),
    comment: ({ after }) => [setComment(targetOf(after), after.comment)],
    owner: ({ after }) => ownerChanged(targetOf(after), after),
  }),
});
