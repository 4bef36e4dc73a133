import { expect, test } from "vitest";
import type { CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { castSuffix } from "./cast.ts";

const base = { schema: "public", table: null, comment: null, dependsOn: [] } as const;
const price = {
  ...base,
  kind: "domain",
  name: "price",
  signature: "",
  type: "numeric(10,2)",
  notNull: false,
  default: null,
  collation: null,
  checks: [],
} as unknown as CatalogObject;
const pair = { ...base, kind: "composite", name: "Pair", signature: "", attributes: [] } as unknown as CatalogObject;
const catalog = catalogOf({ name: "postgres", version: "16" }, [price, pair], []);

test.each([
  ["integer", "bigint", "::bigint"],
  ["numeric(10,2)", "numeric(4,1)", "::numeric(4,1)"],
  ["character varying(40)", "integer", "::integer"],
  ["date", "integer", "::text::integer"],
  ["timestamp(3) with time zone", "date", "::date"],
  ["timestamp with time zone", "bigint", "::text::bigint"],
  ['public."Level"', "numeric(10,2)", "::text::numeric(10,2)"],
  ['public."Level"', "text", "::text"],
  ["text", "public.mood", "::public.mood"],
  ["public.mood", "public.state", "::text::public.state"],
  ["public.mood[]", "public.state[]", "::text[]::public.state[]"],
  ["integer[]", "bigint[]", "::bigint[]"],
  ["public.price", "integer", "::integer"],
  ["integer", "public.price", "::public.price"],
  ["uuid", "public.price", "::text::public.price"],
  ["text[]", "jsonb", "::text::jsonb"],
  ['public."Pair__dbwright_old"', 'public."Pair"', '::public."Pair"'],
  ['public."Pair"[]', 'public."Pair__dbwright_old"[]', '::public."Pair__dbwright_old"[]'],
  ["public.price__dbwright_old", "public.price", "::text::public.price"],
])("%s becomes %s by %s", (from, to, suffix) => {
  expect(castSuffix(from, to, catalog)).toBe(suffix);
});
