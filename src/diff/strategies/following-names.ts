import type { ColumnObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { StrategyContext } from "../strategy.ts";
import { tableOf, viewed } from "./facts.ts";
import { hasNamedNotNull } from "./not-null-through-check.ts";

/** A statement that renames something, with the one that takes it back. */
export interface Renaming {
  readonly sql: string;
  readonly undo: readonly string[];
}

/** The first major in which a NOT NULL is a constraint with a name. */
const NAMED_NOT_NULL_SINCE = 18;

const fits = (name: string, { dialect }: StrategyContext): boolean =>
  new TextEncoder().encode(name).length <= dialect.identifierBytesMax;

// What the server has named after a table and its column, and would name otherwise today.
function namesOf(table: string, column: ColumnObject, name: string, context: StrategyContext): string[] {
  const isNamed = column.notNull && context.major >= NAMED_NOT_NULL_SINCE && !hasNamedNotNull(column, context);
  return [
    ...(isNamed ? [`${table}_${name}_not_null`] : []),
    ...(column.identity !== null && column.identity.name === undefined ? [`${table}_${name}_seq`] : []),
    ...(isSerial(column, context) ? [`${table}_${name}_seq`] : []),
  ];
}

// A sequence that the column owns and that is named after it, as `serial` makes one.
function isSerial({ schema, table, name }: ColumnObject, { from }: StrategyContext): boolean {
  const sequence = viewed(from).get(refKey(ref("sequence", `${table}_${name}_seq`, { schema })));
  if (sequence?.kind !== "sequence" || sequence.ownedBy === null) return false;
  const { ownedBy } = sequence;
  return ownedBy.schema === schema && ownedBy.table === table && ownedBy.column === name;
}

/** Whether the names that follow are short enough to be known: the server cuts longer ones in its own way. */
export function namesAreKnown(view: TableView, columns: readonly ColumnObject[], context: StrategyContext): boolean {
  return columns.every((column) =>
    namesOf(view.table.name, column, column.name, context).every((name) => fits(name, context)),
  );
}

/**
 * What bears a table's or column's name because the server gave it, and is renamed along so that nothing differs
 * from a schema written with the new name: NOT NULL constraints and the sequences of identities. Runs after the
 * renaming itself; `table` and `column` are the new names, and `namedAfter` is the table's name that things are to bear
 * where it is not its own.
 */
export function followingNames(
  view: TableView,
  columns: readonly ColumnObject[],
  to: {
    readonly schema: string | null;
    readonly table: string;
    readonly column?: string;
    readonly namedAfter?: string;
    /** Sequences that the columns own keep their names. */
    readonly sequencesStay?: true;
  },
  context: StrategyContext,
): Renaming[] {
  const { dialect } = context;
  const printed = dialect.qualified(to.schema, to.table);
  return columns.flatMap((column): Renaming[] => {
    const before = namesOf(view.table.name, column, column.name, context);
    const after = namesOf(to.namedAfter ?? to.table, column, to.column ?? column.name, context);
    return before.flatMap((was, place): readonly Renaming[] => {
      const is = after[place] ?? was;
      if (to.sequencesStay === true && !was.endsWith("_not_null")) return [];
      if (was.endsWith("_not_null")) {
        // TO may have kept the old name, as a column that was renamed there does.
        if (keepsName(was, { schema: to.schema, table: to.table, column: to.column ?? column.name }, context))
          return [];
        const rename = (a: string, b: string): string =>
          `ALTER TABLE ${printed} RENAME CONSTRAINT ${dialect.ident(a)} TO ${dialect.ident(b)}`;
        return [{ sql: rename(was, is), undo: [rename(is, was)] }];
      }
      const rename = (a: string, b: string): string =>
        `ALTER SEQUENCE ${dialect.qualified(to.schema, a)} RENAME TO ${dialect.ident(b)}`;
      return [{ sql: rename(was, is), undo: [rename(is, was)] }];
    });
  });
}

function keepsName(
  name: string,
  { schema, table, column }: { readonly schema: string | null; readonly table: string; readonly column: string },
  context: StrategyContext,
): boolean {
  const there = viewed(context.to).get(refKey(ref("constraint", name, { schema, table })));
  return there?.kind === "constraint" && there.type === "not null" && there.columns.includes(column);
}

/**
 * What follows a rename of a table or column that is made directly; empty for other renames, and where the names are
 * not known.
 */
export function namesAfter(change: Change, context: StrategyContext): Renaming[] {
  if (change.type !== "rename") return [];
  const { before, to } = change;
  if (before.kind !== "table" && before.kind !== "column") return [];
  const view = tableOf(context, before);
  if (view === undefined || view.table.foreign !== undefined) return [];
  const columns = before.kind === "column" ? [before] : view.columns;
  const renamed =
    before.kind === "column"
      ? { view, columns: [{ ...before, name: to.name }] }
      : { view: { ...view, table: { ...view.table, name: to.name } }, columns };
  if (!namesAreKnown(view, columns, context) || !namesAreKnown(renamed.view, renamed.columns, context)) return [];
  const at =
    before.kind === "column"
      ? { schema: before.schema, table: before.table, column: to.name }
      : { schema: to.schema, table: to.name };
  return followingNames(view, columns, at, context);
}
