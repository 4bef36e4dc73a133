import { z } from "zod";
import type {
  ColumnDistribution,
  DatabaseLocale,
  ExtendedDistribution,
  PlannerStatistics,
  RelationSize,
} from "../../model/planner-statistics.ts";

const text = z.string();
const texts = z.array(text);
const number = z.number();
const numbers = z.array(number);
const share = number.min(0).max(1);
const shares = z.array(share);
const count = z.int().min(0);
const unseen = z.array(z.strictObject({ what: text, why: text }));

// Values without their shares, or the other way round, would be written over another's.
const paired = <T extends { readonly values: readonly unknown[]; readonly shares: readonly number[] }>(
  one: T | null,
): boolean => one === null || one.values.length === one.shares.length;
const PAIRED = "there must be as many shares as values";

const relation: z.ZodType<RelationSize> = z.strictObject({
  schema: text,
  name: text,
  kind: z.enum(["table", "partitioned table", "materialised view", "index", "partitioned index", "foreign table"]),
  table: text.nullable(),
  pages: count,
  countedPages: count,
  rows: number.min(-1),
  allVisiblePages: count,
  toastPages: count,
  height: count.nullable(),
});

const column: z.ZodType<ColumnDistribution> = z.strictObject({
  schema: text,
  relation: text,
  column: text,
  type: text,
  inherited: z.boolean(),
  nullShare: share,
  width_bytes: count,
  distinct: number.min(-1),
  common: z.strictObject({ values: texts, shares }).nullable().refine(paired, PAIRED),
  histogram: texts.nullable(),
  // A sum of products in single precision may end a hair beyond 1.
  correlation: number.min(-1.001).max(1.001).nullable(),
  elements: z
    .strictObject({ values: texts, shares, lowest: share, highest: share, nulls: share.nullable() })
    .nullable()
    .refine(paired, PAIRED),
  elementCounts: numbers.nullable(),
  rangeBounds: texts.nullable(),
  rangeLengths: numbers.nullable(),
  rangeEmptyShare: share.nullable(),
  extremes: z.strictObject({ lowest: text, highest: text }).exactOptional(),
});

const extended: z.ZodType<ExtendedDistribution> = z.strictObject({
  schema: text,
  name: text,
  table: text,
  inherited: z.boolean(),
  columns: texts.exactOptional(),
  types: z.array(text.nullable()).exactOptional(),
  expressions: z.array(column).exactOptional(),
  distinct: text.nullable(),
  dependencies: text.nullable(),
  common: z
    .strictObject({ values: z.array(z.array(text.nullable())), shares, baseShares: shares })
    .nullable()
    .refine((one) => paired(one) && one?.baseShares.length === one?.shares.length, PAIRED),
});

const locale: z.ZodType<DatabaseLocale> = z.strictObject({
  encoding: text,
  provider: z.enum(["libc", "icu", "builtin"]),
  collate: text,
  ctype: text,
  locale: text.nullable(),
});

/** The shape of planner statistics. */
export const STATISTICS: z.ZodType<PlannerStatistics> = z.strictObject({
  readAt: z.iso.datetime(),
  versionNumber: z.int().min(90_000),
  masked: z.boolean(),
  settings: z.record(text, text),
  tablespaceCosts: z.record(text, z.record(text, text)).exactOptional(),
  locale: locale.exactOptional(),
  relations: z.array(relation),
  columns: z.array(column),
  extended: z.array(extended),
  unseen,
});

/** The document of a pack; its two parts are looked at one by one. */
export const DOCUMENT: z.ZodType<{
  readonly format: "dbwright.pack";
  readonly version: 1;
  readonly catalog: unknown;
  readonly statistics: unknown;
}> = z.strictObject({
  format: z.literal("dbwright.pack"),
  version: z.literal(1),
  catalog: z.unknown(),
  statistics: z.unknown(),
});
