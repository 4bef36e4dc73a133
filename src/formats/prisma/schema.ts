import type { ColumnObject, EnumObject } from "../../model/catalog.ts";
import type { TableView } from "../../model/catalog-view.ts";

/** An enum with its names in the schema. */
export interface PrismaEnum {
  readonly object: EnumObject;
  readonly name: string;
  /** By the database's value. */
  readonly values: ReadonlyMap<string, string>;
}

/** What a column's type becomes. */
export interface Scalar {
  /** A scalar, an enum's name, or `Unsupported("…")`. */
  readonly type: string;
  readonly list: boolean;
  /** `@db.…` without the `@db.`, or null. */
  readonly native: string | null;
  readonly enum: PrismaEnum | null;
  readonly supported: boolean;
  /** The domain it is declared with, as printed, or null. */
  readonly domain: string | null;
}

/** A scalar field. */
export interface PrismaField {
  readonly name: string;
  readonly column: ColumnObject;
  readonly scalar: Scalar;
  readonly required: boolean;
}

/** A primary key, unique constraint or unique index that Prisma can hold. */
export interface PrismaKey {
  readonly kind: "id" | "unique";
  readonly columns: readonly string[];
  /** The name in the database. */
  readonly name: string;
  readonly descending: ReadonlySet<string>;
}

/** One end of a relation; `attribute` is empty at the end without foreign-key columns. */
export interface PrismaRelationField {
  readonly name: string;
  readonly type: string;
  readonly attribute: string;
  readonly remarks: readonly string[];
  /** True at the end without foreign-key columns. */
  readonly back: boolean;
}

/** A model under construction; relation fields are added to both ends. */
export interface PrismaModel {
  readonly view: TableView;
  readonly name: string;
  /** By column name, in order. */
  readonly fields: ReadonlyMap<string, PrismaField>;
  readonly keys: readonly PrismaKey[];
  /** True when no key of required columns identifies a row for Prisma. */
  readonly ignored: boolean;
  readonly relations: PrismaRelationField[];
  /** What the model cannot say, as documentation above it. */
  readonly remarks: string[];
  readonly allocateField: (...candidates: readonly string[]) => string;
}
