import type { SequenceObject } from "../../../model/catalog.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { commentOn, ident, qualified, setComment, statement } from "../print.ts";
import { ownedBy as ownedByRole, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import {
  SEQUENCE_COLUMNS,
  boundStatements,
  changedClauses,
  sequenceClauses,
  sequenceOptions,
} from "../sequence-options.ts";
import type { SequenceRow } from "../sequence-options.ts";
import { alterBy, CLASS, inScope, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row extends SequenceRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly unlogged: boolean;
  readonly owner: string | null;
  readonly owner_schema: string | null;
  readonly owner_table: string | null;
  readonly owner_column: string | null;
  /** Of the sequence inside an identity column: its table and column. */
  readonly identity_of: number | null;
  readonly identity_column: number | null;
  /** Whether it is unlogged, where its table is not so too; null where both are alike. */
  readonly unlike_table: boolean | null;
  readonly comment: string | null;
}

/**
 * Sequences that are not the inside of an identity column. OWNED BY is printed with the owning table,
 * because the column must exist first.
 */
export const sequence: ObjectKind<"sequence"> = objectKind<"sequence", Row>({
  kind: "sequence",
  present: "from pg_catalog.pg_class where relkind = 'S' and oid >= 16384",
  query: () => `
    select c.oid, n.nspname as schema, c.relname as name, c.relpersistence = 'u' as unlogged, ${SEQUENCE_COLUMNS},
      tn.nspname as owner_schema, t.relname as owner_table, ta.attname as owner_column,
      case when o.deptype = 'i' then o.refobjid end as identity_of, o.refobjsubid as identity_column,
      case when c.relpersistence <> t.relpersistence then c.relpersistence = 'u' end as unlike_table,
      ${ownerOf("c.relowner")} as owner, d.description as comment
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_sequence s on s.seqrelid = c.oid
    left join pg_depend o on o.classid = ${CLASS.relation} and o.objid = c.oid and o.objsubid = 0
      and o.refclassid = ${CLASS.relation} and o.refobjsubid > 0 and o.deptype in ('a', 'i')
    left join pg_class t on t.oid = o.refobjid
    left join pg_namespace tn on tn.oid = t.relnamespace
    left join pg_attribute ta on ta.attrelid = o.refobjid and ta.attnum = o.refobjsubid
    ${joinComment(CLASS.relation, "c.oid")}
    where c.relkind = 'S' and ${inScope("n")} and ${notOfExtension(CLASS.relation, "c.oid")}`,
  read(row, reading) {
    if (row.identity_of !== null) {
      const inside = { name: row.name, options: sequenceOptions(row), unlogged: row.unlike_table };
      reading.identities.set(`${row.identity_of} ${row.identity_column}`, inside);
      return null;
    }
    const own = ref("sequence", row.name, { schema: row.schema });
    reading.identify(CLASS.relation, row.oid, refKey(own));
    const dependsOn: RefKey[] = [refKey(ref("schema", row.schema))];
    const owned = row.owner_schema !== null && row.owner_table !== null && row.owner_column !== null;
    return {
      ...own,
      kind: "sequence",
      options: sequenceOptions(row),
      unlogged: row.unlogged,
      ownedBy: owned ? { schema: row.owner_schema, table: row.owner_table, column: row.owner_column } : null,
      ...ownedByRole(row.owner, reading, dependsOn),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object) {
    const name = qualified(object.schema, object.name);
    const create = `CREATE ${object.unlogged ? "UNLOGGED " : ""}SEQUENCE ${name}`;
    const type = object.options.type === "bigint" ? [] : [`AS ${object.options.type}`];
    return [
      statement([create, ...type, ...sequenceClauses(object.options)].join(" ")),
      ...ownerTo(`SEQUENCE ${name}`, object),
      ...commentOn(`SEQUENCE ${name}`, object.comment),
    ];
  },
  // An owned sequence goes with its column.
  drop(object, context) {
    const owner = object.ownedBy;
    if (owner !== null && context.view.table(owner.schema, owner.table) !== undefined) return [];
    return [statement(`DROP SEQUENCE ${qualified(object.schema, object.name)}`)];
  },
  add: (object, context) => [...sequence.create(object, context), ...ownedBy(object)],
  remove: (object) => [statement(`DROP SEQUENCE ${qualified(object.schema, object.name)}`)],
  alter: alterBy("sequence", {
    options({ before, after }) {
      const name = qualified(after.schema, after.name);
      const clauses = changedClauses(before.options, after.options);
      return [
        ...boundStatements(name, before.options, after.options),
        statement([`ALTER SEQUENCE ${name}`, ...clauses].join(" ")),
      ];
    },
    // One that belongs to a column has its table's owner; it is let go before the owner changes, taken up after.
    owner: ({ before, after, properties }) => {
      if (after.ownedBy !== null && before.ownedBy !== null && !properties.includes("ownedBy")) return [];
      const free = before.ownedBy === null ? [] : [release(after)];
      return [...free, ...ownerChanged(`SEQUENCE ${qualified(after.schema, after.name)}`, after)];
    },
    unlogged: ({ after }) => [
      statement(`ALTER SEQUENCE ${qualified(after.schema, after.name)} SET ${after.unlogged ? "UNLOGGED" : "LOGGED"}`),
    ],
    ownedBy: ({ after }) => (after.ownedBy === null ? [release(after)] : ownedBy(after)),
    comment: ({ after }) => [setComment(`SEQUENCE ${qualified(after.schema, after.name)}`, after.comment)],
  }),
});

const release = (object: SequenceObject): Statement =>
  statement(`ALTER SEQUENCE ${qualified(object.schema, object.name)} OWNED BY NONE`);

/** The statement that ties a sequence to the column it is dropped with. */
export function ownedBy(object: SequenceObject): Statement[] {
  const owner = object.ownedBy;
  if (owner === null) return [];
  const column = `${qualified(owner.schema, owner.table)}.${ident(owner.column)}`;
  return [statement(`ALTER SEQUENCE ${qualified(object.schema, object.name)} OWNED BY ${column}`)];
}
