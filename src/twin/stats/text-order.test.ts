import { expect, it } from "vitest";
import { ref } from "../../model/ref.ts";
import type { Catalog, ColumnObject } from "../../model/catalog.ts";
import type { ColumnDistribution, DatabaseLocale } from "../../model/planner-statistics.ts";
import { byCodePoint, orderOf } from "./text-order.ts";

const locale = (provider: DatabaseLocale["provider"], collate: string, name: string | null): DatabaseLocale => ({
  encoding: "UTF8",
  provider,
  collate,
  ctype: collate,
  locale: name,
});

it.each([
  [locale("libc", "C", null), "code point"],
  [locale("libc", "C.UTF-8", null), "code point"],
  [locale("builtin", "en_US.UTF-8", "C.UTF-8"), "code point"],
  [locale("libc", "en_US.UTF-8", null), "libc's en_US.UTF-8"],
  [locale("icu", "C", "de-DE"), "icu's de-DE"],
])("%j orders by %s", (given, order) => {
  expect(orderOf(given)).toBe(order);
});

it("puts bounds of text in the order of code points, but for columns with a collation of their own", () => {
  const column = (name: string, type: string, collation: string | null): ColumnObject => ({
    ...ref("column", name, { schema: "public", table: "t" }),
    kind: "column",
    table: "t",
    position: 1,
    type,
    notNull: false,
    default: null,
    identity: null,
    generated: null,
    collation,
    storage: null,
    compression: null,
    statisticsTarget: null,
    inherited: false,
    comment: null,
    dependsOn: [],
  });
  const histogram = ["a", "B", "é", "z", "😀"];
  const of = (name: string, type: string): ColumnDistribution => ({
    schema: "public",
    relation: "t",
    column: name,
    type,
    inherited: false,
    nullShare: 0,
    width_bytes: 4,
    distinct: -1,
    common: null,
    histogram,
    correlation: null,
    elements: null,
    elementCounts: null,
    rangeBounds: null,
    rangeLengths: null,
    rangeEmptyShare: null,
  });
  const catalog: Catalog = {
    engine: { name: "postgres", version: "18" },
    objects: [column("plain", "text", null), column("own", "text", "de"), column("state", "public.state", null)],
    unmodelled: [],
  };
  const [plain, own, state] = byCodePoint(
    [of("plain", "character varying(9)"), of("own", "text"), of("state", "public.state")],
    catalog,
  );
  expect(plain?.histogram).toEqual(["B", "a", "z", "é", "😀"]);
  expect(own?.histogram).toBe(histogram);
  expect(state?.histogram).toBe(histogram);
});
