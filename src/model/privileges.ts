import type { ObjectBase } from "./object-base.ts";

/** What a role is a member of, with the options of the membership. */
export interface Membership {
  readonly role: string;
  /** May grant the membership to others. */
  readonly admin: boolean;
  /** Has the role's privileges without SET ROLE; before PostgreSQL 16 as the member's own `inherit` says. */
  readonly inherit: boolean;
  /** May SET ROLE to it; always so before PostgreSQL 16. */
  readonly set: boolean;
}

/**
 * A role that owns or uses objects. Roles belong to the cluster; only those a catalog mentions are listed. Its
 * password is never read.
 */
export interface RoleObject extends ObjectBase {
  readonly kind: "role";
  readonly login: boolean;
  readonly superuser: boolean;
  readonly bypassRls: boolean;
  /** Absent: true. */
  readonly inherit?: boolean;
  /** Absent: false. */
  readonly createRole?: boolean;
  /** Absent: false. */
  readonly createDb?: boolean;
  /** Absent: false. */
  readonly replication?: boolean;
  /** How many sessions it may have; absent: any number. */
  readonly connectionLimit?: number;
  /** When its password ceases to work, as ISO 8601 in UTC; absent: never. */
  readonly validUntil?: string;
  /** Settings of its sessions in every database (`ALTER ROLE … SET`), as the server stores them; absent: none. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Sorted by role; absent: none. */
  readonly memberOf?: readonly Membership[];
}

/**
 * Privileges of one grantee on one object. `name` is the object's name, `signature` tells its kind and
 * the grantee, e.g. "table to app". `privileges` are upper-case words, sorted, those that may be passed on
 * with ` WITH GRANT OPTION` behind them. For a column, `table` is its table.
 */
export interface GrantObject extends ObjectBase {
  readonly kind: "grant";
  readonly on:
    | "schema"
    | "table"
    | "column"
    | "sequence"
    | "function"
    | "type"
    | "language"
    | "foreign data wrapper"
    | "foreign server";
  /** For a function: its identity arguments; else null. */
  readonly arguments: string | null;
  /** A role name, or "public" for everybody. */
  readonly grantee: string;
  readonly privileges: readonly string[];
  /** The grantee is the object's owner, who has lost some of the privileges owners have; `grantee` is "owner". */
  readonly own?: true;
}

/**
 * What one grantee gets on every object that one role will create, in one schema or (`schema` null) in all.
 * `name` is the role, or "current_user" where `role` is null; `signature` is e.g. "tables to app".
 */
export interface DefaultPrivilegesObject extends ObjectBase {
  readonly kind: "default-privileges";
  /** Whose objects; null for the role that runs the script, in the sense of {@link ObjectBase.owner}. */
  readonly role: string | null;
  readonly on: "tables" | "sequences" | "functions" | "types" | "schemas" | "large objects";
  /** A role name, or "public" for everybody. */
  readonly grantee: string;
  /** All that the grantee gets: without privileges it says that a built-in default was revoked. */
  readonly privileges: readonly string[];
}
