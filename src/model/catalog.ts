import type { ForeignDataWrapperObject, ServerObject, UserMappingObject } from "./foreign-data.ts";
import type { ObjectBase } from "./object-base.ts";
import type { CastObject, OperatorClassObject, OperatorFamilyObject, OperatorObject } from "./operators.ts";
import type { DefaultPrivilegesObject, GrantObject, RoleObject } from "./privileges.ts";
import type { PublicationObject, SubscriptionObject } from "./replication.ts";
import type { AggregateObject, EventTriggerObject, FunctionObject, RuleObject, TriggerObject } from "./routines.ts";
import type { TextSearchConfigurationObject, TextSearchDictionaryObject } from "./text-search.ts";
import type { CompositeObject, DomainObject, EnumObject, RangeObject } from "./user-types.ts";

export type { ForeignDataWrapperObject, ServerObject, UserMappingObject } from "./foreign-data.ts";
export type { ObjectBase } from "./object-base.ts";
export type {
  CastObject,
  OperatorClassObject,
  OperatorFamilyObject,
  OperatorMember,
  OperatorObject,
} from "./operators.ts";
export type { DefaultPrivilegesObject, GrantObject, Membership, RoleObject } from "./privileges.ts";
export type { PublicationObject, PublishedTable, SubscriptionObject } from "./replication.ts";
export type {
  AggregateObject,
  EventTriggerObject,
  Firing,
  FunctionObject,
  RuleObject,
  TriggerObject,
} from "./routines.ts";
export type { TextSearchConfigurationObject, TextSearchDictionaryObject } from "./text-search.ts";
export type { CompositeObject, DomainObject, EnumObject, RangeObject } from "./user-types.ts";

/*
 * A catalog is a flat list of facts. Each object carries its own address, its properties and the keys
 * of what it needs to exist first. Nothing is nested, so that the differ, the rules and the printers
 * treat every kind alike; `CatalogView` (catalog-view.ts) gives the nested reading people expect.
 *
 * Expressions and type names are text in the engine's own canonical spelling: read from a server they
 * are what the server prints, so two catalogs read from servers compare by plain equality.
 */

/** The engine a catalog was read from or is meant for. `version` is as exact as is known, e.g. "18.4" or "16". */
export interface EngineId {
  readonly name: "postgres" | "mysql" | "mariadb" | "sqlite";
  readonly version: string;
}

/** A schema snapshot: plain, serialisable, immutable. `objects` is sorted by {@link refKey}. */
export interface Catalog {
  readonly engine: EngineId;
  readonly objects: readonly CatalogObject[];
  /** What was met and is not modelled, so that nothing is skipped in silence. */
  readonly unmodelled: readonly Unmodelled[];
}

/** An object the reader saw but does not model. `kind` is the engine's own word, e.g. "event trigger". */
export interface Unmodelled {
  readonly kind: string;
  readonly name: string;
}

/** A namespace. */
export interface SchemaObject extends ObjectBase {
  readonly kind: "schema";
}

/** An installed extension. `schema` is where its objects live. */
export interface ExtensionObject extends ObjectBase {
  readonly kind: "extension";
  readonly version: string;
}

/** The counters of a sequence. Numbers are decimal text: they exceed JavaScript's safe integers. */
export interface SequenceOptions {
  readonly type: string;
  readonly start: string;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly cache: string;
  readonly cycle: boolean;
}

/** A sequence that is not the inside of an identity column. */
export interface SequenceObject extends ObjectBase {
  readonly kind: "sequence";
  readonly options: SequenceOptions;
  readonly unlogged: boolean;
  /** The column it is dropped with (OWNED BY), in the sequence's own or another schema. */
  readonly ownedBy: { readonly schema: string; readonly table: string; readonly column: string } | null;
}

/** A table, partitioned or not, or a foreign table. */
export interface TableObject extends ObjectBase {
  readonly kind: "table";
  readonly unlogged: boolean;
  /** How this table is split, e.g. strategy "range" and key "created_at, lower(name)". */
  readonly partitionBy: { readonly strategy: "range" | "list" | "hash"; readonly key: string } | null;
  /** The partitioned table this is a part of, with its bound as printed (`FOR VALUES …` or `DEFAULT`). */
  readonly partitionOf: { readonly schema: string; readonly table: string; readonly bound: string } | null;
  /** Plain inheritance, in order. */
  readonly inherits: readonly { readonly schema: string; readonly table: string }[];
  readonly rowSecurity: { readonly enabled: boolean; readonly forced: boolean };
  /** Storage parameters (fillfactor, autovacuum_…), those of its TOAST table as `toast.…`. */
  readonly options: Readonly<Record<string, string>>;
  /** Where it is kept; absent: the database's own tablespace. */
  readonly tablespace?: string;
  /** Absent: heap, or none for a table without storage. */
  readonly accessMethod?: string;
  /** The composite type it takes its columns from (CREATE TABLE … OF), as printed; absent: none. */
  readonly ofType?: string;
  /** What identifies a changed row to subscribers; absent: the primary key, or the index that is marked so. */
  readonly replicaIdentity?: "full" | "nothing";
  /** A foreign table: its rows are another server's. Absent: they are its own. */
  readonly foreign?: { readonly server: string; readonly options: Readonly<Record<string, string>> };
}

/** A column. `name` is unique in `table`; `position` orders them from 1, without gaps. */
export interface ColumnObject extends ObjectBase {
  readonly kind: "column";
  readonly table: string;
  readonly position: number;
  /** The type as the engine prints it, with modifiers: `numeric(12,2)`, `character varying(40)`. */
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly identity: {
    readonly generation: "always" | "by default";
    readonly sequence: SequenceOptions;
    /** The name of the sequence inside; absent: as the server names it, `table_column_seq`. */
    readonly name?: string;
    /** Whether the sequence is unlogged; absent: as its table is. */
    readonly unlogged?: boolean;
  } | null;
  readonly generated: { readonly expression: string; readonly stored: boolean } | null;
  /** Only where it differs from the type's own, schema-qualified when outside the system schema. */
  readonly collation: string | null;
  /** Only where it differs from the type's own: plain, external, extended, main. */
  readonly storage: string | null;
  readonly compression: string | null;
  /** The statistics target, or null for the server's default. */
  readonly statisticsTarget: number | null;
  /** True when it comes from a parent table only, so that the child's DDL does not declare it. */
  readonly inherited: boolean;
  /** What the planner is told (n_distinct, n_distinct_inherited); absent: nothing. */
  readonly options?: Readonly<Record<string, string>>;
  /** What a foreign table's wrapper is told of the column; absent: nothing. */
  readonly foreignOptions?: Readonly<Record<string, string>>;
}

/** What a foreign key does to the child rows. */
export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

/** A constraint of a table. `definition` is the whole clause as the server prints it. */
export interface ConstraintObject extends ObjectBase {
  readonly kind: "constraint";
  readonly table: string;
  readonly type: "primary key" | "unique" | "check" | "foreign key" | "exclusion" | "not null";
  readonly definition: string;
  /** The constrained columns in key order; for a check, the columns it reads. Empty for pure expressions. */
  readonly columns: readonly string[];
  readonly references: {
    readonly schema: string;
    readonly table: string;
    readonly columns: readonly string[];
    readonly onUpdate: ReferentialAction;
    readonly onDelete: ReferentialAction;
  } | null;
  /** The expression of a check, else null. */
  readonly expression: string | null;
  readonly validated: boolean;
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  /** True when it comes from a parent table only. */
  readonly inherited: boolean;
  /** False for NOT ENFORCED (PostgreSQL 18); absent: true. */
  readonly enforced?: false;
}

/** One key of an index: a column or an expression, never both. */
export interface IndexKey {
  readonly column: string | null;
  readonly expression: string | null;
  /** Only where it is not the default for the type and method. */
  readonly opclass: string | null;
  readonly collation: string | null;
  readonly order: "asc" | "desc";
  readonly nulls: "first" | "last";
}

/** An index, including those behind constraints (`constraint` names it; such an index is not printed by itself). */
export interface IndexObject extends ObjectBase {
  readonly kind: "index";
  readonly table: string;
  readonly method: string;
  readonly unique: boolean;
  readonly nullsNotDistinct: boolean;
  readonly keys: readonly IndexKey[];
  readonly include: readonly string[];
  readonly predicate: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly valid: boolean;
  readonly constraint: string | null;
  /** The index of the partitioned parent this one is attached to. */
  readonly partitionOf: { readonly schema: string; readonly name: string } | null;
  /** A complete CREATE INDEX as the engine prints it. */
  readonly definition: string;
  /** Absent: the database's own tablespace. */
  readonly tablespace?: string;
  /** The index by which CLUSTER orders its table; absent: it is not. */
  readonly clustered?: true;
  /** The index that identifies a changed row to subscribers (REPLICA IDENTITY USING INDEX); absent: it is not. */
  readonly replicaIdentity?: true;
  /** Statistics targets of expression keys, by their number from 1; absent: the server's default for all. */
  readonly statisticsTargets?: readonly { readonly key: number; readonly target: number }[];
}

/** A column of a view: what its query makes of it, and what was set besides, left out where nothing was. */
export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  /** Where it differs from the type's own. */
  readonly collation?: string;
  /** What INSERT into the view takes where nothing is given. */
  readonly default?: string;
  readonly comment?: string;
  /** As for a table's column; of materialised views. */
  readonly storage?: string;
  readonly compression?: string;
  readonly statisticsTarget?: number;
  readonly options?: Readonly<Record<string, string>>;
}

/** A view or materialised view. `definition` is the query without a trailing semicolon. */
export interface ViewObject extends ObjectBase {
  readonly kind: "view";
  readonly materialised: boolean;
  readonly columns: readonly ViewColumn[];
  readonly definition: string;
  readonly options: Readonly<Record<string, string>>;
  /** False for a materialised view that has never been filled, and left out otherwise: whether it is, is data. */
  readonly populated?: false;
  /** Of a materialised view, where it is not the server's own. */
  readonly accessMethod?: string;
  /** Of a materialised view, where it is not the database's. */
  readonly tablespace?: string;
}

/** A row security policy. */
export interface PolicyObject extends ObjectBase {
  readonly kind: "policy";
  readonly table: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly permissive: boolean;
  /** Role names; "public" for everybody. Sorted. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/** Extended statistics. `definition` is a complete CREATE STATISTICS; `target` null for the server's default. */
export interface StatisticsObject extends ObjectBase {
  readonly kind: "statistics";
  /** The table, whose schema may be another; null when it is out of the catalog's scope. */
  readonly on: { readonly schema: string; readonly table: string } | null;
  readonly definition: string;
  readonly target: number | null;
}

/** A collation. */
export interface CollationObject extends ObjectBase {
  readonly kind: "collation";
  readonly provider: "libc" | "icu" | "builtin";
  readonly deterministic: boolean;
  /** Null where libc orders and classifies by two locales. */
  readonly locale: string | null;
  readonly lcCollate: string | null;
  readonly lcCtype: string | null;
  /** ICU's tailoring rules. */
  readonly rules: string | null;
}

/** A conversion between two encodings. */
export interface ConversionObject extends ObjectBase {
  readonly kind: "conversion";
  readonly from: string;
  readonly to: string;
  readonly function: string;
  /** Whether the server takes it by itself. */
  readonly default: boolean;
}

/** Any object of a catalog, told apart by `kind`. */
export type CatalogObject =
  | CollationObject
  | CastObject
  | OperatorObject
  | OperatorFamilyObject
  | OperatorClassObject
  | TextSearchConfigurationObject
  | TextSearchDictionaryObject
  | EventTriggerObject
  | RuleObject
  | StatisticsObject
  | ConversionObject
  | DefaultPrivilegesObject
  | SubscriptionObject
  | PublicationObject
  | UserMappingObject
  | ServerObject
  | ForeignDataWrapperObject
  | RoleObject
  | SchemaObject
  | ExtensionObject
  | EnumObject
  | DomainObject
  | CompositeObject
  | RangeObject
  | SequenceObject
  | FunctionObject
  | AggregateObject
  | TableObject
  | ColumnObject
  | ConstraintObject
  | IndexObject
  | ViewObject
  | PolicyObject
  | TriggerObject
  | GrantObject;

/** The object type of one kind. */
export type ObjectOf<K extends CatalogObject["kind"]> = Extract<CatalogObject, { readonly kind: K }>;
