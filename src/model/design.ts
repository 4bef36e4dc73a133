import type { Brief, BriefPattern } from "./brief.ts";
import type { Catalog } from "./catalog.ts";
import type { Decision } from "./decision.ts";
import type { RefKey } from "./ref.ts";

/** How many rows a table is designed for, and how they are spread. Rows and bytes are whole numbers. */
export interface TableVolume {
  readonly schema: string;
  readonly table: string;
  readonly now_rows: number;
  readonly per_month_rows: number;
  /** now + per_month × horizon, less what retention removes: what plans are judged at. */
  readonly horizon_rows: number;
  /** Average width of a row with its header. */
  readonly row_bytes: number;
  /** Estimated bytes of all its indexes at the horizon, without BRIN; absent where nobody estimated them. */
  readonly index_bytes?: number;
  /** The largest tenant's share of the rows (0 to 1), or null when the table is not per tenant. */
  readonly largest_tenant_share: number | null;
  /** Share of rows that the busiest 1 % of each parent hold; 0.01 is even. */
  readonly skew: number;
  /** Where the numbers come from: stated in the brief, or inferred from other entities. */
  readonly standing: "stated" | "inferred";
}

/** One parameter of a designed query, in order of its number. */
export interface QueryParameter {
  /** The column whose values it takes. */
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The SQL type to cast to. */
  readonly type: string;
  readonly role: "equals" | "list" | "from" | "to" | "prefix" | "search" | "insert" | "limit" | "set";
}

/** An access pattern as the query the application would send. */
export interface DesignedQuery {
  /** The pattern's name. */
  readonly pattern: string;
  readonly source: BriefPattern;
  /** With $1 … $n; for humans it is laid out on several lines. */
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
  /** The table the pattern is about. */
  readonly table: { readonly schema: string; readonly table: string };
  /** The index its plan must use (catalog key); null for inserts and for reads that need none, with the reason in `note`. */
  readonly index: RefKey | null;
  /** Tables it may scan whole because they stay small, or because the answer needs every row. */
  readonly mayScan: readonly { readonly schema: string; readonly table: string; readonly why: string }[];
  readonly note: string | null;
}

/** Tenancy as built. */
export interface DesignedTenancy {
  readonly model: "shared-schema" | "schema-per-tenant" | "database-per-tenant";
  readonly tenantTable: { readonly schema: string; readonly table: string };
  /** The column that carries the tenant in each table that is per tenant. */
  readonly column: string;
  /** The type of that column. */
  readonly type: string;
  /** The setting the application sets per transaction, e.g. `app.tenant_id`. */
  readonly setting: string;
  /** Tables with a tenant column and policies. */
  readonly tables: readonly { readonly schema: string; readonly table: string }[];
}

/** A column with what it holds, for documents, masking and the row generator. */
export interface DesignedColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The brief's field type, or `key`, `reference`, `tenant`, `audit`, `position`, `discriminator`. */
  readonly meaning: string;
  /** The entity and field it comes from, e.g. `task.title`; null for what design added. */
  readonly origin: string | null;
  readonly classification: "public" | "internal" | "personal" | "special-category" | "card-data" | "secret";
}

/** A partitioned table: how it is cut and kept. */
export interface DesignedPartitions {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly interval: "day" | "week" | "month" | "quarter" | "year";
  /** Drop partitions that are older, or null to keep them all. */
  readonly retain_months: number | null;
  readonly premake: number;
}

/** What {@link DesignedJob.every} says of rows that belong to the schema, such as the values of a lookup table. */
export const WITH_FIRST_MIGRATION = "once, with the first migration";

/** A statement the operator schedules (retention, partitions, read models), with why. */
export interface DesignedJob {
  readonly name: string;
  readonly every: string;
  readonly sql: string;
  readonly because: string;
}

/** Everything `design` decided, before anything is proved or written. */
export interface Design {
  readonly brief: Brief;
  readonly catalog: Catalog;
  /** The main schema's name. */
  readonly schema: string;
  /** The role the application connects as; it owns nothing and cannot bypass row security. */
  readonly applicationRole: string;
  /** The role that jobs and patterns across tenants take on with SET ROLE; null where nothing needs one. */
  readonly operatorRole?: string | null;
  readonly decisions: readonly Decision[];
  readonly columns: readonly DesignedColumn[];
  readonly volumes: readonly TableVolume[];
  readonly queries: readonly DesignedQuery[];
  readonly tenancy: DesignedTenancy | null;
  readonly partitions: readonly DesignedPartitions[];
  readonly jobs: readonly DesignedJob[];
}
