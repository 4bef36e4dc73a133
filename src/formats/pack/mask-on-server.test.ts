import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../engines/postgres/driver.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import { readPlannerStatistics } from "../../engines/postgres/planner-statistics.ts";
import { openPlace } from "../../engines/postgres/testing.test-data.ts";
import type { Place } from "../../engines/postgres/testing.test-data.ts";
import { readTextOrders } from "../../engines/postgres/text-order.ts";
import type { Catalog } from "../../model/catalog.ts";
import type { ColumnDistribution, PlannerStatistics } from "../../model/planner-statistics.ts";
import { writeArray } from "../../sql/array-literal.ts";
import { maskStatistics, textsToOrder } from "./mask.ts";

/** Columns by name: their type, and an expression of `i` that gives common values and many others. */
const COLUMNS: Readonly<Record<string, readonly [type: string, value: string]>> = {
  small: ["smallint", "CASE WHEN i % 2 = 0 THEN i % 7 ELSE i - 1500 END"],
  whole: ["integer", "CASE WHEN i % 2 = 0 THEN i % 7 ELSE i * 1237 - 900000 END"],
  large: ["bigint", "CASE WHEN i % 2 = 0 THEN 7 ELSE i::bigint * 99999999977 END"],
  amount: ["numeric(14,3)", "CASE WHEN i % 2 = 0 THEN 9.5 ELSE (i - 1000) * 1.37 END"],
  single: ["real", "CASE WHEN i % 2 = 0 THEN 0.1 ELSE (i - 1000) * 1.37e-5 END"],
  double: ["double precision", "CASE WHEN i % 2 = 0 THEN 'Infinity' ELSE exp(i / 10.0 - 80) END::float8"],
  day: ["date", "CASE WHEN i % 2 = 0 THEN date '2020-02-29' ELSE date '0001-01-01 BC' + i * 450 END"],
  moment: ["timestamptz", "CASE WHEN i % 2 = 0 THEN '2026-01-01' ELSE now() - i * interval '7 hours 3 minutes' END"],
  clock: ["time", "CASE WHEN i % 2 = 0 THEN time '12:00' ELSE time '00:00' + i * interval '31 seconds' END"],
  span: ["interval", "CASE WHEN i % 2 = 0 THEN interval '1 mon' ELSE i * interval '-1 year 1 day 02:03:04' END"],
  key: ["uuid", "CASE WHEN i % 2 = 0 THEN md5('x') ELSE md5(i::text) END::uuid"],
  mac: [
    "macaddr",
    "CASE WHEN i % 2 = 0 THEN '08:00:2b:01:02:03' ELSE '08:00:2b:' || to_char(i, 'FM00:00:00') END::macaddr",
  ],
  host: [
    "inet",
    "CASE i % 4 WHEN 0 THEN '10.1.0.0/16' WHEN 1 THEN '10.' || i % 250 || '.' || i % 90 || '.0/' || 8 + i % 25 WHEN 2 THEN '192.168.0.' || i % 200 ELSE '2001:db8::' || to_hex(i) || '/' || 60 + i % 60 END::inet",
  ],
  bytes: ["bytea", "CASE WHEN i % 2 = 0 THEN 'x' ELSE decode(md5(i::text), 'hex') END::bytea"],
  plain: [`text COLLATE "C"`, "CASE WHEN i % 2 = 0 THEN 'Ä b' ELSE chr(33 + i % 90) || md5(i::text) END"],
  // Capitals, accents and punctuation, which languages order by another rule than "C" does.
  german: [
    `text COLLATE "de-x-icu"`,
    "CASE WHEN i % 2 = 0 THEN 'ärger' ELSE (ARRAY['a','Ä','ß','z-','Z ','é','''','o'])[1 + i % 8] || md5(i::text) END",
  ],
  padded: ["char(8)", "CASE WHEN i % 2 = 0 THEN 'AB' ELSE left(md5(i::text), 1 + i % 8) END"],
  list: ["integer[]", "CASE WHEN i % 2 = 0 THEN '{1000,NULL}' ELSE ARRAY[i * 1237 % 50000, i % 9] END::integer[]"],
  words: [`text[]`, "CASE WHEN i % 2 = 0 THEN ARRAY['a,b', 'NULL'] ELSE ARRAY[md5(i::text), '\"{}' || i % 9] END"],
};

let place: Place;
let owner: Session;
let catalog: Catalog;
let real: PlannerStatistics;
let masked: PlannerStatistics;

beforeAll(async () => {
  place = await openPlace();
  owner = place.first;
  const entries = Object.entries(COLUMNS);
  await owner.execute(`CREATE TABLE t (${entries.map(([name, [type]]) => `${name} ${type}`).join(", ")}, r int4range)`);
  await owner.execute(
    `INSERT INTO t SELECT ${entries.map(([, [, value]]) => value).join(", ")}, int4range(i * 11, i * 11 + i % 50)
     FROM generate_series(1, 2000) i`,
  );
  await owner.execute("ANALYZE t");
  catalog = await introspect(owner);
  real = await readPlannerStatistics(owner, catalog);
  const { orders } = await readTextOrders(owner, textsToOrder(catalog, real));
  masked = maskStatistics(catalog, real, { key: "a key", orders });
});

afterAll(async () => {
  await place.close();
});

const columnOf = ({ columns }: PlannerStatistics, name: string): ColumnDistribution => {
  const found = columns.find(({ column }) => column === name);
  if (found === undefined) throw new Error(`no statistics of ${name}`);
  return found;
};
const valuesOf = ({ common, histogram }: ColumnDistribution): readonly string[] => [
  ...(common?.values ?? []),
  ...(histogram ?? []),
];

// Numbers of the values in the server's order; equal ones in the order given.
async function orderOf(values: readonly string[], type: string, collation: string): Promise<readonly string[]> {
  const { rows } = await owner.query<{ at: string }>(
    `select at::text as at from unnest($1::text[]) with ordinality u(v, at) order by v::${type} ${collation}, at`,
    [values],
  );
  return rows.map(({ at }) => at);
}

test.each(Object.keys(COLUMNS))("%s: the server orders the stand-ins as it does the values", async (name) => {
  const [declared = ""] = COLUMNS[name] ?? [];
  const [type = "", collation = ""] = declared.split(/ (?=COLLATE)/);
  const [from, to] = [valuesOf(columnOf(real, name)), valuesOf(columnOf(masked, name))];
  expect(from.length).toBeGreaterThan(20);
  expect(to.length).toBe(from.length);
  expect(await orderOf(to, type, collation)).toEqual(await orderOf(from, type, collation));
  const same = to.filter((value, at) => value === from[at] && !/^(?:0|Infinity)$/.test(value));
  expect(same).toEqual([]);
  // As one array they are what a statistic is restored from.
  await owner.query(`select array_in($1::cstring, $2::regtype::oid, -1)`, [writeArray(to), type]);
});

test("bounds of ranges ascend as they did", async () => {
  const [from, to] = [columnOf(real, "r").rangeBounds ?? [], columnOf(masked, "r").rangeBounds ?? []];
  expect(to.length).toBe(from.length);
  for (const bound of ["lower", "upper"]) {
    const { rows } = await owner.query<{ ascends: boolean }>(
      `select array_agg(${bound}(v::int4range) order by at) = array_agg(${bound}(v::int4range) order by ${bound}(v::int4range))
        as ascends from unnest($1::text[]) with ordinality u(v, at)`,
      [to],
    );
    expect(rows[0]?.ascends).toBe(true);
  }
});
