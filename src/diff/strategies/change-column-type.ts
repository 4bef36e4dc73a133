import type { CatalogObject, ColumnObject, ConstraintObject } from "../../model/catalog.ts";
import { refKey } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { isCarryable } from "./carried.ts";
import {
  buildIndexes,
  dropIndexes,
  dropKeys,
  partitionsLoose,
  releaseIndexes,
  takeIndexes,
} from "./column-type-indexes.ts";
import { branchesOf } from "./column-tree.ts";
import { countOn, newCounters } from "./counted.ts";
import { cast, jobOf } from "./column-type-job.ts";
import type { Job, Move } from "./column-type-job.ts";
import {
  backfillStep,
  differ,
  hasLaterTriggers,
  mirrorFunction,
  mirrorRemoval,
  mirrorStatements,
  plainSql,
  verifySql,
} from "./dual-write.ts";
import { batchOf, isSettled, tableName, viewed } from "./facts.ts";
import { refusesUpdates } from "./published.ts";
import { isFree, keepsAll } from "./free-type-changes.ts";
import { counterOf, saveCounter, setCounter, within } from "./identity-counter.ts";
import { temporaryName } from "./names.ts";
import { handover, identityAlone, serialOf, takenByHandover } from "./serial-counter.ts";

// What the verification says where the new column does not hold what the old one does.
const sameAs = ({ table, own, after }: Job): string => `${table}, ${own} as ${after.type}`;

// A new column for what the old one holds, kept equal by a trigger and filled.
function prepare(job: Job): StrategyStep[] {
  const { context, after, before, table, next, own, until } = job;
  const empty = { ...after, name: job.nextName, notNull: false, default: null, identity: null, comment: null };
  const add = context.dialect.change({ type: "create", object: empty }, context.from, "plain");
  const converted = cast(own, before.type, after.type, context);
  const wrong = differ(next, converted, after.type);
  return [
    ...add.map(({ sql }, place): StrategyStep => ({
      sql,
      undo: place === 0 ? [`ALTER TABLE ${table} DROP COLUMN ${next}`] : [],
      phase: "expand",
      compatible: until,
      together: "mirror",
    })),
    ...mirrorStatements(job.forwards, context).map((one): StrategyStep => ({
      ...one,
      phase: "expand",
      compatible: until,
      together: "mirror",
    })),
    ...fill(job, `${next} = ${converted}`, wrong).map((step): StrategyStep => ({ ...step, compatible: until })),
    {
      sql: verifySql(sameAs(job), table, wrong, context),
      undo: [],
      phase: "migrate",
      compatible: until,
      note: "reads every row and changes nothing",
    },
  ];
}

// Rows of a partitioned table are written through it where it has a key, else through each partition; a parent's rows are
// not its children's.
function fill({ view, branches, context }: Job, set: string, wrong: string): readonly StrategyStep[] {
  const parted = view.table.partitionBy !== null;
  if (branches.length === 1 || (parted && batchOf(view) !== null)) return [backfillStep(view, set, wrong, context)];
  return branches
    .filter((branch) => branch.view.table.partitionBy === null)
    .map((branch) => backfillStep(branch.view, set, wrong, context, !parted));
}

const checkName = ({ before, context }: Job): string =>
  context.dialect.ident(temporaryName(context, "not_null", before.schema, before.table, before.name, "type"));

function proveNotNull(job: Job): StrategyStep[] {
  if (!job.after.notNull) return [];
  const { table, next, until } = job;
  const name = checkName(job);
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${next} IS NOT NULL) NOT VALID`;
  const drop = `ALTER TABLE ${table} DROP CONSTRAINT ${name}`;
  return [
    { sql: add, undo: [drop], phase: "migrate", compatible: until },
    { sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`, undo: [], phase: "migrate", compatible: until },
  ];
}

const notValid = (constraint: ConstraintObject, context: StrategyContext): readonly string[] => {
  const [add = "", ...rest] = plainSql("create", constraint, context);
  return constraint.validated && constraint.type !== "primary key" && constraint.type !== "unique"
    ? [`${add} NOT VALID`, ...rest]
    : [add, ...rest];
};

function releaseOld(job: Job): Move[] {
  const { carried, context, before, table, own } = job;
  const column = `ALTER TABLE ${table} ALTER COLUMN ${own}`;
  const loose: ColumnObject = { ...before, default: null, identity: null, notNull: false };
  const drop = (object: CatalogObject): Move => ({
    sql: plainSql("drop", object, context).join("; "),
    undo: plainSql("create", object, context),
  });
  const moves: Move[] = [
    ...[...carried.foreignKeys, ...carried.checks].map(drop),
    ...dropKeys(job),
    ...carried.others.map(drop),
    ...releaseIndexes(job),
  ];
  if (before.identity !== null) moves.push(...saveCounter(job));
  else if (before.default !== null)
    moves.push({ sql: `${column} DROP DEFAULT`, undo: [`${column} SET DEFAULT ${before.default}`] });
  if (loose.notNull !== before.notNull)
    moves.push(
      { sql: `${column} DROP NOT NULL`, undo: [`${column} SET NOT NULL`] },
      ...partitionsLoose(job).map((sql) => ({ sql, undo: [] })),
    );
  return moves;
}

function takePlace(job: Job): Move[] {
  const { carried, context, after, before, table, own, next, last } = job;
  const { dialect } = context;
  const rename = (from: string, to: string): Move => ({
    sql: `ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to}`,
    undo: [`ALTER TABLE ${table} RENAME COLUMN ${to} TO ${from}`],
  });
  const column = `ALTER TABLE ${table} ALTER COLUMN ${own}`;
  const serial = serialOf(before, after, context);
  const taken = serial === null ? null : handover(serial, before, after, context);
  const moves: Move[] = [...(taken?.release ?? []), rename(own, last), rename(next, own)];
  if (after.notNull) {
    const name = checkName(job);
    moves.push(
      // The check has proved it: nothing is scanned.
      { sql: `${column} SET NOT NULL`, undo: [`${column} DROP NOT NULL`, ...partitionsLoose(job)] },
      {
        sql: `ALTER TABLE ${table} DROP CONSTRAINT ${name}`,
        undo: [`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${own} IS NOT NULL) NOT VALID`],
      },
    );
  }
  for (const sequence of carried.sequences) {
    if (sequence === serial) continue;
    const owned = `ALTER SEQUENCE ${dialect.qualified(sequence.schema, sequence.name)} OWNED BY ${table}`;
    moves.push({ sql: `${owned}.${own}`, undo: [`${owned}.${last}`] });
  }
  if (after.identity !== null) {
    const counter = counterOf(job);
    moves.push({ sql: identityAlone(after, context), undo: [`${column} DROP IDENTITY`] }, ...(taken?.take ?? []));
    if (before.identity !== null) {
      const drawn = `pg_catalog.nextval(pg_catalog.pg_get_serial_sequence(${dialect.literal(table)}, ${dialect.literal(after.name)}))`;
      const back = `SELECT pg_catalog.setval(${dialect.literal(counter)}::pg_catalog.regclass, ${within(drawn, before, after)}, true)`;
      const { sql } = saveCounter(job)[0] ?? { sql: "" };
      moves.push(
        { sql: setCounter(job, counter, after), undo: [back] },
        { sql: `DROP SEQUENCE ${counter}`, undo: [sql] },
      );
    }
  } else if (after.default !== null) {
    for (const counter of newCounters(after, context)) {
      const sql = countOn(counter, after, dialect);
      if (sql !== null) moves.push({ sql, undo: [] });
    }
    moves.push({ sql: `${column} SET DEFAULT ${after.default}`, undo: [`${column} DROP DEFAULT`] });
  }
  for (const { after: one } of job.branches) {
    if (one.comment === null) continue;
    const comment = `COMMENT ON COLUMN ${tableName(context, one)}.${own} IS`;
    moves.push({ sql: `${comment} ${dialect.literal(one.comment)}`, undo: [`${comment} NULL`] });
  }
  return moves;
}

function takeDependents(job: Job): Move[] {
  const { carried, context } = job;
  const { to } = context;
  const inTo = <O extends CatalogObject>(object: O): O => (viewed(to).get(refKey(object)) as O | undefined) ?? object;
  const moves: Move[] = takeIndexes(job);
  for (const object of [...carried.checks, ...carried.foreignKeys]) {
    const [add = "", ...rest] = notValid(inTo(object), context);
    moves.push({ sql: add, undo: plainSql("drop", object, context) }, ...rest.map((sql) => ({ sql, undo: [] })));
  }
  for (const object of carried.others) {
    const [first = "", ...rest] = plainSql("create", inTo(object), context);
    moves.push({ sql: first, undo: plainSql("drop", object, context) }, ...rest.map((sql) => ({ sql, undo: [] })));
  }
  return moves;
}

// Sessions keep the types that a trigger's function has met; to be defined again makes them look anew.
function recompile({ branches, context }: Job): Move[] {
  const triggers = branches.flatMap(({ view }) => view.triggers);
  const functions = triggers.flatMap(({ dependsOn }) => dependsOn.filter((key) => key.startsWith("function ")));
  return [...new Set(functions)].flatMap((key) => {
    // A function that the plan replaces has been by now.
    const found = viewed(context.to).get(key) ?? viewed(context.from).get(key);
    if (found?.kind !== "function" || found.language !== "plpgsql") return [];
    return [{ sql: found.definition, undo: [found.definition] }];
  });
}

function swapNote({ carried, before }: Job): string {
  const figures = carried.others.filter(({ kind }) => kind === "statistics").map(({ name }) => name);
  return [
    "from here on the column is the table's last: INSERT must name its columns",
    ...(figures.length === 0 ? [] : [`ANALYZE ${before.table} afterwards: ${figures.join(", ")} begins anew`]),
  ].join("; ");
}

// One short transaction in which nothing is read or written but the catalog.
function swap(job: Job): StrategyStep[] {
  const { context, since, before, after, table, own, last } = job;
  const turn: Move = {
    sql: mirrorFunction(job.backwards, context),
    undo: [mirrorFunction(job.forwards, context)],
  };
  const wrong = differ(last, cast(own, after.type, before.type, context), before.type);
  const check: Move = {
    sql: `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`,
    undo: [verifySql(`${table}, ${own} as ${before.type}`, table, wrong, context)],
  };
  const moves = [...releaseOld(job), ...takePlace(job), ...takeDependents(job), turn, ...recompile(job)];
  const rebuilds = job.carried.indexes.some((index) => index.unique);
  // Undone in the order written here: first what could refuse it.
  const undo = [...check.undo, ...moves.toReversed().flatMap((move) => move.undo)];
  return [check.sql, ...moves.map(({ sql }) => sql)].map((sql, place): StrategyStep => ({
    sql,
    undo: place === 0 ? undo : [],
    phase: "migrate",
    compatible: since,
    together: "swap",
    swap: true,
    ...(place === 0 && rebuilds
      ? { irreversible: "unique indexes of the old column are built anew, under the lock, when this is undone" }
      : {}),
    ...(place === 0 ? { note: swapNote(job) } : {}),
  }));
}

function validate(job: Job): StrategyStep[] {
  const { carried, context, since } = job;
  return [...carried.checks, ...carried.foreignKeys]
    .filter(({ validated }) => validated)
    .map((constraint) => ({
      sql: `ALTER TABLE ${tableName(context, constraint)} VALIDATE CONSTRAINT ${context.dialect.ident(constraint.name)}`,
      undo: [],
      phase: "migrate",
      compatible: since,
    }));
}

function contract(job: Job): StrategyStep[] {
  const { context, before, after, table, own, last, lastName } = job;
  const as = { phase: "contract", compatible: job.since } as const;
  const bare: ColumnObject = {
    ...before,
    name: lastName,
    notNull: false,
    default: null,
    identity: null,
  };
  const back = cast(own, after.type, before.type, context);
  return [
    ...dropIndexes(job),
    ...mirrorRemoval(job.backwards, context).map((one): StrategyStep => ({ ...one, ...as, together: "contract" })),
    {
      sql: `ALTER TABLE ${table} DROP COLUMN ${last}`,
      undo: [
        ...context.dialect.change({ type: "create", object: bare }, context.from, "plain").map(({ sql }) => sql),
        ...job.branches
          .slice(1)
          .flatMap(({ before: one }) =>
            one.comment === null
              ? []
              : [`COMMENT ON COLUMN ${tableName(context, one)}.${last} IS ${context.dialect.literal(one.comment)}`],
          ),
        `UPDATE ${table} SET ${last} = ${back}`,
      ],
      ...(keepsAll(before, after, context.from) ? { verified: sameAs(job) } : {}),
      note: `undone, ${context.dialect.ident(before.name)} is converted back for all rows by one statement`,
      ...as,
      together: "contract",
    },
  ];
}

/** The type of a column is changed through a second column that is kept equal until it takes the place of the first. */
export const changeColumnType: Strategy = {
  id: "change-column-type",
  engines: ["postgres"],
  summary:
    "A column's type changes through a new column that triggers keep equal in both directions, filled in batches, verified and exchanged in one short transaction, instead of a rewrite under an exclusive lock.",
  applies(change, context) {
    if (change.type !== "alter" || change.before.kind !== "column" || change.after.kind !== "column") return false;
    const { before, after, properties } = change;
    if (!properties.includes("type") && !properties.includes("collation")) return false;
    if (
      isSettled(context, before) ||
      before.inherited ||
      after.inherited ||
      before.generated !== null ||
      after.generated !== null
    )
      return false;
    if (!properties.includes("collation") && isFree(before.type, after.type)) return false;
    // From an identity to a sequence, or from one that stays, the counter moves from one object to another.
    const serial = serialOf(before, after, context);
    if ((before.identity === null) !== (after.identity === null) && serial === null) return false;
    const branches = branchesOf(before, after, context);
    if (branches === null || branches.some(({ view }) => hasLaterTriggers(view))) return false;
    if (branches.some((branch) => refusesUpdates(context, branch.before))) return false;
    // One whose identity stands aside for a sequence of its name would give no numbers until the exchange.
    const settled = viewed(context.from).get(refKey(before));
    if (settled?.kind !== "column" || (serial === null && (settled.identity === null) !== (before.identity === null)))
      return false;
    const rest = [
      "type",
      "collation",
      "notNull",
      "default",
      "identity",
      "comment",
      "storage",
      "compression",
      "statisticsTarget",
    ];
    return (
      properties.every((property) => rest.includes(property) || property === "dependsOn") &&
      isCarryable(branches, context)
    );
  },
  takes(change, changesOf, context) {
    if (change.type !== "alter" || change.before.kind !== "column" || change.after.kind !== "column") return [];
    const sequence = serialOf(change.before, change.after, context);
    return sequence === null ? [] : takenByHandover(change, sequence, changesOf);
  },
  steps(change, context) {
    if (change.type !== "alter" || change.before.kind !== "column" || change.after.kind !== "column") return [];
    const { after } = change;
    const settled = viewed(context.from).get(refKey(change.before));
    // The default goes in the moment of the exchange.
    const before =
      serialOf(change.before, after, context) !== null && settled?.kind === "column" ? settled : change.before;
    const job = jobOf(before, after, context);
    if (job === null) return [];
    return [
      ...prepare(job),
      ...proveNotNull(job),
      ...buildIndexes(job),
      ...swap(job),
      ...validate(job),
      ...contract(job),
    ];
  },
};
