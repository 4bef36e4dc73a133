import type { CatalogObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";
import type { Batch } from "../../model/plan.ts";
import { refuseNul } from "../../sql/identifier.ts";
import type { StrategyContext, StrategyStep } from "../strategy.ts";
import { batchNote, batchOf, tableName } from "./facts.ts";

/** Text between dollar quotes with a tag that the text does not hold. */
export function dollarQuoted(text: string): string {
  refuseNul(text);
  for (let number = 0; ; number++) {
    const tag = `$dbwright${number === 0 ? "" : number}$`;
    if (!text.includes(tag.slice(0, -1))) return `${tag}${text}${tag}`;
  }
}

/** A trigger with its function, both of one name. */
export interface Mirror {
  readonly schema: string | null;
  readonly table: string;
  /** Further tables that have the trigger. Absent: none. */
  readonly also?: readonly { readonly schema: string | null; readonly name: string }[];
  readonly name: string;
  /** The PL/pgSQL statements of the body, the last of which returns. */
  readonly body: string;
  readonly timing:
    | "BEFORE INSERT OR UPDATE"
    | "BEFORE INSERT OR UPDATE OR DELETE"
    | "AFTER INSERT OR UPDATE"
    | "AFTER INSERT OR UPDATE OR DELETE";
  /** Whether it writes to another table than its own, for which the application may lack the privilege. */
  readonly reaches: boolean;
}

/** The function of a mirror. It resolves names in the system's schema alone, whoever writes. */
export function mirrorFunction(mirror: Mirror, context: StrategyContext): string {
  const name = context.dialect.qualified(mirror.schema, mirror.name);
  const definer = mirror.reaches ? " SECURITY DEFINER" : "";
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql${definer} SET search_path = pg_catalog, pg_temp AS ${dollarQuoted(mirror.body)}`;
}

/** The statements that put a mirror in place, each with what takes it away; rows that replication brings pass it, too. */
export function mirrorStatements(
  mirror: Mirror,
  context: StrategyContext,
): readonly { readonly sql: string; readonly undo: readonly string[] }[] {
  const { dialect } = context;
  const tables = [{ schema: mirror.schema, name: mirror.table }, ...(mirror.also ?? [])];
  const trigger = dialect.ident(mirror.name);
  const name = dialect.qualified(mirror.schema, mirror.name);
  return [
    { sql: mirrorFunction(mirror, context), undo: [`DROP FUNCTION ${name}()`] },
    ...(mirror.reaches ? [{ sql: `REVOKE ALL ON FUNCTION ${name}() FROM PUBLIC`, undo: [] }] : []),
    ...tables.flatMap((one) => {
      const table = dialect.qualified(one.schema, one.name);
      return [
        {
          sql: `CREATE TRIGGER ${trigger} ${mirror.timing} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
          undo: [`DROP TRIGGER ${trigger} ON ${table}`],
        },
        { sql: `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${trigger}`, undo: [] },
      ];
    }),
  ];
}

/** The statements that remove a mirror, each with what brings it back. */
export function mirrorRemoval(
  mirror: Mirror,
  context: StrategyContext,
): readonly { readonly sql: string; readonly undo: readonly string[] }[] {
  const made = mirrorStatements(mirror, context);
  const removal = made.flatMap(({ undo }) => undo).toReversed();
  return removal.map((sql, place) => ({ sql, undo: place === removal.length - 1 ? made.map((one) => one.sql) : [] }));
}

// Types whose values the server compares by themselves; others are compared as text.
const COMPARABLE =
  /^(?:smallint|integer|bigint|numeric|real|double precision|text|character|character varying|boolean|date|time|timestamp|interval|uuid|bytea|jsonb|inet|cidr|oid|name)(?:\(|\[| with|$)/;

// Compared byte by byte: two columns of different collations cannot be compared by either's, and texts that a
// collation takes for equal are not the same.
const COLLATABLE = /^(?:text|character|character varying|name)(?:\(|\[|$)/;

/** SQL: whether two values of a type differ, nulls compared like values. */
export function differ(a: string, b: string, type: string): string {
  const bytes = ' COLLATE pg_catalog."C"';
  if (!COMPARABLE.test(type)) return `(${a})::text${bytes} IS DISTINCT FROM (${b})::text${bytes}`;
  if (COLLATABLE.test(type)) return `(${a})${bytes} IS DISTINCT FROM (${b})${bytes}`;
  return `${a} IS DISTINCT FROM ${b}`;
}

/** The name of a trigger that must see what the table's other BEFORE triggers have made of a row. */
export function lastTriggerName(name: string, ...views: readonly TableView[]): string {
  const triggers = views.flatMap((view) => view.triggers);
  const rivals = triggers.filter(({ definition }) => / BEFORE .* FOR EACH ROW /s.test(definition));
  // Triggers fire in the order of their names.
  return rivals.every((rival) => rival.name < name) ? name : `zz_${name}`.slice(0, 63);
}

/** Whether other triggers would change a row after the last that we can name. */
export function hasLaterTriggers(view: TableView): boolean {
  return view.triggers.some(
    ({ name, definition }) => name >= "zz_dbwright" && / BEFORE .* FOR EACH ROW /s.test(definition),
  );
}

/** The step that writes all rows in slices: `set` and `where` are SQL over the table's own columns. */
export function backfillStep(
  view: TableView,
  set: string,
  where: string,
  context: StrategyContext,
  only = false,
): StrategyStep {
  const batch: Batch | null = batchOf(view);
  const firing = view.triggers.filter(
    ({ enabled, definition }) => enabled !== "disabled" && / UPDATE(?: OF [^;]*?)? ON /s.test(definition),
  );
  const note = [
    batchNote(view),
    firing.length === 0
      ? null
      : `fires the triggers of ${view.table.name} for each row: ${firing.map(({ name }) => name).join(", ")}`,
  ].filter((one) => one !== null);
  return {
    sql: `UPDATE ${only ? "ONLY " : ""}${tableName(context, view.table)} SET ${set} WHERE ${where}`,
    // What was written goes with the place it was written to.
    undo: [],
    phase: "migrate",
    compatible: { old: true, new: false },
    batch,
    ...(note.length === 0 ? {} : { note: note.join("; ") }),
  };
}

/**
 * A statement that fails when `wrong` (SQL over the rows of `from`) holds for any row, saying for how many. It looks
 * at all rows or fails: row security never hides some from it.
 */
export function verifySql(what: string, from: string, wrong: string, context: StrategyContext): string {
  const message = context.dialect.literal(what);
  const body = `DECLARE wrong bigint;
BEGIN
  PERFORM pg_catalog.set_config('row_security', 'off', true);
  SELECT pg_catalog.count(*) INTO wrong FROM ${from} WHERE ${wrong};
  IF wrong > 0 THEN RAISE EXCEPTION 'dbwright: % rows are wrong: %', wrong, ${message}; END IF;
END`;
  return `DO ${dollarQuoted(body)}`;
}

/** The statement text of a change printed plainly, to be run inside a transaction. */
export function plainSql(
  change: "create" | "drop",
  object: CatalogObject,
  context: StrategyContext,
): readonly string[] {
  return context.dialect.change({ type: change, object }, context.from, "plain").map(({ sql }) => sql);
}
