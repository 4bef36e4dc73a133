// A row of a system catalog, as much of it as is looked at.
interface Row {
  readonly catalog: string;
  readonly identity: string;
  readonly values: Readonly<Record<string, string | null>>;
}

/**
 * Rows in which a NOT NULL that a table has from its parents (a constraint since PostgreSQL 18) goes by its column
 * instead of a name. The name is the parent's or the table's own, depending on how the table came below its parent, and no
 * statement changes it.
 */
export function withoutInheritedNames<R extends Row>(rows: readonly R[]): readonly R[] {
  const names = new Map<string, string>();
  for (const { catalog, identity, values } of rows) {
    if (catalog !== "pg_constraint" || values["contype"] !== "n" || values["coninhcount"] === "0") continue;
    names.set(identity, `inherited NOT NULL of ${values["conkey"] ?? "?"} on ${values["conrelid"] ?? "?"}`);
  }
  if (names.size === 0) return rows;
  return rows.map((row): R => {
    const name = names.get(row.identity);
    if (name !== undefined) return { ...row, identity: name, values: { ...row.values, conname: null } };
    if (row.catalog !== "pg_depend") return row;
    const own = row.identity.slice(0, Math.max(0, row.identity.indexOf(" : ")));
    const known = names.get(own);
    return known === undefined ? row : { ...row, identity: known + row.identity.slice(own.length) };
  });
}
