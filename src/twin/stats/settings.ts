import type { Session } from "../../engines/postgres/driver.ts";
import { ident, literal } from "../../engines/postgres/print.ts";

/** What became of production's settings. */
export interface StatedSettings {
  readonly set: number;
  /** Settings the twin's server does not know or would not take. */
  readonly notes: readonly string[];
}

const KNOWN = `SELECT name, context FROM pg_settings WHERE name = ANY ($1)`;

/**
 * Makes production's planner, memory and parallel settings those of every new session in the session's database.
 * Settings that only a restart changes (`shared_buffers`, `max_worker_processes`) are left: no plan hangs on them.
 */
export async function stateSettings(
  admin: Session,
  database: string,
  settings: Readonly<Record<string, string>>,
): Promise<StatedSettings> {
  const notes: string[] = [];
  const { rows } = await admin.query<{ readonly name: string; readonly context: string }>(KNOWN, [
    Object.keys(settings),
  ]);
  const contexts = new Map(rows.map((row) => [row.name, row.context]));
  let set = 0;
  for (const [name, value] of Object.entries(settings)) {
    const context = contexts.get(name);
    if (context === "user" || context === "superuser") {
      try {
        await admin.execute(`ALTER DATABASE ${ident(database)} SET ${ident(name)} = ${literal(value)}`);
        set += 1;
      } catch {
        notes.push(`setting ${JSON.stringify(name)}: the twin's server does not take production's value`);
      }
    } else if (context === undefined) {
      notes.push(`setting ${JSON.stringify(name)}: unknown to the twin's server`);
    }
  }
  return { set, notes };
}
