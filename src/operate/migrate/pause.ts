import { connect } from "../../engines/postgres/driver.ts";
import { invalid } from "../../model/error.ts";
import { explained } from "./attempt.ts";
import { checkWritable } from "./connection.ts";
import { HistoryWriter, readHistory } from "./history.ts";
import { currentRunner } from "./runner-lock.ts";
import type { Runner } from "./runner-lock.ts";

/**
 * Asks the runner, from another terminal, to stop where its state is understood: after the batch or step at hand. Later
 * runs wait, too, until `resume`. Throws `invalid` (exit 2) where no migration ever ran.
 */
export async function requestPause(
  url: string,
  by: string,
  signal: AbortSignal,
): Promise<{ readonly runner: Runner | null }> {
  return await explained(() => request(url, by, signal));
}

async function request(url: string, by: string, signal: AbortSignal): Promise<{ readonly runner: Runner | null }> {
  const session = await connect({ url, signal, applicationName: "dbwright migrate pause" });
  try {
    await checkWritable(session);
    const { exists } = await readHistory(session);
    if (!exists)
      throw invalid({ what: "no migration has been run here, so there is none to pause", where: "this database" });
    const history = new HistoryWriter(session);
    await history.own(() => history.requestPause(by));
    return { runner: await currentRunner(session, true) };
  } finally {
    await session.close();
  }
}
