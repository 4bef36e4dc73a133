import type { GrantObject, TableObject } from "../model/catalog.ts";
import type { CatalogView } from "../model/catalog-view.ts";
import type { Change } from "../model/change.ts";
import { alter } from "../model/change.ts";

/** An object that privileges are granted on. */
export interface Granted {
  readonly on: GrantObject["on"];
  readonly schema: string | null;
  readonly name: string;
  /** For a function: its identity arguments; else null. */
  readonly arguments: string | null;
}

const key = ({ on, schema, name, arguments: list }: Granted): string => JSON.stringify([on, schema, name, list]);

/** The grants on each object; an owner's own privileges are not among them. */
export function grantsByObject(view: CatalogView): (object: Granted) => readonly GrantObject[] {
  const groups = new Map<string, GrantObject[]>();
  for (const grant of view.of("grant")) {
    const group = groups.get(key(grant));
    if (group === undefined) groups.set(key(grant), [grant]);
    else group.push(grant);
  }
  return (object) => groups.get(key(object)) ?? [];
}

/** The grants on a table or view. */
export function onRelation(relation: { readonly schema: string | null; readonly name: string }): Granted {
  return { on: "table", schema: relation.schema, name: relation.name, arguments: null };
}

// Everybody, and the roles that services give to whoever calls, by the names they use.
const BROAD: ReadonlySet<string> = new Set([
  "public",
  "anon",
  "anonymous",
  "authenticated",
  "guest",
  "web_anon",
  "web_user",
  "webuser",
]);

/** Whether the role stands for all users, or for whoever calls a service. */
export function isBroad(grantee: string): boolean {
  return BROAD.has(grantee.toLowerCase());
}

/** How the grantee is named in a sentence. */
export function granteeInWords(grantee: string): string {
  return grantee === "public" ? "everybody (PUBLIC)" : grantee;
}

/** A privilege without its grant option. */
export function bare(privilege: string): string {
  return privilege.replace(" WITH GRANT OPTION", "");
}

/** The grant without some of its privileges; dropped when none is left. */
export function without(grant: GrantObject, gone: (privilege: string) => boolean): Change {
  const privileges = grant.privileges.filter((privilege) => !gone(bare(privilege)));
  return privileges.length === 0 ? { type: "drop", object: grant } : alter(grant, { privileges });
}

const ROWS: ReadonlySet<string> = new Set(["SELECT", "INSERT", "UPDATE", "DELETE"]);

/** Whether the grant is on rows: to read or change some. */
export function isOnRows(grant: GrantObject): boolean {
  return grant.privileges.some((privilege) => ROWS.has(bare(privilege)));
}

/** Who may do what with the rows of tables, apart from their owners. */
export interface RowUse {
  /**
   * Whether grants say who uses the tables at all: some table, or column, is granted to somebody. Where none
   * is, the application is taken to be the owner.
   */
  readonly stated: boolean;
  /** The grants on the table's rows. */
  grants(table: TableObject): readonly GrantObject[];
  /** Whether single columns are granted. */
  ofColumns(table: TableObject): boolean;
}

/** Reads the {@link RowUse} of a catalog. */
export function rowUse(view: CatalogView): RowUse {
  const grantsOn = grantsByObject(view);
  const ofColumns = view.of("grant").filter((grant) => grant.on === "column" && isOnRows(grant));
  const withColumns = new Set(ofColumns.map(({ schema, table }) => JSON.stringify([schema, table])));
  return {
    stated: withColumns.size > 0 || view.of("grant").some((grant) => grant.on === "table" && isOnRows(grant)),
    grants: (table) => grantsOn(onRelation(table)).filter(isOnRows),
    ofColumns: (table) => withColumns.has(JSON.stringify([table.schema, table.name])),
  };
}
