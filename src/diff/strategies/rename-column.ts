import type { CatalogObject, ColumnObject, IndexObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { hasRowTypeUsers } from "./carried.ts";
import {
  backfillStep,
  differ,
  hasLaterTriggers,
  lastTriggerName,
  mirrorFunction,
  mirrorRemoval,
  mirrorStatements,
  plainSql,
  verifySql,
} from "./dual-write.ts";
import type { Mirror } from "./dual-write.ts";
import { BOTH, NEW_ONLY, OLD_ONLY, hasRelatives, stayingDependents, tableName, tableOf } from "./facts.ts";
import { followingNames, namesAreKnown } from "./following-names.ts";
import { copyOf, copySteps, dropCopy, workingName } from "./index-copies.ts";
import { temporaryName } from "./names.ts";

/** A column on its way to another name. */
interface Job {
  readonly context: StrategyContext;
  readonly view: TableView;
  readonly column: ColumnObject;
  readonly table: string;
  readonly was: string;
  readonly is: string;
  readonly isName: string;
  /** Printed name of the second column until it takes the old name. */
  readonly shadow: string;
  readonly shadowName: string;
  /** Indexes over the column: old code must find its rows as fast. */
  readonly indexes: readonly IndexObject[];
  readonly follows: Mirror;
  readonly both: Mirror;
}

// Whoever writes, by whichever name: what was written wins, and the other column follows.
function bothWays(was: string, is: string, type: string): string {
  const wasChanged = differ(`NEW.${was}`, `OLD.${was}`, type);
  const isChanged = differ(`NEW.${is}`, `OLD.${is}`, type);
  return `BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.${was} IS NULL THEN NEW.${was} := NEW.${is}; ELSE NEW.${is} := NEW.${was}; END IF;
  ELSIF ${wasChanged} AND NOT (${isChanged}) THEN
    NEW.${is} := NEW.${was};
  ELSE
    NEW.${was} := NEW.${is};
  END IF;
  RETURN NEW;
END`;
}

function jobOf(change: Change, context: StrategyContext): Job | null {
  if (change.type !== "rename" || change.before.kind !== "column") return null;
  const column = change.before;
  const view = tableOf(context, column);
  if (view === undefined) return null;
  const names = [column.schema, column.table, column.name] as const;
  const shadowName = temporaryName(context, "name", ...names);
  const [was, is, shadow] = [column.name, change.to.name, shadowName].map((name) => context.dialect.ident(name));
  if (was === undefined || is === undefined || shadow === undefined) return null;
  const mirror = {
    schema: column.schema,
    table: column.table,
    name: lastTriggerName(temporaryName(context, "rename", ...names), view),
    timing: "BEFORE INSERT OR UPDATE",
    reaches: false,
  } as const;
  const all = stayingDependents(context, refKey(column));
  return {
    context,
    view,
    column,
    table: tableName(context, column),
    was,
    is,
    isName: change.to.name,
    shadow,
    shadowName,
    indexes: all.filter((one): one is IndexObject => one.kind === "index" && one.valid),
    follows: { ...mirror, body: `BEGIN\n  NEW.${shadow} := NEW.${was};\n  RETURN NEW;\nEND` },
    both: { ...mirror, body: bothWays(was, is, column.type) },
  };
}

// What the verification says where the copy is not what the column is.
const copyWords = ({ table, was }: Job): string => `${table}, the copy of ${was}`;

function prepare(job: Job): StrategyStep[] {
  const { context, column, table, was, shadow } = job;
  const bare: ColumnObject = {
    ...column,
    name: job.shadowName,
    notNull: false,
    default: null,
    identity: null,
    comment: null,
  };
  const as = { phase: "expand", compatible: OLD_ONLY, together: "mirror" } as const;
  const add = plainSql("create", bare, context).map((sql, place): StrategyStep => ({
    sql,
    undo: place === 0 ? [`ALTER TABLE ${table} DROP COLUMN ${shadow}`] : [],
    ...as,
  }));
  const wrong = differ(shadow, was, column.type);
  return [
    ...add,
    ...mirrorStatements(job.follows, context).map((one): StrategyStep => ({ ...one, ...as })),
    backfillStep(job.view, `${shadow} = ${was}`, wrong, context),
    ...job.indexes.flatMap((index) => {
      const copy = copyOf(index, workingName(index, "index", context), was, shadow);
      return copySteps(copy, index, { phase: "migrate", compatible: OLD_ONLY }, context);
    }),
    {
      sql: verifySql(copyWords(job), table, wrong, context),
      undo: [],
      phase: "migrate",
      compatible: OLD_ONLY,
      note: "reads every row and changes nothing",
    },
  ];
}

const grantsOf = ({ context, column }: Job): readonly CatalogObject[] =>
  stayingDependents(context, refKey(column)).filter(({ kind }) => kind === "grant");

// The column itself takes the new name, with all that hangs on it; the copy answers to the old one.
function swap(job: Job): StrategyStep[] {
  const { context, column, table, was, is, shadow } = job;
  const rename = (a: string, b: string): string => `ALTER TABLE ${table} RENAME COLUMN ${a} TO ${b}`;
  const moves = [
    { sql: rename(was, is), undo: [rename(is, was)] },
    { sql: rename(shadow, was), undo: [rename(was, shadow)] },
    { sql: mirrorFunction(job.both, context), undo: [mirrorFunction(job.follows, context)] },
    ...followingNames(job.view, [column], { schema: column.schema, table: column.table, column: job.isName }, context),
    ...grantsOf(job).flatMap((grant) =>
      plainSql("create", grant, context).map((sql) => ({ sql, undo: plainSql("drop", grant, context) })),
    ),
  ];
  return moves.map(({ sql, undo }, place): StrategyStep => ({
    sql,
    undo,
    phase: "migrate",
    compatible: BOTH,
    together: "swap",
    swap: true,
    ...(place === 0 && column.default !== null
      ? { note: `an explicit NULL for ${was} on INSERT is taken for a missing value, which the default fills` }
      : {}),
  }));
}

function contract(job: Job): StrategyStep[] {
  const { context, column, table, was, is } = job;
  const bare: ColumnObject = { ...column, notNull: false, default: null, identity: null, comment: null };
  const as = { phase: "contract", compatible: NEW_ONLY } as const;
  return [
    ...job.indexes.map((index) => {
      const copy = copyOf(index, workingName(index, "index", context), was, was);
      return dropCopy(copy, index, as, context);
    }),
    ...mirrorRemoval(job.both, context).map((one): StrategyStep => ({ ...one, ...as, together: "contract" })),
    {
      sql: `ALTER TABLE ${table} DROP COLUMN ${was}`,
      undo: [
        ...plainSql("create", bare, context),
        ...grantsOf(job).flatMap((grant) => plainSql("create", grant, context)),
        `UPDATE ${table} SET ${was} = ${is}`,
      ],
      verified: copyWords(job),
      note: `undone, ${was} is filled for all rows by one statement`,
      ...as,
      together: "contract",
    },
  ];
}

/** A column answers to both names while old and new code run. */
export const renameColumn: Strategy = {
  id: "rename-column",
  engines: ["postgres"],
  summary:
    "A renamed column answers to its old name as well, through a copy that triggers keep equal in both directions, until no old code runs.",
  applies(change, context) {
    if (change.type !== "rename" || change.before.kind !== "column") return false;
    const column = change.before;
    const { to } = change;
    if (to.schema !== column.schema || to.table !== column.table) return false;
    if (context.created.has(refKey({ ...column, kind: "table", table: null, name: column.table }))) return false;
    const view = tableOf(context, column);
    if (view === undefined || column.inherited || column.generated !== null) return false;
    if (view.table.foreign !== undefined || hasRelatives(view, context) || hasLaterTriggers(view)) return false;
    return !hasRowTypeUsers(column, context) && namesAreKnown(view, [column, { ...column, name: to.name }], context);
  },
  steps(change, context) {
    const job = jobOf(change, context);
    return job === null ? [] : [...prepare(job), ...swap(job), ...contract(job)];
  },
};
