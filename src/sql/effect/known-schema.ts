import type { ReferentialAction } from "../../model/catalog.ts";
import { ident } from "../identifier.ts";

/** A column as far as it is known. `type` in the server's own spelling, e.g. `character varying(40)`. */
export interface KnownColumn {
  readonly type: string;
  readonly notNull: boolean;
}

/** A constraint as far as it is known. */
export interface KnownConstraint {
  readonly name: string;
  readonly type: "primary key" | "unique" | "check" | "foreign key" | "exclusion" | "not null";
  readonly columns: readonly string[];
  /** The referenced table of a foreign key, as SQL spells it; else null. */
  readonly references: string | null;
  /** What deleting a referenced row does to those that refer to it. */
  readonly onDelete: ReferentialAction | null;
  /** True when it comes from a parent table. */
  readonly inherited: boolean;
  readonly validated: boolean;
  /** Columns of which a check says on its own that they are not null. */
  readonly provesNotNull: readonly string[];
}

/** An index as far as it is known. A null column stands for an expression. */
export interface KnownIndex {
  /** As SQL spells it, with its schema. */
  readonly relation: string;
  readonly columns: readonly (string | null)[];
  readonly unique: boolean;
  /** True when it covers only some rows. */
  readonly partial: boolean;
}

/** A table as far as it is known. */
export interface KnownTable {
  /** As SQL spells it, with its schema: `public.task`. */
  readonly relation: string;
  /** False when it has columns that nobody knows of. */
  readonly complete: boolean;
  readonly columns: ReadonlyMap<string, KnownColumn>;
  readonly constraints: readonly KnownConstraint[];
  readonly indexes: readonly KnownIndex[];
  /** Its partitions, and tables that inherit from it; as SQL spells them. */
  readonly children: readonly string[];
  /** The partitioned table it is a part of, or the tables it inherits from. */
  readonly parents: readonly string[];
  readonly partitioned: boolean;
  /** Its default partition, or null. */
  readonly defaultPartition: string | null;
  readonly unlogged: boolean;
}

/** What is known of the schema that a statement meets. Relations are spelled as in SQL, with their schema. */
export interface SchemaLookup {
  table(relation: string): KnownTable | undefined;
  /** The table behind an index. */
  tableOfIndex(index: string): string | undefined;
  /** Tables whose foreign keys point at this one. */
  referencing(table: string): readonly string[];
  /** Tables with a column of that domain, composite or enumerated type. */
  usersOfType(type: string): readonly string[];
  /** All tables of a schema (its bare name). */
  tablesOf(schema: string): readonly string[];
}

/** A relation's name in SQL, always with a schema: `public.task`, `"My Schema".task`. */
export function relationText(schema: string, name: string): string {
  return `${ident(schema)}.${ident(name)}`;
}

/** Knows nothing: every table may be there and may be large. */
export const NOTHING_KNOWN: SchemaLookup = {
  table: () => undefined,
  tableOfIndex: () => undefined,
  referencing: () => [],
  usersOfType: () => [],
  tablesOf: () => [],
};
