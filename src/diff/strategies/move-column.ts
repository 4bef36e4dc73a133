import type { CatalogObject, ColumnObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import type { Batch, ColumnMove } from "../../model/plan.ts";
import { ref, refKey } from "../../model/ref.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { followingSetting, jobOf, joined, makesAtOnce } from "./column-move-job.ts";
import type { Job } from "./column-move-job.ts";
import { differ, dollarQuoted, mirrorRemoval, mirrorStatements, plainSql } from "./dual-write.ts";
import { BOTH, NEW_ONLY, OLD_ONLY, batchNote, batchOf, dependentsOf, tableName, viewed } from "./facts.ts";
import { hasNamedNotNull, notNullSteps } from "./not-null-through-check.ts";

function movedBy(change: Change, { moves = [] }: StrategyContext): ColumnMove | null {
  if (change.type !== "drop" && change.type !== "create") return null;
  const { object } = change;
  if (object.kind !== "column") return null;
  const side = change.type === "drop" ? "from" : "to";
  return (
    moves.find(
      (move) =>
        move[side].schema === object.schema && move[side].table === object.table && move[side].column === object.name,
    ) ?? null
  );
}

// The column alone: what is asked of its values follows when they are there.
function addBare(column: ColumnObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const direct = context.direct === true;
  return plainSql("create", { ...column, notNull: false, default: null }, context).map((sql, place): StrategyStep => ({
    sql,
    undo: place === 0 ? [`ALTER TABLE ${tableName(context, column)} DROP COLUMN ${dialect.ident(column.name)}`] : [],
    phase: "expand",
    compatible: direct ? BOTH : OLD_ONLY,
    together: "add",
  }));
}

/** SQL over a row of the source, `s`: what it holds is not what the target says. */
function lost(job: Job): string {
  const { old, now, before, oneTarget, to } = job;
  const partner = joined(job, "s", "t");
  // Where a row has several copies, new code may have changed some; one must hold the value.
  if (!oneTarget)
    return `s.${old} IS NOT NULL AND NOT EXISTS (SELECT FROM ${to} AS t WHERE ${partner} AND NOT (${differ(`t.${now}`, `s.${old}`, before.type)}))`;
  return `(s.${old} IS NOT NULL AND NOT EXISTS (SELECT FROM ${to} AS t WHERE ${partner})) OR EXISTS (SELECT FROM ${to} AS t WHERE ${partner} AND ${differ(`t.${now}`, `s.${old}`, before.type)})`;
}

/** SQL over a row of the source, `s`: the row of the target that it has says something else. */
function unequal(job: Job): string {
  const { old, now, before, to } = job;
  return `EXISTS (SELECT FROM ${to} AS t WHERE ${joined(job, "s", "t")} AND ${differ(`t.${now}`, `s.${old}`, before.type)})`;
}

// What the last verification says where the new place does not hold every value of the old one.
const lostWords = ({ from, old, to, now }: Job): string => `${from}.${old} holds what ${to}.${now} does not`;

// It refuses as a constraint would: whether it does hangs on the rows.
function verify(job: Job, wrong: string, what: string): string {
  const { from, context } = job;
  const { literal } = context.dialect;
  const body = `DECLARE wrong bigint;
BEGIN
  PERFORM pg_catalog.set_config('row_security', 'off', true);
  SELECT pg_catalog.count(*) INTO wrong FROM ${from} AS s WHERE ${wrong};
  IF wrong > 0 THEN
    RAISE EXCEPTION 'dbwright: the values of % rows would be lost: %', wrong, ${literal(what)}
      USING ERRCODE = 'integrity_constraint_violation', HINT = ${literal(hintOf(job))};
  END IF;
END`;
  return `DO ${dollarQuoted(body)}`;
}

function hintOf({ oneSource, makes }: Job): string {
  const differing = oneSource
    ? []
    : ["rows that share one row there hold different values: make them equal, or leave the column where it is"];
  const missing = makes.can ? [] : [`rows without a row there are not made for you, since ${makes.why}: make them`];
  return [...differing, ...missing].join("; ") || "was one of both tables written without its triggers?";
}

// A row that is being changed is waited for, and copied as it has become.
function copySql(job: Job): string {
  const { to, from, now, old } = job;
  const source = `${from} AS s WHERE ${joined(job, "s", "t")} AND s.${old} IS NOT NULL`;
  // What is copied is not written back: other rows of the source may hold something else, which is to be found.
  return `UPDATE ${to} AS t SET ${now} = (SELECT s.${old} FROM ${source} LIMIT 1 FOR SHARE OF s) WHERE t.${now} IS NULL AND EXISTS (SELECT FROM ${source}) AND pg_catalog.set_config(${followingSetting(job)}, 'on', true) = 'on'`;
}

function makeSql(job: Job): string {
  const { to, from, now, old, move, context } = job;
  const { ident } = context.dialect;
  const columns = [...move.on.map((pair) => ident(pair.to)), now].join(", ");
  const values = [...move.on.map((pair) => `s.${ident(pair.from)}`), `s.${old}`].join(", ");
  const joins = move.on.map((pair) => `s.${ident(pair.from)} IS NOT NULL`).join(" AND ");
  return `INSERT INTO ${to} (${columns}) SELECT ${values} FROM ${from} AS s WHERE s.${old} IS NOT NULL AND ${joins} AND NOT EXISTS (SELECT FROM ${to} AS t WHERE ${joined(job, "s", "t")}) FOR SHARE OF s ON CONFLICT DO NOTHING`;
}

function filling(sql: string, batch: Batch | null, note: readonly (string | null)[]): StrategyStep {
  const text = note.filter((one) => one !== null).join("; ");
  return {
    sql,
    undo: [],
    phase: "migrate",
    compatible: OLD_ONLY,
    batch,
    ...(text === "" ? {} : { note: text }),
  };
}

const looseColumn = (job: Job): StrategyStep => {
  const column = `ALTER TABLE ${job.from} ALTER COLUMN ${job.old}`;
  return {
    sql: `${column} DROP NOT NULL`,
    undo: [`${column} SET NOT NULL`],
    phase: "expand",
    compatible: OLD_ONLY,
    together: "loose",
    note: `new code does not write ${job.old}; undone only while every row holds a value`,
  };
};

const keySteps = (object: CatalogObject, context: StrategyContext): StrategyStep[] =>
  plainSql("create", object, context).map((sql, place): StrategyStep => ({
    sql,
    undo: place === 0 ? plainSql("drop", object, context) : [],
    phase: "expand",
    compatible: OLD_ONLY,
    together: `key ${object.name}`,
  }));

function prepare(job: Job, taken: readonly CatalogObject[]): StrategyStep[] {
  const { context, before, fresh, makes, source, target, from, to, old, oneTarget } = job;
  const mirrored = (side: "from" | "to"): StrategyStep[] =>
    job.mirrors[side].flatMap((mirror) =>
      mirrorStatements(mirror, context).map((one): StrategyStep => ({
        ...one,
        phase: "expand",
        compatible: OLD_ONLY,
        together: `mirror ${side}`,
      })),
    );
  const kept = fresh
    ? null
    : makes.can
      ? `rows that ${to} lacks are made in the phase contract, when no old code makes them itself`
      : `rows that ${to} lacks are not made, since ${makes.why}`;
  const copies = oneTarget ? null : `several rows of ${to} may belong to one of ${from}: each gets the value`;
  const [indexes, references] = [
    taken.filter(({ kind }) => kind === "index"),
    taken.filter(({ kind }) => kind !== "index"),
  ];
  return [
    ...indexes.flatMap((object) => keySteps(object, context)),
    ...(before.notNull ? [looseColumn(job)] : []),
    ...mirrored("from"),
    ...mirrored("to"),
    // Undone, they go before the triggers that delete what refers to a deleted row.
    ...references.flatMap((object) => keySteps(object, context)),
    ...(fresh ? [] : [filling(copySql(job), batchOf(target), [batchNote(target), kept, copies])]),
    ...(fresh && makes.can ? [filling(makeSql(job), batchOf(source), [batchNote(source)])] : []),
    {
      sql: verify(job, makesAtOnce(job) ? lost(job) : unequal(job), `${from}.${old} is not what ${to}.${job.now} says`),
      undo: [],
      phase: "migrate",
      compatible: BOTH,
      note: `reads every row of ${from} and its row of ${to}, and changes nothing; refuses where ${old} would be lost`,
    },
  ];
}

// What the server drops along with the column, and nothing else of the plan brings back.
function alongWith(job: Job): readonly CatalogObject[] {
  const { context, before } = job;
  return dependentsOf(context.from, refKey(before)).filter((object) => {
    if (viewed(context.to).get(refKey(object)) !== undefined) return false;
    if (object.kind === "index") return object.constraint === null;
    if (object.kind === "constraint") return object.type !== "not null" && object.references?.table !== before.table;
    return object.kind === "grant" || object.kind === "statistics";
  });
}

// The old column comes back without its values.
function dropOld(job: Job): StrategyStep {
  const { context, from, to, old, now, before } = job;
  return {
    sql: `ALTER TABLE ${from} DROP COLUMN ${old}`,
    undo: [
      ...plainSql("create", { ...before, notNull: false, default: null }, context),
      ...(before.default === null ? [] : [`ALTER TABLE ${from} ALTER COLUMN ${old} SET DEFAULT ${before.default}`]),
    ],
    phase: "contract",
    compatible: NEW_ONLY,
    together: "drop",
    swap: true,
    verified: lostWords(job),
    moves: job.move,
    note: `its values go on in ${to}.${now}; undone, they are copied back by one statement`,
  };
}

// The values come back once triggers keep both sides equal again; then what goes along with the column.
function restored(job: Job): Pick<StrategyStep, "undo" | "irreversible"> {
  const { context, from, to, old, now, oneTarget } = job;
  const source = `${to} AS t WHERE ${joined(job, "s", "t")} AND t.${now} IS NOT NULL`;
  return {
    undo: [
      `UPDATE ${from} AS s SET ${old} = (SELECT t.${now} FROM ${source} LIMIT 1 FOR SHARE OF t) WHERE s.${old} IS NULL AND EXISTS (SELECT FROM ${source}) AND pg_catalog.set_config(${followingSetting(job)}, 'on', true) = 'on'`,
      ...alongWith(job).flatMap((object) => plainSql("create", object, context)),
    ],
    ...(oneTarget
      ? {}
      : { irreversible: `where rows of ${to} that belong to one of ${from} differ, one of their values comes back` }),
  };
}

function demands(job: Job): StrategyStep[] {
  const { context, after, fresh, to, now } = job;
  if (fresh) return [];
  const column = `ALTER TABLE ${to} ALTER COLUMN ${now}`;
  const preset: StrategyStep[] =
    after.default === null
      ? []
      : [
          {
            sql: `${column} SET DEFAULT ${after.default}`,
            undo: [`${column} DROP DEFAULT`],
            phase: "contract",
            compatible: NEW_ONLY,
            together: "default",
          },
        ];
  if (!after.notNull || hasNamedNotNull(after, context)) return preset;
  return [...preset, ...notNullSteps(after, context)];
}

function contract(job: Job): StrategyStep[] {
  const { context, makes, source, from } = job;
  const as = { phase: "contract", compatible: NEW_ONLY } as const;
  const removed = (side: "from" | "to"): StrategyStep[] =>
    job.mirrors[side].flatMap((mirror) =>
      mirrorRemoval(mirror, context).map((one): StrategyStep => ({ ...one, ...as, together: "unmirror" })),
    );
  return [
    ...(makes.can
      ? [
          {
            ...filling(makeSql(job), batchOf(source), [batchNote(source), "makes the rows that are still missing"]),
            ...as,
          },
        ]
      : []),
    ...demands(job),
    {
      sql: verify(job, lost(job), lostWords(job)),
      ...restored(job),
      ...as,
      note: `reads every row of ${from} and changes nothing; refuses to go on where a value would be lost`,
    },
    // One table after the other: who waits for one keeps nobody from the other.
    ...removed("to"),
    ...removed("from").map((step): StrategyStep => ({ ...step, together: "drop", swap: true })),
    dropOld(job),
  ];
}

// At once, in one transaction, under locks that keep all others out.
function directly(job: Job): StrategyStep[] {
  const { context, makes, fresh, after, to, now, from } = job;
  const as = { phase: "contract", compatible: NEW_ONLY, together: "drop", swap: true } as const;
  const column = `ALTER TABLE ${to} ALTER COLUMN ${now}`;
  const steps: Pick<StrategyStep, "sql" | "undo">[] = [
    { sql: `LOCK TABLE ${from}, ${to} IN ACCESS EXCLUSIVE MODE`, undo: [] },
    ...(fresh ? [] : [{ sql: copySql(job), undo: [] }]),
    ...(makes.can ? [{ sql: makeSql(job), undo: [] }] : []),
    { sql: verify(job, lost(job), lostWords(job)), undo: [] },
  ];
  if (!fresh && after.default !== null)
    steps.push({ sql: `${column} SET DEFAULT ${after.default}`, undo: [`${column} DROP DEFAULT`] });
  if (!fresh && after.notNull && !hasNamedNotNull(after, context))
    steps.push({ sql: `${column} SET NOT NULL`, undo: [`${column} DROP NOT NULL`] });
  const { before, old } = job;
  const again = before.notNull ? [`ALTER TABLE ${from} ALTER COLUMN ${old} SET NOT NULL`] : [];
  const last = dropOld(job);
  const { undo: values, ...limits } = restored(job);
  return [
    ...steps.map((step): StrategyStep => ({ ...step, ...as })),
    { ...last, ...limits, undo: [...(last.undo ?? []), ...(values ?? []), ...again] },
  ];
}

// Keys of a table that the plan makes stand before rows come; they would be checked against all of them otherwise.
function keysOfTarget(job: Job): readonly CatalogObject[] {
  if (!job.fresh || job.context.direct === true) return [];
  const { constraints, indexes } = job.target;
  return [
    ...constraints.filter(
      ({ type, references }) => type === "foreign key" && references !== null && isThere(references, job),
    ),
    ...indexes.filter(({ unique, constraint }) => unique && constraint === null),
  ];
}

function isThere({ schema, table }: { readonly schema: string; readonly table: string }, { context }: Job): boolean {
  return viewed(context.from).get(refKey(ref("table", table, { schema }))) !== undefined;
}

/** A column's values go on in another table, as somebody stated it. */
export const moveColumn: Strategy = {
  id: "move-column",
  engines: ["postgres"],
  summary:
    "A column that somebody states to move to another table is added there and kept equal by triggers in both directions, filled in batches and verified row by row before the old one is dropped, instead of losing its values.",
  applies(change, context) {
    const move = movedBy(change, context);
    return move !== null && jobOf(move, context) !== null;
  },
  after(change, changesOf, context) {
    const move = movedBy(change, context);
    if (change.type !== "drop" || move === null) return [];
    const { schema, table, column } = move.to;
    const keys = [refKey(ref("table", table, { schema })), refKey(ref("column", column, { schema, table }))];
    return keys.flatMap(changesOf).filter(({ type }) => type === "create");
  },
  takes(change, changesOf, context) {
    const move = movedBy(change, context);
    const job = move === null || change.type !== "drop" ? null : jobOf(move, context);
    if (job === null) return [];
    return keysOfTarget(job).flatMap((object) => changesOf(refKey(object)).filter(({ type }) => type === "create"));
  },
  steps(change, context) {
    const move = movedBy(change, context);
    const job = move === null ? null : jobOf(move, context);
    if (job === null) return [];
    if (change.type === "create") return addBare(job.after, context);
    return context.direct === true
      ? directly(job)
      : [...prepare(job, firstOf(job) ? keysOfTarget(job) : []), ...contract(job)];
  },
};

// Of several columns that go to one table the first makes its keys.
function firstOf({ move, context }: Job): boolean {
  const all = context.moves?.filter(({ to }) => to.schema === move.to.schema && to.table === move.to.table) ?? [];
  return all[0] === move;
}
