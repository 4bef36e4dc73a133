import type { ObjectBase } from "./object-base.ts";

/**
 * What stands in an option where the database holds a secret (a password, a token): secrets are not read into
 * a catalog, so that none is printed, stored or compared.
 */
export const WITHHELD = "(withheld)";

/** Code that reaches another data store. The functions are `schema.name` as printed, or null. */
export interface ForeignDataWrapperObject extends ObjectBase {
  readonly kind: "foreign-data-wrapper";
  readonly handler: string | null;
  readonly validator: string | null;
  /** In the order of their names; a secret is {@link WITHHELD}. */
  readonly options: Readonly<Record<string, string>>;
}

/** A data store that a foreign data wrapper reaches. */
export interface ServerObject extends ObjectBase {
  readonly kind: "server";
  readonly wrapper: string;
  readonly type: string | null;
  readonly version: string | null;
  /** In the order of their names; a secret is {@link WITHHELD}. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * As whom a role reaches a server. `name` is the role, "public" for everybody, "current_user" for the role that
 * reads; `signature` is the server's name.
 */
export interface UserMappingObject extends ObjectBase {
  readonly kind: "user-mapping";
  /** Null for the role that reads, in the sense of {@link ObjectBase.owner}. */
  readonly user: string | null;
  readonly server: string;
  /** In the order of their names; a secret is {@link WITHHELD}. */
  readonly options: Readonly<Record<string, string>>;
}
