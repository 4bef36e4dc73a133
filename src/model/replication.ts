import type { ObjectBase } from "./object-base.ts";

/** A table that is published, perhaps only some of its columns and rows. */
export interface PublishedTable {
  readonly schema: string;
  readonly table: string;
  /** Null for all columns, later ones included. */
  readonly columns: readonly string[] | null;
  /** The row filter as the server prints it, without WHERE; null for all rows. */
  readonly where: string | null;
}

/** What is sent to subscribers. */
export interface PublicationObject extends ObjectBase {
  readonly kind: "publication";
  /** Every table, later ones included. */
  readonly allTables: boolean;
  /** Sorted by schema and name. */
  readonly tables: readonly PublishedTable[];
  /** Schemas of which every table is published. Sorted. */
  readonly schemas: readonly string[];
  /** Of insert, update, delete, truncate; sorted. */
  readonly operations: readonly string[];
  /** Changes of a partition are sent as its root's. */
  readonly viaRoot: boolean;
  /** Which generated columns are sent (PostgreSQL 18); absent: none. */
  readonly generatedColumns?: "stored";
}

/** What is received from a publisher. Whether and what it has received so far is no part of the schema. */
export interface SubscriptionObject extends ObjectBase {
  readonly kind: "subscription";
  /** The connection string without its secrets; null where the role that read the catalog may not see it. */
  readonly connection: string | null;
  /** Sorted. */
  readonly publications: readonly string[];
  readonly enabled: boolean;
  /** Null for none. */
  readonly slot: string | null;
  /** What else CREATE SUBSCRIPTION … WITH takes (binary, streaming, origin …), where it is not the default. */
  readonly options: Readonly<Record<string, string>>;
}
