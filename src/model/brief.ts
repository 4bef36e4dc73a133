/*
 * The brief, read and checked: every short form of the YAML is expanded, every default filled in, every
 * name resolved. `src/formats/brief` makes it from text; `src/design` makes a design from it.
 * Names are the brief's own (snake_case); what they become in the database is design's decision.
 */

/** How careful one must be with a value. From harmless to what must never be stored in the clear. */
export const CLASSIFICATIONS = ["public", "internal", "personal", "special-category", "card-data", "secret"] as const;
/** @see CLASSIFICATIONS */
export type Classification = (typeof CLASSIFICATIONS)[number];

/** The kinds of value a field can hold. Each has one mapping per engine, stated in `docs/guides/brief.md`. */
export const FIELD_TYPES = [
  "text",
  "code",
  "slug",
  "email",
  "url",
  "phone",
  "markdown",
  "integer",
  "bigint",
  "decimal",
  "money",
  "percent",
  "float",
  "boolean",
  "date",
  "time",
  "instant",
  "duration",
  "uuid",
  "json",
  "bytes",
  "ip",
  "country",
  "currency",
  "language",
  "timezone",
  "enum",
  "list",
  "token",
  "hash",
  "point",
] as const;
/** @see FIELD_TYPES */
export type FieldType = (typeof FIELD_TYPES)[number];

/** A bound such as `integer(1..4)`; either end may be open. Decimal text keeps exactness. */
export interface Range {
  readonly min: string | null;
  readonly max: string | null;
}

/** How far a UNIQUE reaches. */
export type UniqueScope = "everywhere" | "per-tenant";

/** One field of an entity. */
export interface BriefField {
  readonly name: string;
  readonly about: string | null;
  readonly type: FieldType;
  /** `text(120)`: at most 120 characters; `code(10)`. */
  readonly length: number | null;
  /** `integer(1..4)`, `decimal(0..100)`. */
  readonly range: Range | null;
  /** `decimal(12,2)`: precision and scale; money defaults to 19,4. */
  readonly precision: { readonly precision: number; readonly scale: number } | null;
  /** `enum(a, b)`, in order. */
  readonly values: readonly string[];
  /** `list(text(40))`: the element. */
  readonly element: Pick<BriefField, "type" | "length" | "range" | "precision" | "values"> | null;
  /** `type?` in the brief. */
  readonly optional: boolean;
  /** `= value` in the brief, unquoted; `now` for instants and dates. */
  readonly default: string | null;
  readonly unique: UniqueScope | null;
  readonly immutable: boolean;
  readonly classification: Classification | null;
  readonly at: BriefPosition;
}

/** What happens to the child when the parent goes. */
export type OnDelete = "restrict" | "cascade" | "set null" | "no action";

/** `belongs_to`: many children to one parent. `one` makes it one-to-one. */
export interface BriefRelation {
  /** The name of the reference: `assignee`. */
  readonly name: string;
  /** The entity it points to; several make the reference polymorphic. */
  readonly targets: readonly string[];
  readonly about: string | null;
  readonly optional: boolean;
  readonly one: boolean;
  readonly onDelete: OnDelete;
  /** True where the brief states it; false where dbwright chose. */
  readonly onDeleteStated: boolean;
  readonly immutable: boolean;
  readonly at: BriefPosition;
}

/** `many_to_many`: becomes a junction table, with its own fields where given. */
export interface BriefManyToMany {
  /** The name of the collection: `members`. */
  readonly name: string;
  readonly target: string;
  readonly fields: readonly BriefField[];
  /** Whether the pairs keep an order. */
  readonly ordered: boolean;
  readonly at: BriefPosition;
}

/** A number of rows, bytes and growth. Absent parts are null; `skew` is the share of rows the top 1 % of parents hold. */
export interface BriefVolume {
  readonly now_rows: number | null;
  readonly per_month_rows: number | null;
  readonly row_bytes: number | null;
  readonly skew: number | null;
}

/** What the retention period does when it ends. */
export interface BriefRetention {
  readonly months: number;
  readonly then: "erase" | "anonymise" | "archive";
}

/** An invariant of an entity. */
export type BriefRule =
  | { readonly kind: "check"; readonly expression: string; readonly about: string | null; readonly at: BriefPosition }
  | {
      readonly kind: "unique";
      readonly fields: readonly string[];
      readonly where: string | null;
      readonly at: BriefPosition;
    }
  | {
      /** `no overlap of (from, to) per member`. */
      readonly kind: "no-overlap";
      readonly from: string;
      readonly to: string;
      readonly per: readonly string[];
      readonly at: BriefPosition;
    };

/** A known functional dependency between fields: `[country] -> [currency]`. */
export interface BriefDependency {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly at: BriefPosition;
}

/** A thing the system keeps. */
export interface BriefEntity {
  readonly name: string;
  readonly about: string | null;
  readonly fields: readonly BriefField[];
  readonly belongsTo: readonly BriefRelation[];
  readonly manyToMany: readonly BriefManyToMany[];
  /** The entity it specialises (`is_a`): a one-to-one row in the parent's table, sharing its key. */
  readonly isA: string | null;
  /** `key`: the fields of a natural primary key, or null to let dbwright choose. */
  readonly key: readonly string[] | null;
  /** False for reference data that all tenants share (countries, plans); null lets dbwright infer it. */
  readonly perTenant: boolean | null;
  readonly rules: readonly BriefRule[];
  readonly dependencies: readonly BriefDependency[];
  readonly search: readonly string[];
  readonly history: "changes" | "none";
  readonly softDelete: boolean;
  /** Rows are inserted and read, never changed (ledgers, readings, events). */
  readonly appendOnly: boolean;
  /** A position kept within a parent: the relation's name, or "" for the whole table. */
  readonly orderedWithin: string | null;
  readonly volume: BriefVolume;
  readonly retention: BriefRetention | null;
  /** What a GDPR erasure does to a row about a person. */
  readonly erase: "erase" | "anonymise" | "keep" | null;
  /** Where the classification of a whole entity is stated. */
  readonly classification: Classification | null;
  readonly consistency: "strong" | "eventual";
  readonly at: BriefPosition;
}

/** How a field is used in a pattern's filter. */
export type Comparison = "eq" | "in" | "range" | "prefix" | "contains" | "is-null" | "not-null";

/** One filter of a pattern; `path` is a field, a relation, or `relation.field`. `value` fixes it to a constant. */
export interface PatternFilter {
  readonly path: string;
  readonly comparison: Comparison;
  /** Constants the application always uses (`status: in(todo, doing)`), or null for a parameter. */
  readonly values: readonly string[] | null;
}

/** How the application uses the data: what dbwright designs indexes, partitions and read models from. */
export interface BriefPattern {
  readonly name: string;
  readonly about: string | null;
  readonly operation: "read" | "aggregate" | "insert" | "update" | "delete" | "search";
  readonly entity: string;
  readonly where: readonly PatternFilter[];
  readonly order: readonly { readonly path: string; readonly direction: "asc" | "desc" }[];
  readonly limit: number | null;
  /** Further values fetched through relations: `assignee.name`. */
  readonly with: readonly string[];
  /** Fields read from the entity itself; null for all. */
  readonly fields: readonly string[] | null;
  /** For updates: the fields that change. */
  readonly sets: readonly string[];
  /** For aggregates: `count`, or a function over an expression of fields. */
  readonly measure: {
    readonly function: "count" | "sum" | "avg" | "min" | "max";
    readonly expression: string | null;
  } | null;
  /** For aggregates: what is grouped by; `hour|day|week|month|year` stand for the entity's time field. */
  readonly by: readonly string[];
  readonly rate_per_s: number | null;
  readonly p95_ms: number | null;
  /** How old an answer may be; allows a read model. */
  readonly staleness_s: number | null;
  /** Whether it crosses tenants (operator reports); such patterns run outside row security. */
  readonly acrossTenants: boolean;
  readonly at: BriefPosition;
}

/** Tenancy of the whole system. */
export interface BriefTenancy {
  readonly model: "shared-schema" | "schema-per-tenant" | "database-per-tenant";
  /** The entity that is a tenant. */
  readonly tenant: string;
  /** The largest tenant's share of all rows, 0 to 1. */
  readonly largestShare: number | null;
}

/** Where something stands in the brief. Lines and columns count from 1. */
export interface BriefPosition {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A whole brief. */
export interface Brief {
  readonly name: string;
  readonly about: string | null;
  /** Engine and major, e.g. postgres and "18". */
  readonly engine: { readonly name: "postgres"; readonly major: number };
  readonly tenancy: BriefTenancy | null;
  readonly retention: BriefRetention | null;
  /** Recovery point and time objectives in seconds. */
  readonly rpo_s: number | null;
  readonly rto_s: number | null;
  /** How far ahead volumes are projected; 36 unless stated. */
  readonly horizon_months: number;
  readonly entities: readonly BriefEntity[];
  readonly patterns: readonly BriefPattern[];
  /** The file it came from, for messages. */
  readonly file: string;
}
