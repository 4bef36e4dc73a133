import type {
  CatalogObject,
  ColumnObject,
  ConstraintObject,
  IndexObject,
  SequenceObject,
} from "../../model/catalog.ts";
import { refKey } from "../../model/ref.ts";
import type { StrategyContext } from "../strategy.ts";
import type { Branch } from "./column-tree.ts";
import { dependentsOf, stayingDependents, hasRelatives, tableOf, viewed } from "./facts.ts";

/** What hangs on a column and goes over to the one that takes its place. */
export interface Carried {
  readonly indexes: readonly IndexObject[];
  readonly keys: readonly ConstraintObject[];
  readonly checks: readonly ConstraintObject[];
  /** Of its own table, and of tables that refer to it. */
  readonly foreignKeys: readonly ConstraintObject[];
  /** Sequences that are dropped with it. */
  readonly sequences: readonly SequenceObject[];
  /** Privileges, extended statistics. */
  readonly others: readonly CatalogObject[];
}

// What the planner takes out of the way of a column whose type changes and builds again behind it.
const REBUILT_AROUND: ReadonlySet<string> = new Set(["view", "policy", "trigger", "rule"]);

// The needs of an object follow from its definition.
const told = (object: CatalogObject): string => JSON.stringify({ ...object, dependsOn: [] });

function staysSame(object: CatalogObject, context: StrategyContext): boolean {
  const after = viewed(context.to).get(refKey(object));
  return after !== undefined && told(after) === told(object);
}

// What is to be taken back holds until then, and again once that is undone.
function revokedLater(column: ColumnObject, { from, gone, created }: StrategyContext): readonly CatalogObject[] {
  return dependentsOf(from, refKey(column)).filter(
    (one) => one.kind === "grant" && gone?.has(refKey(one)) === true && !created.has(refKey(one)),
  );
}

/** What a column carries along. */
function carriedOf(column: ColumnObject, context: StrategyContext): Carried {
  const all = stayingDependents(context, refKey(column));
  const constraints = all.filter((one): one is ConstraintObject => one.kind === "constraint");
  const { schema, table, name } = column;
  return {
    indexes: all.filter((one): one is IndexObject => one.kind === "index"),
    keys: constraints.filter(({ type }) => type === "primary key" || type === "unique"),
    checks: constraints.filter(({ type, inherited }) => type === "check" && !inherited),
    foreignKeys: constraints.filter(({ type, inherited }) => type === "foreign key" && !inherited),
    sequences: viewed(context.from)
      .of("sequence")
      .filter((one) => one.ownedBy?.schema === schema && one.ownedBy.table === table && one.ownedBy.column === name),
    others: [
      ...all.filter((one) => one.kind === "grant" || one.kind === "statistics"),
      ...revokedLater(column, context),
    ],
  };
}

/** What a column carries along in all tables of a tree, parents first. */
export function carriedByAll(branches: readonly Branch[], context: StrategyContext): Carried {
  const all = branches.map(({ before }) => carriedOf(before, context));
  const of = <K extends keyof Carried>(name: K): Carried[K][number][] => [...new Set(all.flatMap((one) => one[name]))];
  return {
    indexes: of("indexes"),
    keys: of("keys"),
    checks: of("checks"),
    foreignKeys: of("foreignKeys"),
    sequences: of("sequences"),
    others: of("others"),
  };
}

function isPlainConstraint(
  constraint: ConstraintObject,
  branches: readonly Branch[],
  context: StrategyContext,
): boolean {
  if (constraint.type === "not null" || constraint.type === "exclusion") return false;
  if (constraint.definition.endsWith(" NOT ENFORCED") || /WITHOUT OVERLAPS|PERIOD /.test(constraint.definition))
    return false;
  const view = tableOf(context, constraint);
  if (view === undefined) return false;
  const own = branches.some((branch) => branch.view === view);
  if (constraint.type === "foreign key") return !constraint.inherited && !isOfPartitions(constraint, context);
  return own || !(constraint.inherited || hasRelatives(view, context));
}

// A foreign key of a partitioned table cannot be made without looking at its rows (before version 18), and one to such a
// table has a part for each partition.
function isOfPartitions({ schema, table, references }: ConstraintObject, { from }: StrategyContext): boolean {
  const ends = [
    viewed(from).table(schema, table),
    viewed(from).table(references?.schema ?? null, references?.table ?? ""),
  ];
  return ends.some((view) => view === undefined || view.table.partitionBy !== null);
}

function mayCarry(object: CatalogObject, branches: readonly Branch[], context: StrategyContext): boolean {
  if (REBUILT_AROUND.has(object.kind)) return true;
  if (object.kind === "sequence") return true;
  if (!staysSame(object, context)) return false;
  switch (object.kind) {
    case "index":
      return object.valid && (object.partitionOf === null || isWithin(object, branches));
    case "constraint":
      return isPlainConstraint(object, branches, context);
    case "grant":
    case "statistics":
      return true;
    default:
      return false;
  }
}

// Whose shape is that of the table's rows: it would see the second column come and go.
const SHAPED: ReadonlySet<string> = new Set(["function", "aggregate", "column", "composite", "domain", "range"]);

/** Whether the type of a table's rows is used elsewhere: by a function, as the type of a column. */
export function hasRowTypeUsers(column: ColumnObject, context: StrategyContext): boolean {
  const table = tableOf(context, column)?.table;
  if (table === undefined) return false;
  const type = context.dialect.qualified(column.schema, column.table);
  return dependentsOf(context.from, refKey(table)).some((other) => {
    // It stores such rows: the server does not even add a column of a domain then.
    if (other.kind === "view" && other.materialised)
      return other.columns.some((own) => own.type.replace(/(?:\[\])+$/, "") === type);
    return SHAPED.has(other.kind) && !(other.schema === column.schema && other.table === column.table);
  });
}

const isWithin = ({ schema, table }: CatalogObject, branches: readonly Branch[]): boolean =>
  branches.some(({ view }) => view.table.schema === schema && view.table.name === table);

// A key that others refer to by foreign keys which are not over this column would lose them with it.
function isReferredElsewhere(key: ConstraintObject, branches: readonly Branch[], context: StrategyContext): boolean {
  const columns = branches.map(({ before }) => refKey(before));
  return stayingDependents(context, refKey(key)).some(
    (other) =>
      !(other.kind === "index" && other.constraint === key.name) &&
      // A partition's part of it.
      !(other.kind === "constraint" && other.inherited && other.type === key.type && isWithin(other, branches)) &&
      !columns.some((column) => other.dependsOn.includes(column)),
  );
}

/** Whether all that hangs on a column, in all tables of a tree, can be carried over and will be the same afterwards. */
export function isCarryable(branches: readonly Branch[], context: StrategyContext): boolean {
  const columns = branches.map(({ before }) => before);
  const all = columns.flatMap((column) => stayingDependents(context, refKey(column)));
  if (!all.every((object) => mayCarry(object, branches, context))) return false;
  if (columns.some((column) => hasRowTypeUsers(column, context))) return false;
  const { keys, indexes } = carriedByAll(branches, context);
  const isBehind = (index: IndexObject, key: ConstraintObject): boolean =>
    key.name === index.constraint && key.table === index.table && key.schema === index.schema;
  if (indexes.some((one) => one.constraint !== null && !keys.some((key) => isBehind(one, key)))) return false;
  // The index behind a key may have dependents of its own (foreign keys through it).
  return keys.every((key) => !isReferredElsewhere(key, branches, context));
}
