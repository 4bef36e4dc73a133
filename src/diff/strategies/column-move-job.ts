import type { ColumnObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import type { ColumnMove } from "../../model/plan.ts";
import { isUnique } from "../move-requests.ts";
import type { StrategyContext } from "../strategy.ts";
import { differ, lastTriggerName } from "./dual-write.ts";
import type { Mirror } from "./dual-write.ts";
import { viewed } from "./facts.ts";
import { temporaryName } from "./names.ts";

/** A column on its way to another table. `source` and `target` are what its old and its new table are called below. */
export interface Job {
  readonly context: StrategyContext;
  readonly move: ColumnMove;
  readonly source: TableView;
  /** As it is before, or as the plan makes it. */
  readonly target: TableView;
  readonly before: ColumnObject;
  readonly after: ColumnObject;
  /** Whether the plan makes the target: old code does not know it. */
  readonly fresh: boolean;
  /** Whether a row of the source has one row of the target at most, and the reverse. */
  readonly oneTarget: boolean;
  readonly oneSource: boolean;
  /** Printed names. */
  readonly from: string;
  readonly to: string;
  readonly old: string;
  readonly now: string;
  /** Whether rows that the target lacks can be made of the joining columns and the value; if not, the column that forbids it. */
  readonly makes: { readonly can: true } | { readonly can: false; readonly why: string };
  /** Triggers of either table. */
  readonly mirrors: { readonly from: readonly Mirror[]; readonly to: readonly Mirror[] };
}

/** SQL: two rows belong together; `a` is of the source, `b` of the target, each an alias or NEW or OLD. */
export function joined({ move, context }: Job | Parts, a: string, b: string): string {
  const { ident } = context.dialect;
  return move.on.map(({ from, to }) => `${a}.${ident(from)} = ${b}.${ident(to)}`).join(" AND ");
}

type Parts = Omit<Job, "mirrors">;

// The first other column of the target that a row made by us would have to fill.
function makesOf(move: ColumnMove, target: TableView, unique: boolean, context: StrategyContext): Job["makes"] {
  const { name } = target.table;
  if (!unique) return { can: false, why: `several rows would make the same row of ${name}` };
  const here = context.moves?.filter(({ to }) => to.schema === move.to.schema && to.table === move.to.table) ?? [];
  const given = new Set([...move.on.map(({ to }) => to), move.to.column]);
  const demanding = target.columns.find((column) => {
    const { notNull, identity, generated } = column;
    if (given.has(column.name) || !notNull || column.default !== null || identity !== null || generated !== null)
      return false;
    const other = here.find(({ to }) => to.column === column.name)?.from;
    const filled = viewed(context.from)
      .table(other?.schema ?? null, other?.table ?? "")
      ?.columns.find((one) => one.name === other?.column);
    return filled?.notNull !== true;
  });
  if (demanding === undefined) return { can: true };
  return { can: false, why: `${name}.${demanding.name} may not be null and has no default` };
}

/** The job of a stated move; null where the catalogs do not hold what it names. */
export function jobOf(move: ColumnMove, context: StrategyContext): Job | null {
  const { ident, qualified } = context.dialect;
  const source = viewed(context.from).table(move.from.schema, move.from.table);
  const known = viewed(context.from).table(move.to.schema, move.to.table);
  const target = known ?? viewed(context.to).table(move.to.schema, move.to.table);
  const wanted = viewed(context.to).table(move.to.schema, move.to.table);
  const before = source?.columns.find(({ name }) => name === move.from.column);
  const after = wanted?.columns.find(({ name }) => name === move.to.column);
  if (source === undefined || target === undefined || before === undefined || after === undefined) return null;
  const [sources, targets] = [move.on.map(({ from }) => from), move.on.map(({ to }) => to)];
  const [oneTarget, oneSource] = [isUnique(target, targets), isUnique(source, sources)];
  const parts: Parts = {
    context,
    move,
    source,
    target,
    before,
    after,
    fresh: known === undefined,
    oneTarget,
    oneSource,
    from: qualified(move.from.schema, move.from.table),
    to: qualified(move.to.schema, move.to.table),
    old: ident(move.from.column),
    now: ident(move.to.column),
    makes: makesOf(move, target, oneTarget && oneSource, context),
  };
  return { ...parts, mirrors: mirrorsOf(parts) };
}

/** SQL: a row that the target lacks is made at once, by the trigger; else only once no old code makes it itself. */
export const makesAtOnce = ({ fresh, makes, before }: Parts): boolean => fresh && makes.can && before.default === null;

/** SQL: the name of the setting that is on while one side follows the other, so that the other does not follow it. */
export function followingSetting({ context, move }: Pick<Job, "context" | "move">): string {
  const { schema, table, column } = move.from;
  const name = temporaryName(context, "move", schema, table, column).slice(0, "dbwright_move_00000000".length);
  return context.dialect.literal(name.replace("_", "."));
}

function following(job: Parts): { readonly on: string; readonly off: string; readonly is: string } {
  const setting = followingSetting(job);
  return {
    on: `PERFORM pg_catalog.set_config(${setting}, 'on', true);`,
    off: `PERFORM pg_catalog.set_config(${setting}, '', true);`,
    is: `pg_catalog.current_setting(${setting}, true) = 'on'`,
  };
}

function repointed({ move, source, context }: Parts, side: "from" | "to"): string {
  const { ident } = context.dialect;
  return move.on
    .map((pair) => {
      const type = source.columns.find(({ name }) => name === pair.from)?.type ?? "text";
      return differ(`NEW.${ident(pair[side])}`, `OLD.${ident(pair[side])}`, type);
    })
    .join(" OR ");
}

// A row that comes without a value, or comes to belong to another, takes what is there.
function takeBody(job: Parts, side: "from" | "to"): string {
  const { old, now, before, after } = job;
  const own = side === "from" ? old : now;
  const read =
    side === "from"
      ? `SELECT other.${now} INTO found FROM ${job.to} AS other WHERE ${joined(job, "NEW", "other")} AND other.${now} IS NOT NULL LIMIT 1;`
      : `SELECT other.${old} INTO found FROM ${job.from} AS other WHERE ${joined(job, "other", "NEW")} AND other.${old} IS NOT NULL LIMIT 1;`;
  const { is, on, off } = following(job);
  const preset =
    side === "to" && after.default !== null
      ? `
  IF TG_OP = 'INSERT' AND NEW.${own} IS NULL THEN NEW.${own} := ${after.default}; END IF;`
      : "";
  const remove =
    side === "from" && job.fresh
      ? `
  IF TG_OP = 'DELETE' THEN
    ${on}
    DELETE FROM ${job.to} AS other WHERE ${joined(job, "OLD", "other")};
    ${off}
    RETURN OLD;
  END IF;`
      : "";
  return `DECLARE
  found ${before.type};
  looks boolean;
BEGIN
  IF ${is} THEN RETURN ${remove === "" ? "NEW" : "COALESCE(NEW, OLD)"}; END IF;${remove}
  IF TG_OP = 'INSERT' THEN
    looks := NEW.${own} IS NULL;
  ELSE
    looks := (${repointed(job, side)}) AND NOT (${differ(`NEW.${own}`, `OLD.${own}`, before.type)});
  END IF;
  IF looks THEN
    ${read}
    IF found IS NOT NULL THEN NEW.${own} := found; END IF;
  END IF;${preset}
  RETURN NEW;
END`;
}

// What was written to the source is written to the target.
function forwardsBody(job: Parts): string {
  const { old, now, before, after } = job;
  const { is, on, off } = following(job);
  const { ident } = job.context.dialect;
  const columns = [...job.move.on.map(({ to }) => ident(to)), now].join(", ");
  const values = [...job.move.on.map(({ from }) => `NEW.${ident(from)}`), `NEW.${old}`].join(", ");
  const make = makesAtOnce(job)
    ? `
  IF NEW.${old} IS NOT NULL AND NOT EXISTS (SELECT FROM ${job.to} AS other WHERE ${joined(job, "NEW", "other")}) THEN
    BEGIN
      INSERT INTO ${job.to} (${columns}) VALUES (${values}) ON CONFLICT DO NOTHING;
    EXCEPTION WHEN integrity_constraint_violation THEN NULL;
    END;
  END IF;`
    : "";
  // A new table whose column may not be null has no row for a null.
  const write =
    job.fresh && after.notNull
      ? `IF NEW.${old} IS NULL THEN
    DELETE FROM ${job.to} AS other WHERE ${joined(job, "NEW", "other")};
  ELSE
    UPDATE ${job.to} AS other SET ${now} = NEW.${old} WHERE ${joined(job, "NEW", "other")} AND ${differ(`other.${now}`, `NEW.${old}`, before.type)};
  END IF;`
      : `UPDATE ${job.to} AS other SET ${now} = NEW.${old} WHERE ${joined(job, "NEW", "other")} AND ${differ(`other.${now}`, `NEW.${old}`, before.type)};`;
  return `DECLARE
  written boolean;
BEGIN
  IF ${is} THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    written := NEW.${old} IS NOT NULL;
  ELSE
    written := ${differ(`NEW.${old}`, `OLD.${old}`, before.type)} OR ${repointed(job, "from")};
  END IF;
  IF NOT written THEN RETURN NULL; END IF;
  ${on}
  ${write}${make}
  ${off}
  RETURN NULL;
END`;
}

// What was written to the target is written to the source. Old code takes rows of a target that it knows away without
// meaning the value, which therefore stays.
function backwardsBody(job: Parts): string {
  const { old, now, before } = job;
  const { is, on, off } = following(job);
  const away = job.fresh
    ? `
  IF TG_OP = 'DELETE' THEN
    ${on}
    UPDATE ${job.from} AS other SET ${old} = NULL WHERE ${joined(job, "other", "OLD")} AND other.${old} IS NOT NULL
      AND NOT EXISTS (SELECT FROM ${job.to} AS rest WHERE ${joined(job, "other", "rest")});
    ${off}
    RETURN NULL;
  END IF;`
    : `
  IF TG_OP = 'DELETE' THEN RETURN NULL; END IF;`;
  return `DECLARE
  written boolean;
BEGIN
  IF ${is} THEN RETURN NULL; END IF;${away}
  IF TG_OP = 'INSERT' THEN
    written := NEW.${now} IS NOT NULL;
  ELSE
    written := ${differ(`NEW.${now}`, `OLD.${now}`, before.type)} OR ${repointed(job, "to")};
  END IF;
  IF NOT written THEN RETURN NULL; END IF;
  ${on}
  UPDATE ${job.from} AS other SET ${old} = NEW.${now} WHERE ${joined(job, "other", "NEW")} AND ${differ(`other.${old}`, `NEW.${now}`, before.type)};
  ${off}
  RETURN NULL;
END`;
}

function mirrorsOf(job: Parts): Job["mirrors"] {
  const { context, move, source, target, fresh } = job;
  const { from, to } = move;
  const name = (what: string): string => temporaryName(context, what, from.schema, from.table, from.column);
  const onSource = { schema: from.schema, table: from.table, reaches: true } as const;
  const onTarget = { schema: to.schema, table: to.table, reaches: true } as const;
  return {
    from: [
      {
        ...onSource,
        name: lastTriggerName(name("take_old"), source),
        timing: fresh ? "BEFORE INSERT OR UPDATE OR DELETE" : "BEFORE INSERT OR UPDATE",
        body: takeBody(job, "from"),
      },
      { ...onSource, name: name("move_there"), timing: "AFTER INSERT OR UPDATE", body: forwardsBody(job) },
    ],
    to: [
      {
        ...onTarget,
        name: lastTriggerName(name("take_new"), target),
        timing: "BEFORE INSERT OR UPDATE",
        body: takeBody(job, "to"),
      },
      { ...onTarget, name: name("move_back"), timing: "AFTER INSERT OR UPDATE OR DELETE", body: backwardsBody(job) },
    ],
  };
}
