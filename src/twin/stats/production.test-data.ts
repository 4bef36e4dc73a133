import type { Session } from "../../engines/postgres/driver.ts";
import { readQueryPlan } from "../../engines/postgres/explain.ts";
import type { PlannerStatistics } from "../../model/planner-statistics.ts";
import type { QueryPlan, QueryPlanNode } from "../../model/query-plan.ts";

/** A schema with whatever has statistics of its own kind, in a form that every major from 15 takes. */
export const SCHEMA_SQL = `
  CREATE TYPE state AS ENUM ('new', 'open', 'done');
  CREATE DOMAIN code AS text CHECK (VALUE <> '');
  CREATE DOMAIN short_code AS code;
  CREATE TABLE place (
    id integer PRIMARY KEY, name text NOT NULL, "Zip Code" char(8) NOT NULL, city varchar(30) NOT NULL,
    country text COLLATE "C" NOT NULL, code short_code);
  CREATE INDEX place_lower ON place (lower(name), country);
  CREATE STATISTICS place_all ON "Zip Code", city, country FROM place;
  CREATE STATISTICS place_expressions ON (length(name)), (id % 10), city FROM place;
  CREATE STATISTICS place_single ON (upper(city)) FROM place;
  CREATE TABLE person (
    id bigint PRIMARY KEY, place_id integer REFERENCES place, status state NOT NULL, born date, weight numeric(6,2),
    tags text[], marks integer[], about jsonb, words tsvector, active daterange, uid uuid NOT NULL, flag boolean, spot point, note text);
  CREATE INDEX person_place ON person (place_id, born DESC NULLS LAST) INCLUDE (status);
  CREATE INDEX person_done ON person (born) WHERE status = 'done';
  CREATE INDEX person_tags ON person USING gin (tags);
  CREATE INDEX person_words ON person USING gin (words);
  CREATE INDEX person_active ON person USING gist (active);
  CREATE INDEX person_born ON person USING brin (born) WITH (pages_per_range = 8);
  CREATE INDEX person_uid ON person USING hash (uid);
  CREATE INDEX person_spot ON person USING spgist (spot);
  CREATE TABLE event (id bigint NOT NULL, person_id bigint NOT NULL, at date NOT NULL, kind text NOT NULL)
    PARTITION BY RANGE (at);
  CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2024-05-01');
  CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2024-05-01') TO ('2024-09-01');
  CREATE TABLE event_3 PARTITION OF event DEFAULT;
  CREATE INDEX event_person ON event (person_id, at);
  CREATE STATISTICS event_both (ndistinct, dependencies, mcv) ON person_id, kind FROM event;
  CREATE TABLE animal (id integer, sort text);
  CREATE TABLE dog (bark text) INHERITS (animal);
  CREATE MATERIALIZED VIEW busy AS SELECT person_id, count(*) AS events FROM event GROUP BY person_id WITH NO DATA;
  CREATE UNIQUE INDEX busy_person ON busy (person_id);`;

/** Rows for it: columns that hang on each other, skew, nulls, long texts. */
export const ROWS_SQL = `
  INSERT INTO place SELECT n, 'Place ' || n || ' "x"' || chr(92), lpad((n % 400)::text, 5, '0'), 'city, ' || n % 200,
    'C' || n % 20, CASE WHEN n % 3 = 0 THEN 'c' || n % 50 END FROM generate_series(1, 10000) AS n;
  INSERT INTO person SELECT n, CASE WHEN n % 10 <> 0 THEN 1 + (n * n) % 10000 END,
    (CASE WHEN n % 50 = 0 THEN 'new' WHEN n % 7 = 0 THEN 'open' ELSE 'done' END)::state,
    date '1960-01-01' + n / 2, (n % 977) * 1.25, CASE WHEN n % 5 > 0 THEN array['t' || n % 7, 'u' || n % 31] END,
    array[n % 11, n % 3, NULL], jsonb_build_object('a', n % 13), to_tsvector('simple', 'word' || n % 40 || ' all'),
    CASE WHEN n % 20 = 0 THEN 'empty' ELSE daterange(date '2000-01-01' + n % 900, date '2000-01-01' + n % 900 + n % 60 + 1) END,
    md5(n::text)::uuid, n % 4 = 0, point(n % 100, n % 37), CASE WHEN n % 100 = 0 THEN (SELECT string_agg(md5((n * m)::text), '') FROM generate_series(1, 150) AS m) END
    FROM generate_series(1, 30000) AS n;
  INSERT INTO event SELECT n, 1 + (n * 7) % 3000, date '2024-01-01' + n % 360, 'kind ' || ((n * 7) % 3000) % 6
    FROM generate_series(1, 40000) AS n;
  INSERT INTO animal SELECT n, 's' || n % 9 FROM generate_series(1, 2000) AS n;
  INSERT INTO dog SELECT n, 's' || n % 90, 'b' || n % 5 FROM generate_series(1, 3000) AS n;
  REFRESH MATERIALIZED VIEW busy;`;

/** Queries over it whose estimates hang on each kind of statistics in turn. */
export const QUERIES: readonly string[] = [
  "SELECT * FROM place",
  "SELECT * FROM place WHERE id = 77",
  "SELECT * FROM place WHERE \"Zip Code\" = '00007' AND city = 'city, 7' AND country = 'C7'",
  'SELECT count(*) FROM place GROUP BY "Zip Code", city, country',
  "SELECT count(*) FROM place GROUP BY length(name), id % 10, city",
  "SELECT * FROM place WHERE length(name) = 14 AND id % 10 = 3",
  "SELECT * FROM place WHERE upper(city) = 'CITY, 9'",
  "SELECT * FROM place WHERE lower(name) < 'place 2' AND country = 'C3'",
  "SELECT * FROM place WHERE code = 'c7' AND country > 'C15'",
  "SELECT * FROM person WHERE status = 'new'",
  "SELECT * FROM person WHERE place_id = 81 AND born > '1990-01-01'",
  "SELECT place_id, born, status FROM person WHERE place_id BETWEEN 2500 AND 2600",
  "SELECT * FROM person WHERE status = 'done' AND born < '1962-02-01'",
  "SELECT * FROM person WHERE weight < 30 OR weight IS NULL",
  "SELECT * FROM person WHERE tags @> '{t3}' AND marks && '{5,9}'",
  "SELECT * FROM person WHERE words @@ 'word7 & all'",
  "SELECT * FROM person WHERE about @> '{\"a\": 5}'",
  "SELECT * FROM person WHERE uid = '00000000-0000-0000-0000-000000000007'",
  "SELECT * FROM person WHERE spot <@ box '((0,0),(10,10))'",
  "SELECT * FROM person JOIN place ON place.id = person.place_id WHERE place.city = 'city, 9'",
  "SELECT * FROM person JOIN place ON place.id = person.place_id ORDER BY person.id LIMIT 20",
  "SELECT * FROM event WHERE at BETWEEN '2024-02-01' AND '2024-02-20'",
  "SELECT * FROM event WHERE person_id = 7 AND kind = 'kind 1'",
  "SELECT kind, count(*) FROM event GROUP BY kind, person_id",
  "SELECT * FROM event JOIN person ON person.id = event.person_id WHERE person.status = 'new'",
  "SELECT * FROM animal WHERE sort = 's3'",
  "SELECT * FROM busy WHERE events > 12",
  "SELECT * FROM busy JOIN person ON person.id = busy.person_id WHERE busy.person_id < 500",
];

/** What a session's planner would do, without numbers. */
export function shapeOf(node: QueryPlanNode): unknown {
  return [node.kind, node.relation?.name ?? null, node.index, node.details["Join Type"], node.children.map(shapeOf)];
}

/** The plan of a query. */
export async function planOf(session: Session, sql: string): Promise<QueryPlan> {
  const { rows } = await session.query<{ readonly "QUERY PLAN": unknown }>(`EXPLAIN (FORMAT JSON) ${sql}`);
  return readQueryPlan(rows[0]?.["QUERY PLAN"]);
}

/** Statistics as far as two readings of equal databases are equal. */
export function comparable({ relations, columns, extended }: PlannerStatistics): unknown {
  const sorted = (list: readonly unknown[]): readonly string[] => list.map((one) => JSON.stringify(one)).toSorted();
  return { relations: sorted(relations), columns: sorted(columns), extended: sorted(extended) };
}
