import { expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { catalogFrom, columnObject, tableObject } from "../formats/fixtures.test-data.ts";
import type { ColumnObject } from "../model/catalog.ts";
import type { ColumnStatistics, Statistics } from "../model/statistics.ts";
import { compare } from "./compare.ts";
import { likelyRenames } from "./likely-renames.ts";

type Figures = readonly [nullShare: number, distinct: number | null, width_bytes: number];

function statistics(rows: number, columns: Readonly<Record<string, Figures>>): Statistics {
  return {
    readAt: "2026-01-01T00:00:00Z",
    countersSince: null,
    replica: false,
    hasReplicas: false,
    tables: [
      {
        schema: "public",
        table: "task",
        rows,
        bytes: null,
        sequentialScans: null,
        indexScans: null,
        lastAnalysed: null,
      },
    ],
    indexes: [],
    columns: Object.entries(columns).map(([column, [nullShare, distinct, width_bytes]]): ColumnStatistics => ({
      schema: "public",
      table: "task",
      column,
      nullShare,
      distinct,
      width_bytes,
      listShare: null,
    })),
    sequences: [],
    samples: [],
    unseen: [],
  };
}

const task = tableObject("task");
const column = (name: string, position: number): ColumnObject => columnObject(task, position, name, "text");

function check(
  news: readonly ColumnObject[],
  before: Figures,
  after: Readonly<Record<string, Figures>>,
  rows: readonly [number, number] = [1000, 1000],
): readonly string[] {
  const comparison = compare(catalogFrom([[task, column("title", 2)]]), catalogFrom([[task, ...news]]));
  const both = { from: statistics(rows[0], { title: before }), to: statistics(rows[1], after) };
  return likelyRenames(comparison, postgres, both).map(({ flag, why }) => `${flag}: ${why}`);
}

const LIKE: Figures = [0.02, 980, 20];

test("alike data make a column elsewhere in the table a likely rename, and say by which figures", () => {
  expect(check([column("headline", 7)], LIKE, { headline: [0.03, 950, 21] })).toEqual([
    "public.task.title=headline: same type, alike data: 2 % and 3 % null, 980 and 950 distinct values, 20 and 21 bytes wide",
  ]);
});

test("distinct values are also alike as a share of the rows", () => {
  expect(check([column("headline", 7)], LIKE, { headline: [0.03, 98, 21] }, [1000, 100])).toHaveLength(1);
  expect(check([column("headline", 7)], LIKE, { headline: [0.03, 98, 21] })).toEqual([]);
});

test("unlike data speak against the same position, and are told where a name speaks for it", () => {
  expect(check([column("state", 2)], LIKE, { state: [0, 3, 4] })).toEqual([]);
  expect(check([column("titles", 2)], LIKE, { titles: [0.9, 3, 4] })).toEqual([
    "public.task.title=titles: same type, same position, similar name; but unlike data: 2 % and 90 % null, 980 and 3 distinct values, 20 and 4 bytes wide",
  ]);
});

test("of two candidates the one with the same data is offered", () => {
  const found = check([column("aaa", 2), column("bbb", 3)], LIKE, { aaa: [0.5, 3, 9], bbb: LIKE });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/=bbb: same type, alike data/);
});

test("a column of which nothing is known is judged as before", () => {
  expect(check([column("headline", 2)], LIKE, {})).toEqual(["public.task.title=headline: same type, same position"]);
  expect(check([column("headline", 7)], LIKE, {})).toEqual([]);
});
