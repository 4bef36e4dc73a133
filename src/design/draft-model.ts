import type { Brief, BriefEntity, BriefRelation, OnDelete } from "../model/brief.ts";
import type { CatalogObject, ColumnObject, IndexKey } from "../model/catalog.ts";
import type { Decision } from "../model/decision.ts";
import type { DesignedColumn, DesignedJob, DesignedPartitions, DesignedQuery } from "../model/design.ts";
import type { RefKey } from "../model/ref.ts";
import type { Dialect } from "../model/statement.ts";
import type { DraftVolume } from "./entity-volumes.ts";
import type { Namespace } from "./names.ts";

/*
 * The design while it is made. Each topic (keys, relations, indexes …) reads and extends it in turn;
 * `emit.ts` turns it into an immutable catalog at the end. Nothing outside `src/design` sees it.
 */

/** A column being designed. `width_bytes` is the average stored width of a value. */
export interface DraftColumn {
  readonly name: string;
  type: string;
  notNull: boolean;
  default: string | null;
  identity: ColumnObject["identity"];
  generated: ColumnObject["generated"];
  comment: string | null;
  readonly meaning: string;
  readonly origin: string | null;
  classification: DesignedColumn["classification"];
  readonly width_bytes: number;
  /** Types and functions it needs. */
  needs: RefKey[];
}

/** PRIMARY KEY or UNIQUE. `serves` says what it is for. */
export interface DraftKey {
  readonly name: string;
  readonly kind: "primary key" | "unique";
  columns: readonly string[];
  readonly deferrable: boolean;
  readonly nullsNotDistinct: boolean;
  /** Columns its index holds beside the key (INCLUDE). */
  readonly include: readonly string[];
}

/** A foreign key. */
export interface DraftForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly target: DraftTable;
  readonly targetColumns: readonly string[];
  readonly onDelete: OnDelete;
  /** For `set null`: the columns that become null (the tenant column never does). */
  readonly setNull: readonly string[];
  /** The relation of the brief, or null for what design added. */
  readonly relation: BriefRelation | null;
}

/** CHECK. */
export interface DraftCheck {
  readonly name: string;
  readonly expression: string;
  readonly columns: readonly string[];
}

/** EXCLUDE USING gist. `clause` is everything after EXCLUDE. */
export interface DraftExclusion {
  readonly name: string;
  readonly clause: string;
  readonly columns: readonly string[];
  readonly keys: readonly IndexKey[];
  readonly predicate: string | null;
}

/** An index that stands by itself (those behind keys and exclusions come with them). */
export interface DraftIndex {
  readonly name: string;
  readonly method: "btree" | "gin" | "brin" | "gist";
  readonly unique: boolean;
  readonly keys: readonly IndexKey[];
  readonly include: readonly string[];
  readonly predicate: string | null;
}

/** A row trigger. */
export interface DraftTrigger {
  readonly name: string;
  /** `BEFORE UPDATE OF title`. */
  readonly timing: string;
  /** `EXECUTE FUNCTION …`, with its WHEN before it. */
  readonly call: string;
  readonly needs: readonly RefKey[];
}

/** A row security policy. */
export interface DraftPolicy {
  readonly name: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/** What a table is there for. */
export type TableRole = "entity" | "junction" | "history" | "lookup" | "search" | "rollup";

/** A table being designed. */
export interface DraftTable {
  readonly schema: string;
  readonly name: string;
  readonly role: TableRole;
  /** The entity it holds, or the one it belongs to. */
  readonly entity: BriefEntity | null;
  /** For a history: the table whose changes it keeps. */
  recordOf: DraftTable | null;
  /** Whether each row belongs to one tenant. */
  readonly perTenant: boolean;
  comment: string | null;
  readonly columns: DraftColumn[];
  /** The columns of the primary key, in order; the tenant column first where there is one. */
  primaryKey: string[];
  readonly primaryKeyName: string;
  /** Columns the primary key's index holds beside the key (INCLUDE). */
  keyIncludes: readonly string[];
  readonly keys: DraftKey[];
  readonly foreignKeys: DraftForeignKey[];
  readonly checks: DraftCheck[];
  readonly exclusions: DraftExclusion[];
  readonly indexes: DraftIndex[];
  readonly triggers: DraftTrigger[];
  readonly policies: DraftPolicy[];
  /** Time column and interval of its range partitions. */
  partitions: { readonly column: string; readonly bounds: readonly DraftPartition[] } | null;
  /** Privileges of the application role, upper case. */
  readonly grants: Set<string>;
  readonly operatorGrants: Set<string>;
  volume: DraftVolume;
  readonly constraintNames: Namespace;
}

/** One partition. */
export interface DraftPartition {
  readonly name: string;
  readonly bound: string;
}

/** One end of a junction: the entity, and the columns that refer to it (without the tenant's). */
export interface JunctionEnd {
  readonly entity: string;
  /** How patterns call the collection seen from the other end. */
  readonly names: readonly string[];
  readonly columns: readonly string[];
}

/** A many-to-many relationship as built. */
export interface Junction {
  readonly table: DraftTable;
  readonly ends: readonly [JunctionEnd, JunctionEnd];
}

/** What a field is stored as. `checks` are conditions with `$` for the quoted column. */
export interface FieldStorage {
  readonly type: string;
  readonly needs: readonly RefKey[];
  readonly width_bytes: number;
  readonly checks: readonly string[];
  /** The table of allowed values, for long enumerations. */
  readonly lookup: DraftTable | null;
}

/** A field moved to another table by normalisation, with the columns that lead there. */
export interface MovedField {
  readonly entity: string;
  readonly from: readonly string[];
}

/** Everything known so far. */
export interface Draft {
  readonly brief: Brief;
  readonly dialect: Dialect;
  /** `YYYY-MM-DD`: partitions are made around this day. */
  readonly today: string;
  readonly schema: string;
  /** Where the tables of one tenant live; the main schema except with a schema per tenant. */
  readonly tenantSchema: string;
  readonly applicationRole: string;
  readonly operatorRole: string;
  readonly entities: ReadonlyMap<string, BriefEntity>;
  readonly tables: DraftTable[];
  readonly entityTables: Map<string, DraftTable>;
  readonly decisions: Decision[];
  readonly jobs: DesignedJob[];
  readonly queries: DesignedQuery[];
  readonly partitions: DesignedPartitions[];
  /** Types, functions, extensions, views: what is no table. */
  readonly objects: CatalogObject[];
  /** `entity` then `field`: where normalisation took a field. */
  readonly moved: ReadonlyMap<string, ReadonlyMap<string, MovedField>>;
  readonly relationNames: ReadonlyMap<string, Namespace>;
  /** What each field (`entity.field`) is stored as, once asked for. */
  readonly fieldTypes: Map<string, FieldStorage>;
  /** `entity.field` of every field that a pattern filters by. */
  readonly filtered: ReadonlySet<string>;
  readonly volumes: ReadonlyMap<string, DraftVolume>;
  readonly junctions: Junction[];
  operatorNeeded: boolean;
}
