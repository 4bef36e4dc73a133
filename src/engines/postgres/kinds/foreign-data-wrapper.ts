import type { ForeignDataWrapperObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import { alterOptions, optionsClause, readOptions, withheldRemarks } from "../foreign-options.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, setComment, statement } from "../print.ts";
import { alterBy, CLASS, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly owner: string | null;
  readonly handler: string | null;
  readonly validator: string | null;
  readonly options: readonly (string | null)[] | null;
  readonly comment: string | null;
}

const targetOf = (object: ForeignDataWrapperObject): string => `FOREIGN DATA WRAPPER ${ident(object.name)}`;

/** Foreign data wrappers that no extension brings. A catalog of some schemas takes those its tables use. */
export const foreignDataWrapper: ObjectKind<"foreign-data-wrapper"> = objectKind<"foreign-data-wrapper", Row>({
  kind: "foreign-data-wrapper",
  present: "from pg_catalog.pg_foreign_data_wrapper",
  query: () => `
    select w.oid, w.fdwname as name, ${ownerOf("w.fdwowner")} as owner,
      case when w.fdwhandler <> 0 then w.fdwhandler::regproc::text end as handler,
      case when w.fdwvalidator <> 0 then w.fdwvalidator::regproc::text end as validator,
      w.fdwoptions as options, d.description as comment
    from pg_foreign_data_wrapper w ${joinComment(CLASS.foreignDataWrapper, "w.oid")}
    where ${notOfExtension(CLASS.foreignDataWrapper, "w.oid")} and ($1::text[] is null or exists (
      select from pg_foreign_server s join pg_foreign_table f on f.ftserver = s.oid
      join pg_class c on c.oid = f.ftrelid join pg_namespace n on n.oid = c.relnamespace
      where s.srvfdw = w.oid and n.nspname = any ($1::text[])))`,
  read(row, reading) {
    const own = ref("foreign-data-wrapper", row.name);
    reading.identify(CLASS.foreignDataWrapper, row.oid, refKey(own));
    const dependsOn: RefKey[] = [];
    return {
      ...own,
      kind: "foreign-data-wrapper",
      handler: row.handler,
      validator: row.validator,
      options: readOptions(row.options, `foreign data wrapper ${ident(row.name)}`, reading),
      ...ownedBy(row.owner, reading, dependsOn),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object) {
    const target = targetOf(object);
    const handler = object.handler === null ? "" : ` HANDLER ${object.handler}`;
    const validator = object.validator === null ? "" : ` VALIDATOR ${object.validator}`;
    return [
      ...withheldRemarks(object.options, target),
      statement(`CREATE ${target}${handler}${validator}${optionsClause(object.options)}`),
      ...ownerTo(target, object),
      ...commentOn(target, object.comment),
    ];
  },
  drop: (object) => [statement(`DROP ${targetOf(object)}`)],
  alter: alterBy("foreign-data-wrapper", {
    handler: ({ after }) => [
      statement(`ALTER ${targetOf(after)} ${after.handler === null ? "NO HANDLER" : `HANDLER ${after.handler}`}`),
    ],
    validator: ({ after }) => [
      statement(
        `ALTER ${targetOf(after)} ${after.validator === null ? "NO VALIDATOR" : `VALIDATOR ${after.validator}`}`,
      ),
    ],
    options: ({ before, after }) => alterOptions(targetOf(after), before.options, after.options),
    comment: ({ after }) => [setComment(targetOf(after), after.comment)],
    owner: ({ after }) => ownerChanged(targetOf(after), after),
  }),
});
