import type { ColumnObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { castSuffix } from "../../sql/cast.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import { carriedByAll } from "./carried.ts";
import type { Carried } from "./carried.ts";
import { branchesOf } from "./column-tree.ts";
import type { Branch } from "./column-tree.ts";
import { lastTriggerName } from "./dual-write.ts";
import type { Mirror } from "./dual-write.ts";
import { BOTH, NEW_ONLY, OLD_ONLY, tableName, tableOf } from "./facts.ts";
import { isInterchangeable, isTotal } from "./free-type-changes.ts";
import { temporaryName } from "./names.ts";

/** A column on its way from one type to another, and all that is named after it. */
export interface Job {
  readonly context: StrategyContext;
  readonly view: TableView;
  /** The column in each table that has it from this one, this one first. */
  readonly branches: readonly Branch[];
  readonly before: ColumnObject;
  readonly after: ColumnObject;
  readonly table: string;
  /** Printed names: the column's own, the new column's until the swap, the old one's after it. */
  readonly own: string;
  readonly next: string;
  readonly last: string;
  readonly nextName: string;
  readonly lastName: string;
  readonly forwards: Mirror;
  readonly backwards: Mirror;
  readonly carried: Carried;
  /** What holds before and after the swap. */
  readonly until: StrategyStep["compatible"];
  readonly since: StrategyStep["compatible"];
}

/** One statement of the swap with what takes it back. */
export interface Move {
  readonly sql: string;
  readonly undo: readonly string[];
}

/** SQL: a value as another type; where the server has no cast, it passes as text. */
export function cast(expression: string, from: string, to: string, { from: catalog }: StrategyContext): string {
  return `(${expression})${castSuffix(from, to, catalog)}`;
}

function mirrorBody(target: string, source: string, from: string, to: string, context: StrategyContext): string {
  const assign = `NEW.${target} := ${cast(`NEW.${source}`, from, to, context)};`;
  if (isTotal(from, to)) return `BEGIN\n  ${assign}\n  RETURN NEW;\nEND`;
  // A value that has no counterpart must not make the application's write fail: the verification finds it.
  return `BEGIN\n  BEGIN\n    ${assign}\n  EXCEPTION WHEN OTHERS THEN\n    NEW.${target} := NULL;\n  END;\n  RETURN NEW;\nEND`;
}

// Whether code that leaves a column out, as another default lets it, meets no refusal here.
const fills = (here: ColumnObject, there: ColumnObject): boolean =>
  !here.notNull || here.default !== null || here.identity !== null || there.default === null;

/** The job of an alteration; null where the table is not known. */
export function jobOf(before: ColumnObject, after: ColumnObject, context: StrategyContext): Job | null {
  const view = tableOf(context, before);
  const branches = branchesOf(before, after, context);
  if (view === undefined || branches === null) return null;
  const { dialect } = context;
  const names = [before.schema, before.table, before.name] as const;
  const nextName = temporaryName(context, "new", ...names);
  const lastName = temporaryName(context, "old", ...names);
  const [own, next, last] = [dialect.ident(before.name), dialect.ident(nextName), dialect.ident(lastName)];
  const mirror = {
    schema: before.schema,
    table: before.table,
    name: lastTriggerName(temporaryName(context, "type", ...names), ...branches.map((branch) => branch.view)),
    // A partitioned table's triggers are its partitions', those to come among them; children have their own.
    also: view.table.partitionBy === null ? branches.slice(1).map((branch) => branch.view.table) : [],
    timing: "BEFORE INSERT OR UPDATE",
    reaches: false,
  } as const;
  const same = isInterchangeable(before.type, after.type);
  // Code that writes values of its own is refused from then on.
  const closes = after.identity?.generation === "always" && before.identity?.generation !== "always";
  return {
    context,
    view,
    branches,
    before,
    after,
    table: tableName(context, before),
    own,
    next,
    last,
    nextName,
    lastName,
    forwards: { ...mirror, body: mirrorBody(next, own, before.type, after.type, context) },
    backwards: { ...mirror, body: mirrorBody(last, own, after.type, before.type, context) },
    carried: carriedByAll(branches, context),
    until: same && fills(before, after) ? BOTH : OLD_ONLY,
    since: same && !closes && fills(after, before) ? BOTH : NEW_ONLY,
  };
}
