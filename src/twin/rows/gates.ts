import type { Session } from "../../engines/postgres/driver.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { quoted } from "./plan.ts";

const SET: Readonly<Record<string, string>> = {
  origin: "ENABLE TRIGGER",
  always: "ENABLE ALWAYS TRIGGER",
  replica: "ENABLE REPLICA TRIGGER",
};

/**
 * Lets the owner load tables as they are: forced row security lets COPY in nothing, and triggers would
 * stamp generated rows with today's date and write a history of the load. Returns what restores both.
 */
export async function openForLoading(session: Session, tables: readonly TableView[]): Promise<() => Promise<void>> {
  const open: string[] = [];
  const close: string[] = [];
  for (const { table, triggers } of tables) {
    const name = table.schema === null ? quoted(table.name) : `${quoted(table.schema)}.${quoted(table.name)}`;
    if (table.rowSecurity.forced) {
      open.push(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
      close.push(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`);
    }
    for (const trigger of triggers) {
      const enable = SET[trigger.enabled];
      if (enable === undefined) continue;
      open.push(`ALTER TABLE ${name} DISABLE TRIGGER ${quoted(trigger.name)}`);
      close.push(`ALTER TABLE ${name} ${enable} ${quoted(trigger.name)}`);
    }
  }
  if (open.length > 0) await session.execute(open.join(";\n"));
  return async () => {
    if (close.length > 0) await session.execute(close.join(";\n"));
  };
}
