import { ident } from "../identifier.ts";
import type { Subcommand } from "./subcommand.ts";

/** DROP COLUMN: the values go, and triggers of foreign keys on the other table with them. */
export function dropColumn({ cmd, table, family, scene }: Subcommand): void {
  const name = cmd.name ?? "";
  const known = scene.table(table);
  if (cmd.missing_ok === true && known?.complete === true && !known.columns.has(name)) return;
  scene.lose(`the column ${table}.${ident(name)} and its values`);
  for (const one of family) {
    const on = scene.table(one)?.constraints.filter(({ columns }) => columns.includes(name)) ?? [];
    for (const { references } of on) if (references !== null) scene.lock(references, "ACCESS EXCLUSIVE");
    if (cmd.behavior === "DROP_CASCADE" && on.some(({ type }) => type === "primary key" || type === "unique"))
      for (const other of scene.schema.referencing(one)) scene.lock(other, "ACCESS EXCLUSIVE");
  }
}

/** DROP CONSTRAINT: a foreign key has triggers on both sides. */
export function dropConstraint({ cmd, family, scene }: Subcommand): void {
  for (const one of family) {
    const constraint = scene.table(one)?.constraints.find(({ name }) => name === cmd.name);
    if (constraint?.references != null) scene.lock(constraint.references, "ACCESS EXCLUSIVE");
    const key = constraint?.type === "primary key" || constraint?.type === "unique";
    if (key && cmd.behavior === "DROP_CASCADE")
      for (const other of scene.schema.referencing(one)) scene.lock(other, "ACCESS EXCLUSIVE");
  }
}
