import type { Session } from "../../engines/postgres/driver.ts";
import { isSqlState } from "../../engines/postgres/driver.ts";
import { insertOf } from "./rows.ts";
import type { TrialRow } from "./rows.ts";

// Inserts rows (those that a constraint refuses are left out), answers what each query gives, row by row as text, and
// takes all back: what is done below an exception is undone by it. Deferred constraints are checked at once, as rows
// that no commit would let through are none.
const ATTEMPT = `
  CREATE FUNCTION pg_temp.dbwright_attempt(zone text, inserts text[], queries text[], scrambled boolean)
  RETURNS jsonb LANGUAGE plpgsql AS $dbwright$
  DECLARE
    one text;
    own int;
    kept int := 0;
    answer text[];
    answers jsonb := '[]';
    seen text;
  BEGIN
    BEGIN
      PERFORM set_config('dbwright.seen', '', true), set_config('TimeZone', zone, true);
      IF scrambled THEN
        PERFORM set_config(name, 'off', true)
        FROM unnest(ARRAY['enable_hashjoin', 'enable_hashagg', 'enable_seqscan']) AS name;
      END IF;
      SET CONSTRAINTS ALL IMMEDIATE;
      FOREACH one IN ARRAY inserts LOOP
        BEGIN
          EXECUTE one || ' ON CONFLICT DO NOTHING';
          GET DIAGNOSTICS own = ROW_COUNT;
          kept := kept + own;
        EXCEPTION WHEN integrity_constraint_violation OR data_exception OR raise_exception THEN
          NULL;
        END;
      END LOOP;
      FOREACH one IN ARRAY queries LOOP
        BEGIN
          -- By a name that no column of theirs has, which would be taken for the row.
          EXECUTE 'SELECT coalesce(array_agg(dbwright_row::text), ''{}'') FROM (' || one || E'\\n) AS dbwright_row'
          INTO answer;
          answers := answers || jsonb_build_array(to_jsonb(answer));
        EXCEPTION WHEN data_exception OR cardinality_violation OR invalid_text_representation THEN
          answers := answers || jsonb_build_array(SQLSTATE);
        END;
      END LOOP;
      seen := current_setting('dbwright.seen');
      RAISE EXCEPTION USING ERRCODE = 'DBW01';
    EXCEPTION WHEN SQLSTATE 'DBW01' THEN
      NULL;
    END;
    RETURN jsonb_build_object('kept', kept, 'answers', answers, 'seen', seen);
  END $dbwright$;
  CREATE FUNCTION pg_temp.dbwright_seen(place int, value boolean) RETURNS boolean LANGUAGE plpgsql AS $dbwright$
  DECLARE
    mark text := place || CASE WHEN value THEN 't' ELSE 'f' END || ' ';
    seen text := current_setting('dbwright.seen');
  BEGIN
    IF strpos(' ' || seen, ' ' || mark) = 0 THEN PERFORM set_config('dbwright.seen', seen || mark, true); END IF;
    -- After NULL an AND goes on to what no row would decide.
    RETURN coalesce(value, false);
  END $dbwright$;
  CREATE FUNCTION pg_temp.dbwright_all(VARIADIC seen boolean[]) RETURNS boolean LANGUAGE plpgsql
  AS $dbwright$ BEGIN RETURN true; END $dbwright$`;

/** What one query gave: its rows as text, or the SQLSTATE with which it failed. */
export type Answer = readonly string[] | string;

/** A small database, and what is asked of it. */
export interface Attempt {
  readonly zone: string;
  readonly rows: readonly TrialRow[];
  readonly queries: readonly string[];
  /** Rows in the opposite order, read in other ways. */
  readonly scrambled?: boolean;
}

/** What came of it. `seen`: marks of conditions, `3t` for one that was true and `3f` for one that was not. */
export type Attempted =
  | {
      readonly ok: true;
      /** Rows that were taken, of those that were to be inserted. */
      readonly kept: number;
      readonly answers: readonly Answer[];
      readonly seen: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** Prepares a session for {@link attempt}. */
export async function makeReady(session: Session): Promise<void> {
  const { rows } = await session.query<{ there: boolean }>(
    "SELECT to_regprocedure('pg_temp.dbwright_all(boolean[])') IS NOT NULL AS there",
  );
  if (rows[0]?.there !== true) await session.execute(ATTEMPT);
}

/** Makes a database, asks it, and leaves nothing behind. */
export async function attempt(
  session: Session,
  { zone, rows, queries, scrambled = false }: Attempt,
): Promise<Attempted> {
  const inserts = (scrambled ? rows.toReversed() : rows).map(insertOf);
  try {
    const found = await session.query<{
      result: { kept: number; answers: (string[] | string)[]; seen: string | null };
    }>("SELECT pg_temp.dbwright_attempt($1, $2::text[], $3::text[], $4) AS result", [
      zone,
      inserts,
      [...queries],
      scrambled,
    ]);
    const result = found.rows[0]?.result;
    if (result === undefined) throw new Error("a function gave no row");
    const { kept, answers, seen } = result;
    return { ok: true, kept, answers, seen: (seen ?? "").split(" ").filter((mark) => mark !== "") };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!isSqlState(code)) throw error;
    const why =
      code === "57014" ? "it ran too long on a few rows" : `the server refused it (SQLSTATE ${code}): ${message}`;
    return { ok: false, why };
  }
}

/** Whether an answer is a failure. */
export const failed = (answer: Answer): answer is string => typeof answer === "string";

/** Whether two answers are the same: as bags of rows, or in their order. Failures are alike. */
export function sameAnswer(left: Answer, right: Answer, ordered: boolean): boolean {
  if (failed(left) || failed(right)) return failed(left) && failed(right);
  if (left.length !== right.length) return false;
  const [a, b] = ordered ? [left, right] : [sorted(left), sorted(right)];
  return a.every((row, place) => row === b[place]);
}

/** Rows in an order of their own. */
export const sorted = (rows: readonly string[]): readonly string[] => rows.toSorted((a, b) => (a < b ? -1 : 1));
