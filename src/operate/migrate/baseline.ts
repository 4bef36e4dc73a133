import { invalid } from "../../model/error.ts";
import { explained } from "./attempt.ts";
import { openRunnerSession } from "./connection.ts";
import { compared } from "./drift.ts";
import type { LiveRequest } from "./drift.ts";
import { createHistory } from "./history-tables.ts";
import { HistoryWriter, readHistory } from "./history.ts";
import type { HistoryState } from "./history.ts";
import { matchRan, otherHistories } from "./other-tools.ts";
import type { OtherHistory } from "./other-tools.ts";
import { findMigration, standingOf, upTo } from "./pending.ts";
import { becomeRunner, refuseOtherRunner } from "./runner-lock.ts";
import { schemaOfDatabase, schemaOfFiles } from "./schema-of.ts";

/** What is to be adopted. */
export interface BaselineRequest extends LiveRequest {
  /** The last migration that the database already holds; null: what another tool says, else all. */
  readonly to: string | null;
  /** Adopt although the database is not what the files make. */
  readonly acceptDrift: boolean;
  readonly dryRun: boolean;
}

/** What was adopted. */
export interface BaselineResult {
  readonly adopted: readonly string[];
  /** The other tool whose history said so; null where none did. */
  readonly from: OtherHistory | null;
  /** As in `Drift`; empty unless it was accepted or the run was dry. */
  readonly differences: readonly string[];
  readonly outcome: "done" | "dry-run";
}

const DIFFERENCES_SHOWN = 12;

/**
 * Records migrations as applied in a database that has them already, after building them on a twin and comparing.
 * Runs none of them. Throws `invalid` (exit 2) where the history holds migrations already and `to` names no further
 * one, and, with what differs, where the database is not what the files make.
 */
export async function baseline(request: BaselineRequest): Promise<BaselineResult> {
  return await explained(() => run(request));
}

async function run(request: BaselineRequest): Promise<BaselineResult> {
  const { url, signal, progress } = request;
  if (request.migrations.length === 0)
    throw invalid({
      what: "the folder holds no migrations, so there is nothing to adopt",
      where: "--dir",
      expected: "the migrations that the database holds already",
    });
  const session = await openRunnerSession(url, (text) => progress.note(text));
  try {
    const history = await readHistory(session);
    checkKept(history, request);
    await refuseOtherRunner(session, history.exists);
    const known = new Set(history.migrations.map(({ id }) => id));
    const [other] = known.size > 0 ? [] : await otherHistories(session);
    const chosen = chooseAdopted(request, other ?? null);
    const adopted = chosen.filter(({ id }) => !known.has(id));
    const live = await schemaOfDatabase(session, signal);
    const server = await request.server(live);
    const { catalog: files } = await schemaOfFiles(server, chosen, { signal, progress });
    const { differences } = await compared(files, live);
    const result = { adopted: adopted.map(({ id }) => id), from: other ?? null, differences };
    if (differences.length > 0 && !request.acceptDrift) throw drifted(differences, chosen.at(-1)?.id ?? "");
    if (request.dryRun) return { ...result, outcome: "dry-run" };
    await createHistory(session);
    await becomeRunner(session, "baseline");
    // Somebody may have run something while the twin was at work.
    if (JSON.stringify((await readHistory(session)).migrations) !== JSON.stringify(history.migrations))
      throw invalid({
        what: "another runner changed the state of migrations meanwhile",
        mend: "look at migrate status, and try again",
      });
    const writer = new HistoryWriter(session);
    await writer.own(async () => {
      for (const migration of adopted) await writer.adopt(migration, "baseline");
    });
    return { ...result, outcome: "done" };
  } finally {
    await session.close();
  }
}

// What was changed by hand, and has been written as a migration since, may join a history that is there; told by name,
// since the rows that a migration changes are not compared.
function checkKept(history: HistoryState, { migrations, to, acceptDrift }: BaselineRequest): void {
  const [first] = history.migrations;
  if (first === undefined) return;
  const { unfinished, edited } = standingOf(migrations, history);
  if (edited.length > 0) throw invalid(edited);
  if (to !== null && !acceptDrift && unfinished === null) return;
  const kept = `dbwright keeps this database's history already: ${history.migrations.length} migrations since ${first.startedAt}`;
  throw invalid({
    what: unfinished === null ? kept : `${unfinished.id} is unfinished here`,
    where: "this database",
    mend:
      unfinished === null
        ? "dbwright migrate status; where a pending migration was run by hand, name it with --to (without --accept-drift)"
        : "dbwright migrate status; then migrate resume or migrate down",
  });
}

function chooseAdopted({ migrations, to }: BaselineRequest, other: OtherHistory | null): BaselineRequest["migrations"] {
  if (to !== null) return upTo(migrations, findMigration(migrations, to).id, migrations);
  if (other?.ran === null) {
    throw invalid({
      what: `what ${other.tool} ran here cannot be read`,
      where: other.table,
      mend: "GRANT SELECT on it, or say with --to up to which migration the database is",
    });
  }
  if (other === null) return migrations;
  const [broken] = other.broken;
  if (broken !== undefined)
    throw invalid({
      what: `${other.tool} says that its migration ${broken} failed half way here`,
      where: other.table,
      expected: "a history in which each migration ran, or did not",
      mend: `repair it with ${other.tool}, or say with --to up to which migration the database is`,
    });
  const { ran: names, keepsLast } = other;
  const ran = matchRan(migrations, { ran: names, keepsLast });
  if (ran.length > 0) return ran;
  throw invalid({
    what: `none of the ${names.length} migrations that ${other.tool} ran here is in the folder`,
    where: other.table,
    expected: "files named as they were when they ran",
    mend: "say with --to up to which migration the database is",
  });
}

function drifted(differences: readonly string[], last: string): Error {
  const rest = differences.length - DIFFERENCES_SHOWN;
  const list = differences.slice(0, DIFFERENCES_SHOWN).map((line) => `    ${line}`);
  return invalid({
    what: `the database is not what the files up to ${last} make (- only the files, + only the database):\n${list.join("\n")}${rest > 0 ? `\n    and ${rest} more` : ""}`,
    where: "this database",
    mend: "choose another --to; or write the difference as a migration (dbwright diff FOLDER DATABASE); or --accept-drift",
  });
}
