import type { Session } from "../../engines/postgres/driver.ts";
import type { TableView } from "../../model/catalog-view.ts";
import { quoted } from "./plan.ts";

const SET: Readonly<Record<string, string>> = {
  origin: "ENABLE TRIGGER",
  always: "ENABLE ALWAYS TRIGGER",
  replica: "ENABLE REPLICA TRIGGER",
};

function nameOf({ schema, name }: TableView["table"]): string {
  return schema === null ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

async function between(
  session: Session,
  open: readonly string[],
  close: readonly string[],
): Promise<() => Promise<void>> {
  if (open.length > 0) await session.execute(open.join("; "));
  return async () => {
    if (close.length > 0) await session.execute(close.join("; "));
  };
}

/**
 * Lets the owner past the row security of its own tables, as loading needs: COPY is refused where it is
 * forced. Returns what forces it again.
 */
export function openToOwner(session: Session, tables: readonly TableView[]): Promise<() => Promise<void>> {
  const names = tables.filter(({ table }) => table.rowSecurity.forced).map(({ table }) => nameOf(table));
  return between(
    session,
    names.map((name) => `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`),
    names.map((name) => `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`),
  );
}

/** Silences the triggers of tables: a correction of generated rows is no event. Returns what restores them. */
export function silenceTriggers(session: Session, tables: readonly TableView[]): Promise<() => Promise<void>> {
  const triggers = tables.flatMap(({ table, triggers: own }) =>
    own.flatMap((trigger) => {
      const enable = SET[trigger.enabled];
      return enable === undefined ? [] : [{ name: nameOf(table), trigger: quoted(trigger.name), enable }];
    }),
  );
  return between(
    session,
    triggers.map(({ name, trigger }) => `ALTER TABLE ${name} DISABLE TRIGGER ${trigger}`),
    triggers.map(({ name, trigger, enable }) => `ALTER TABLE ${name} ${enable} ${trigger}`),
  );
}
