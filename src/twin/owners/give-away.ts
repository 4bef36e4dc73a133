import type { Session } from "../../engines/postgres/driver.ts";
import { DbwrightError } from "../../model/error.ts";
import type { Gift } from "../load/report.ts";
import { refused } from "../prove/step.ts";
import type { TwinDatabase } from "../server.ts";
import { lending } from "./lend.ts";

const TO_ROLE = /^([\s\S]*\bowner\s+to)\b[\s\S]*$/i;

/**
 * Whether two sides of a comparison state different owners: where both name but one role it is the one that runs
 * the script, and says nothing. `others`: a side that is no file.
 */
export function statesOwners(gifts: readonly Gift[], others: readonly Gift[] | null): boolean {
  if (gifts.length === 0 || others?.length === 0) return false;
  return new Set([...gifts, ...(others ?? [])].map(({ role }) => role)).size > 1;
}

/**
 * Runs the `ALTER … OWNER TO` of a script in the scratch database that it made, as the database's owner; what goes to
 * one of the `expected` roles, who own what states no owner, stays with that account. Returns how many could not be done: of objects that
 * are gone again, for roles that cannot be had.
 */
export async function giveAway(
  database: TwinDatabase,
  gifts: readonly Gift[],
  expected: readonly string[],
): Promise<number> {
  const had = new Map<string, boolean>();
  let failed = 0;
  const session: Session = lending(await database.connect("owner"));
  try {
    for (const { sql, role, searchPath } of gifts) {
      const isExpected = expected.includes(role);
      const known = isExpected || (had.get(role) ?? (await isHad(database, role)));
      had.set(role, known);
      if (!known) {
        failed++;
        continue;
      }
      if (searchPath !== null)
        await session.query("select pg_catalog.set_config('search_path', $1, false)", [searchPath]);
      const statement = isExpected ? sql.replace(TO_ROLE, "$1 CURRENT_USER") : sql;
      await session.execute(statement).catch((error: unknown) => {
        if (!refused(error)) throw error;
        failed++;
      });
    }
  } finally {
    await session.close();
  }
  return failed;
}

async function isHad(database: TwinDatabase, role: string): Promise<boolean> {
  try {
    await database.ensureRole(role);
    return true;
  } catch (error) {
    if (!(error instanceof DbwrightError)) throw error;
    return false;
  }
}
