import type { CatalogObject, ColumnObject, ConstraintObject, TableObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { alter } from "../../model/change.ts";
import type { Change } from "../../model/change.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import { differ, mirrorRemoval, mirrorStatements, plainSql, verifySql } from "./dual-write.ts";
import type { Mirror } from "./dual-write.ts";
import { BOTH, OLD_ONLY, batchOf, viewed } from "./facts.ts";
import { followingNames } from "./following-names.ts";
import { temporaryName } from "./names.ts";
import { createStaged, wholeOf } from "./staged.ts";
import type { Stage } from "./staged.ts";

/*
 * A table is made anew beside the old one: triggers keep the copy equal, it is filled in batches and verified row by
 * row, and takes the old one's place and name in one short transaction.
 */

/** A table on its way to another shape. */
export interface TableCopy {
  readonly context: StrategyContext;
  readonly from: TableView;
  readonly to: TableView;
  readonly key: ConstraintObject;
  /** Columns that hold values of their own, printed. */
  readonly columns: readonly string[];
  readonly fresh: Stage;
  readonly former: Stage;
  readonly forwards: Mirror;
  readonly backwards: Mirror;
  /** Triggers, policies and privileges of the table as it is to be. */
  readonly dressing: readonly CatalogObject[];
  /** Whose code works until the exchange. */
  readonly until: StrategyStep["compatible"];
}

const DRESSING: ReadonlySet<string> = new Set(["trigger", "policy", "grant"]);

// Old rows give way to new ones; a row for which there is no partition is left for the verification to find.
function mirrorBody(target: string, columns: readonly string[], key: readonly string[]): string {
  const same = key.map((one) => `${one} = OLD.${one}`).join(" AND ");
  return `BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM ${target} WHERE ${same};
  END IF;
  IF TG_OP <> 'DELETE' THEN
    BEGIN
      INSERT INTO ${target} (${columns.join(", ")}) VALUES (${columns.map((one) => `NEW.${one}`).join(", ")});
    EXCEPTION WHEN check_violation THEN NULL;
    END;
  END IF;
  RETURN NULL;
END`;
}

function indexNames(view: TableView, what: string, context: StrategyContext): ReadonlyMap<string, string> {
  const { schema, name: table } = view.table;
  return new Map(view.indexes.map(({ name }) => [name, temporaryName(context, what, schema, table, name)]));
}

/** The copy that the creation of a table asks for which is there already; null where it needs none, or rows have no key. */
export function tableCopyOf(change: Change, context: StrategyContext): TableCopy | null {
  if (change.type !== "create" || change.object.kind !== "table") return null;
  const { schema, name: table } = change.object;
  const from = viewed(context.from).table(schema, table);
  const to = viewed(context.to).table(schema, table);
  const key = from?.primaryKey ?? null;
  if (from === undefined || to === undefined || key === null || from.table.partitionBy !== null) return null;
  const { ident, qualified } = context.dialect;
  const columns = to.columns.filter(({ generated }) => generated === null).map(({ name }) => ident(name));
  const keys = key.columns.map((name) => ident(name));
  const fresh = { schema, table, name: temporaryName(context, "part", schema, table, ""), indexes: new Map() };
  const former = {
    schema,
    table,
    name: temporaryName(context, "former", schema, table, ""),
    indexes: indexNames(from, "former", context),
  };
  const mirror = {
    schema,
    table,
    name: temporaryName(context, "partition", schema, table),
    timing: "AFTER INSERT OR UPDATE OR DELETE",
    reaches: true,
  } as const;
  return {
    context,
    from,
    to,
    key,
    columns,
    fresh,
    former,
    forwards: { ...mirror, body: mirrorBody(qualified(schema, fresh.name), columns, keys) },
    backwards: { ...mirror, body: mirrorBody(qualified(schema, former.name), columns, keys) },
    until: to.columns.length > from.columns.length ? OLD_ONLY : BOTH,
    dressing: context.to.objects.filter((one) => DRESSING.has(one.kind) && isDressing(one, to.table)),
  };
}

function isDressing(object: CatalogObject, table: TableObject): boolean {
  if (object.kind === "grant" && object.own === true) return false;
  if (object.kind === "grant" && object.on === "table")
    return object.schema === table.schema && object.name === table.name;
  return object.schema === table.schema && object.table === table.name;
}

// The rows of both tables side by side, by the old key.
function unequal(
  { from, to, key, context }: TableCopy,
  other: Stage,
): { readonly source: string; readonly wrong: string } {
  const { ident, qualified } = context.dialect;
  const [a, b] = [qualified(from.table.schema, from.table.name), qualified(other.schema, other.name)];
  const on = key.columns.map((name) => `a.${ident(name)} = b.${ident(name)}`).join(" AND ");
  const first = ident(key.columns[0] ?? "");
  const differences = to.columns
    .filter(({ generated }) => generated === null)
    .map((column) => differ(`a.${ident(column.name)}`, `b.${ident(column.name)}`, column.type));
  return {
    source: `${a} AS a FULL JOIN ${b} AS b ON ${on}`,
    wrong: [`a.${first} IS NULL`, `b.${first} IS NULL`, ...differences].join(" OR "),
  };
}

// On the empty copy they need not be checked. One that points to the table itself would point to the old one.
function ownKeys({ to, context }: TableCopy): readonly ConstraintObject[] {
  return to.constraints.filter(({ type, references, validated, inherited }) => {
    if (type !== "foreign key" || references === null || !validated || inherited) return false;
    if (references.schema === to.table.schema && references.table === to.table.name) return false;
    return viewed(context.from).table(references.schema, references.table) !== undefined;
  });
}

const renameIndex = (stage: Stage, from: string, to: string, { dialect }: StrategyContext): string =>
  `ALTER INDEX ${dialect.qualified(stage.schema, from)} RENAME TO ${dialect.ident(to)}`;

function prepare(job: TableCopy): StrategyStep[] {
  const { context, from, key, fresh, former, columns } = job;
  const { dialect } = context;
  const { schema, name } = from.table;
  const [source, target] = [dialect.qualified(schema, name), dialect.qualified(schema, fresh.name)];
  const as = { phase: "expand", compatible: job.until, together: "mirror" } as const;
  const renames = [...former.indexes].map(([was, is]) => ({
    sql: renameIndex(former, was, is, context),
    undo: [renameIndex(former, is, was, context)],
  }));
  const made = createStaged(wholeOf(context.to, schema, name), fresh, context);
  // Each waits for the tables it locks by itself.
  const keys = ownKeys(job).map((one) => ({ ...one, table: fresh.name }));
  const same = key.columns.map((one) => `n.${dialect.ident(one)} = o.${dialect.ident(one)}`).join(" AND ");
  const { source: both, wrong } = unequal(job, fresh);
  return [
    ...renames.map((one): StrategyStep => ({ ...one, ...as })),
    ...made.map((sql, place): StrategyStep => ({ sql, undo: place === 0 ? [`DROP TABLE ${target}`] : [], ...as })),
    ...keys.flatMap((one, number) =>
      plainSql("create", one, context).map((sql, place): StrategyStep => ({
        sql,
        undo: place === 0 ? plainSql("drop", one, context) : [],
        ...as,
        together: `key ${number}`,
      })),
    ),
    ...mirrorStatements(job.forwards, context).map((one): StrategyStep => ({ ...one, ...as, together: "triggers" })),
    {
      // A row that is being changed is waited for, and copied as it has become; a copy that is there already stays.
      sql: `INSERT INTO ${target} (${columns.join(", ")}) SELECT ${columns.map((one) => `o.${one}`).join(", ")} FROM ${source} AS o WHERE NOT EXISTS (SELECT FROM ${target} AS n WHERE ${same}) FOR SHARE OF o ON CONFLICT DO NOTHING`,
      undo: [],
      phase: "migrate",
      compatible: job.until,
      batch: batchOf(from),
      note: "TRUNCATE is not mirrored: do without it until the end",
    },
    {
      sql: verifySql(`${source} beside its copy`, both, wrong, context),
      undo: [],
      phase: "migrate",
      compatible: job.until,
      note: "reads every row of both tables and changes nothing",
    },
  ];
}

/** One statement of the swap with what takes it back. */
interface Move {
  readonly sql: string;
  readonly undo: readonly string[];
}

function identityMoves(job: TableCopy): { readonly save: Move[]; readonly restore: Move[] } {
  const { context, from, to } = job;
  const { dialect } = context;
  const table = dialect.qualified(from.table.schema, from.table.name);
  const save: Move[] = [];
  const restore: Move[] = [];
  for (const column of to.columns.filter(({ identity }) => identity !== null)) {
    const before = from.columns.find(({ name }) => name === column.name);
    const own = `ALTER TABLE ${table} ALTER COLUMN ${dialect.ident(column.name)}`;
    const counter = dialect.qualified(
      column.schema,
      temporaryName(context, "counter", column.schema, column.table, column.name),
    );
    const inner = `pg_catalog.pg_get_serial_sequence(${dialect.literal(table)}, ${dialect.literal(column.name)})`;
    const add = (one: ColumnObject): string[] =>
      dialect
        .change(alter<ColumnObject>({ ...one, identity: null }, { identity: one.identity }), context.from, "plain")
        .slice(0, 1)
        .map(({ sql }) => sql);
    const set = `SELECT pg_catalog.setval(${inner}, value, false) FROM ${counter}`;
    // A table for one moment: it holds the next value.
    const take = `CREATE TABLE ${counter} AS SELECT pg_catalog.nextval(${inner}) AS value`;
    const forget = `DROP TABLE ${counter}`;
    const drop = `${own} DROP IDENTITY`;
    if (before?.identity == null) {
      restore.push({ sql: add(column).join("; "), undo: [drop] });
      continue;
    }
    save.push({ sql: take, undo: [set, forget] }, { sql: drop, undo: add(before) });
    restore.push(
      { sql: add(column).join("; "), undo: [take, drop] },
      { sql: set, undo: [] },
      { sql: forget, undo: [] },
    );
  }
  return { save, restore };
}

const ownTriggers = ({ from }: TableCopy): readonly CatalogObject[] => from.triggers;

function swap(job: TableCopy): StrategyStep[] {
  const { context, from, to, fresh, former } = job;
  const { dialect } = context;
  const { schema, name } = from.table;
  const rename = (was: string, is: string): Move => ({
    sql: `ALTER TABLE ${dialect.qualified(schema, was)} RENAME TO ${dialect.ident(is)}`,
    undo: [`ALTER TABLE ${dialect.qualified(schema, is)} RENAME TO ${dialect.ident(was)}`],
  });
  const { save, restore } = identityMoves(job);
  const staged = { ...to, table: { ...to.table, name: fresh.name } };
  const plain = to.columns.map((column): ColumnObject => ({ ...column, identity: null }));
  const lock: Move = { sql: `LOCK TABLE ${dialect.qualified(schema, name)} IN ACCESS EXCLUSIVE MODE`, undo: [] };
  const moves: Move[] = [
    lock,
    ...mirrorRemoval(job.forwards, context),
    ...save,
    // They fire for the new table; for what is mirrored from it, they have fired.
    ...ownTriggers(job).map((trigger) => ({
      sql: plainSql("drop", trigger, context).join("; "),
      undo: plainSql("create", trigger, context),
    })),
    rename(name, former.name),
    rename(fresh.name, name),
    ...followingNames(staged, plain, { schema, table: name, sequencesStay: true }, context),
    ...restore,
    ...mirrorStatements(job.backwards, context),
    ...job.dressing.flatMap((object) =>
      plainSql("create", object, context).map((sql, place) => ({
        sql,
        undo: place === 0 ? plainSql("drop", object, context) : [],
      })),
    ),
  ];
  const undo = moves.toReversed().flatMap((move) => move.undo);
  return moves.map(({ sql }, place): StrategyStep => ({
    sql,
    undo: place === 0 ? undo : [],
    phase: "migrate",
    compatible: BOTH,
    together: "swap",
    swap: true,
  }));
}

function contract(job: TableCopy): StrategyStep[] {
  const { context, from, former, columns } = job;
  const { dialect } = context;
  const { schema, name } = from.table;
  const old = dialect.qualified(schema, former.name);
  const table = dialect.qualified(schema, name);
  const same = job.key.columns.map((one) => `n.${dialect.ident(one)} = o.${dialect.ident(one)}`).join(" AND ");
  const copy = `INSERT INTO ${old} (${columns.join(", ")}) SELECT ${columns.map((one) => `o.${one}`).join(", ")} FROM ${table} AS o WHERE NOT EXISTS (SELECT FROM ${old} AS n WHERE ${same}) FOR SHARE OF o ON CONFLICT DO NOTHING`;
  const { source: both, wrong } = unequal(job, former);
  const words = `${table} beside what it was`;
  const staged = { ...from, table: { ...from.table, name: former.name } };
  const plain = from.columns.map((column): ColumnObject => ({ ...column, identity: null }));
  const again = [
    ...createStaged(wholeOf(context.from, schema, name), former, context),
    ...followingNames(
      staged,
      plain,
      { schema, table: former.name, namedAfter: name, sequencesStay: true },
      context,
    ).map(({ sql }) => sql),
  ];
  // What names the table in its text is made while the former table bears the name.
  const rename = (was: string, is: string): string =>
    `ALTER TABLE ${dialect.qualified(schema, was)} RENAME TO ${dialect.ident(is)}`;
  const own = context.from.objects.filter(
    (one) =>
      (DRESSING.has(one.kind) && one.kind !== "trigger" && isDressing(one, from.table)) ||
      (one.kind === "constraint" && one.type === "foreign key" && one.schema === schema && one.table === name),
  );
  const dressed = [
    rename(name, job.fresh.name),
    rename(former.name, name),
    ...own.flatMap((one) => plainSql("create", one, context)),
    rename(name, former.name),
    rename(job.fresh.name, name),
  ];
  const as = { phase: "contract", compatible: BOTH, together: "contract" } as const;
  return [
    // Undone, rows come back once triggers keep both tables equal again: nothing that is written meanwhile is missed.
    {
      sql: verifySql(words, both, wrong, context),
      undo: [copy],
      phase: "contract",
      compatible: BOTH,
      note: "reads every row of both tables and changes nothing",
    },
    ...mirrorRemoval(job.backwards, context).map((one): StrategyStep => ({ ...one, ...as })),
    {
      sql: `DROP TABLE ${old}`,
      undo: [...again, ...dressed],
      verified: words,
      note: "undone, all rows are copied back by one statement",
      ...as,
    },
  ];
}

/** All changes of the plan that are made by the copy: those of the table and of what hangs on it. */
export function takenByCopy(
  job: TableCopy,
  change: Change,
  changesOf: (key: RefKey) => readonly Change[],
): readonly Change[] {
  const { schema, name } = job.from.table;
  const made = new Set([...wholeOf(job.context.to, schema, name), ...job.dressing, ...ownKeys(job)].map(refKey));
  return [
    ...changesOf(refKey(job.from.table)).filter(({ type }) => type === "drop"),
    ...[...made].flatMap(changesOf).filter(({ type }) => type === "create"),
  ].filter((one) => one !== change);
}

/** The steps of a copy. */
export function copySteps(job: TableCopy): readonly StrategyStep[] {
  return [...prepare(job), ...swap(job), ...contract(job)];
}

/** Whether both tables have the same columns, but for stored ones that the server computes and only the new one has. */
export function hasSameRows({ from, to }: TableCopy): boolean {
  const there = new Set(from.columns.map(({ name }) => name));
  const shape = (columns: readonly ColumnObject[]): string =>
    columns
      .map(({ name, type, generated }) => JSON.stringify([name, type, generated]))
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join();
  return (
    shape(from.columns) === shape(to.columns.filter((one) => there.has(one.name) || one.generated?.stored !== true))
  );
}
