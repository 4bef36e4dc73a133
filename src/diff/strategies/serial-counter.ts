import type { ColumnObject, SequenceObject } from "../../model/catalog.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { StrategyContext } from "../strategy.ts";
import { plainSql } from "./dual-write.ts";
import { dependentsOf, hasRelatives, tableName, tableOf, viewed } from "./facts.ts";
import { temporaryName } from "./names.ts";

/** Statements of one transaction with what takes each back. */
export interface Handover {
  /** Makes room for an identity: the column's values no longer come from the sequence, which has another name. */
  readonly release: readonly { readonly sql: string; readonly undo: readonly string[] }[];
  /** Lets the identity, which is there by then, go on where the sequence stands, and drops that. */
  readonly take: readonly { readonly sql: string; readonly undo: readonly string[] }[];
}

/**
 * The sequence that gives a column of FROM its values, and goes with this plan since an identity does from then on; null
 * where there is none, or where it stays.
 */
export function serialOf(before: ColumnObject, after: ColumnObject, context: StrategyContext): SequenceObject | null {
  const { from, gone, created, dialect } = context;
  const view = tableOf(context, before);
  // Partitions and children have the default, too.
  if (view === undefined || hasRelatives(view, context)) return null;
  const column = viewed(from).get(refKey(before));
  if (column?.kind !== "column" || column.identity !== null || after.identity === null) return null;
  const drawn = /^nextval\('(.*)'::regclass\)$/s.exec(column.default ?? "")?.[1]?.replaceAll("''", "'");
  const sequence = viewed(from)
    .of("sequence")
    .find((one) => dialect.qualified(one.schema, one.name) === drawn);
  if (sequence === undefined || gone?.has(refKey(sequence)) !== true || created.has(refKey(sequence))) return null;
  const { ownedBy } = sequence;
  const isOwn = ownedBy?.schema === column.schema && ownedBy.table === column.table && ownedBy.column === column.name;
  return isOwn ? sequence : null;
}

/** The changes of the plan that {@link handover} makes along: the default's and the sequence's going. */
export function takenByHandover(
  change: Change,
  sequence: SequenceObject,
  changesOf: (key: RefKey) => readonly Change[],
): readonly Change[] {
  if (change.type !== "alter") return [];
  return [
    ...changesOf(refKey(change.before)).filter(
      (one) => one !== change && one.type === "alter" && one.after.kind === "column" && one.after.default === null,
    ),
    ...changesOf(refKey(sequence)).filter(({ type }) => type === "drop"),
  ];
}

/** How a column's identity takes over the counter of the sequence that gave it its values. */
export function handover(
  sequence: SequenceObject,
  column: ColumnObject,
  after: ColumnObject,
  context: StrategyContext,
): Handover {
  const { dialect, from } = context;
  const { schema, name, options } = sequence;
  const aside = temporaryName(context, "counter", column.schema, column.table, column.name);
  const [own, counter] = [dialect.qualified(schema, name), dialect.qualified(schema, aside)];
  const table = tableName(context, column);
  const printed = dialect.ident(column.name);
  const inner = `pg_catalog.pg_get_serial_sequence(${dialect.literal(table)}, ${dialect.literal(column.name)})`;
  const identity = after.identity?.sequence;
  const bounded = (place: string, min: string, max: string): string =>
    identity?.min === options.min && identity.max === options.max ? place : `LEAST(GREATEST(${place}, ${min}), ${max})`;
  const grants = dependentsOf(from, refKey(sequence)).filter(({ kind }) => kind === "grant");
  const drawn = bounded(`pg_catalog.nextval(${inner})`, options.min, options.max);
  return {
    release: [
      {
        sql: `ALTER SEQUENCE ${own} OWNED BY NONE`,
        undo: [`ALTER SEQUENCE ${own} OWNED BY ${table}.${printed}`],
      },
      {
        sql: `ALTER SEQUENCE ${own} RENAME TO ${dialect.ident(aside)}`,
        undo: [
          `ALTER SEQUENCE ${counter} RENAME TO ${dialect.ident(name)}`,
          ...grants.flatMap((grant) => plainSql("create", grant, context)),
        ],
      },
    ],
    take: [
      {
        sql: `SELECT pg_catalog.setval(${inner}, ${bounded("last_value", identity?.min ?? "1", identity?.max ?? "1")}, is_called) FROM ${counter}`,
        undo: [`SELECT pg_catalog.setval(${dialect.literal(counter)}::pg_catalog.regclass, ${drawn}, true)`],
      },
      {
        sql: `DROP SEQUENCE ${counter}`,
        undo: plainSql("create", { ...sequence, name: aside, ownedBy: null }, context),
      },
    ],
  };
}

/** The statement that makes a column's values come from its identity, which begins anew. */
export function identityAlone(column: ColumnObject, { dialect, from }: StrategyContext): string {
  const change = alter<ColumnObject>({ ...column, identity: null }, { identity: column.identity });
  return dialect.change(change, from, "plain")[0]?.sql ?? "";
}
