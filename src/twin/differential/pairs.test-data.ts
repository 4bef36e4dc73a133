/*
 * Pairs of statements that mean the same, and pairs that only seem to: the known traps of rewriting SQL (the COUNT
 * bug of unnested subqueries, NOT IN with NULL, joins that multiply rows, outer joins made inner, LIMIT without order).
 */

/** The schema that the pairs are about: keys, nullable and not, with and without foreign keys. */
export const PAIRS_SCHEMA = `
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, city text, age int, born date);
CREATE TABLE purchase (id int PRIMARY KEY, person_id int REFERENCES person, owner_id int NOT NULL REFERENCES person,
  state text NOT NULL CHECK (state IN ('open', 'paid', 'gone')), total numeric(8,2), at timestamp NOT NULL);
CREATE TABLE line (purchase_id int NOT NULL REFERENCES purchase, n int NOT NULL, sku text, amount int, PRIMARY KEY (purchase_id, n));
CREATE TABLE note (id int, person_id int, body text, tags text[]);
CREATE VIEW open_purchase AS SELECT * FROM purchase WHERE state = 'open';`;

/** Two statements, and whether the order of rows is decided. */
export interface Pair {
  readonly before: string;
  readonly after: string;
  readonly ordered?: true;
}

const pair = (before: string, after: string): Pair => ({ before, after });
const inOrder = (before: string, after: string): Pair => ({ before, after, ordered: true });

export const EQUAL_PAIRS: readonly Pair[] = [
  pair(
    "SELECT (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) > 0 AS any FROM purchase p",
    "SELECT EXISTS (SELECT FROM line l WHERE l.purchase_id = p.id) AS any FROM purchase p",
  ),
  pair(
    "SELECT p.id FROM purchase p WHERE (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) > 0",
    "SELECT p.id FROM purchase p WHERE EXISTS (SELECT FROM line l WHERE l.purchase_id = p.id)",
  ),
  pair(
    "SELECT p.id FROM purchase p WHERE (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) = 0",
    "SELECT p.id FROM purchase p WHERE NOT EXISTS (SELECT FROM line l WHERE l.purchase_id = p.id)",
  ),
  pair(
    "SELECT p.id, (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) AS n FROM purchase p",
    "SELECT p.id, coalesce(c.n, 0) AS n FROM purchase p LEFT JOIN (SELECT purchase_id, count(*) AS n FROM line GROUP BY purchase_id) c ON c.purchase_id = p.id",
  ),
  pair(
    "SELECT p.id, (SELECT max(amount) FROM line l WHERE l.purchase_id = p.id) AS m FROM purchase p",
    "SELECT p.id, c.m FROM purchase p LEFT JOIN (SELECT purchase_id, max(amount) AS m FROM line GROUP BY purchase_id) c ON c.purchase_id = p.id",
  ),
  pair(
    "SELECT p.id, (SELECT sum(amount) FROM line l WHERE l.purchase_id = p.id) AS m FROM purchase p",
    "SELECT p.id, c.m FROM purchase p LEFT JOIN LATERAL (SELECT sum(amount) AS m FROM line l WHERE l.purchase_id = p.id) c ON true",
  ),
  pair(
    "SELECT * FROM person WHERE id IN (SELECT owner_id FROM purchase)",
    "SELECT * FROM person WHERE EXISTS (SELECT FROM purchase p WHERE p.owner_id = person.id)",
  ),
  pair(
    "SELECT * FROM person WHERE id IN (SELECT person_id FROM purchase)",
    "SELECT * FROM person WHERE EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id)",
  ),
  pair(
    "SELECT * FROM person WHERE id NOT IN (SELECT owner_id FROM purchase)",
    "SELECT * FROM person WHERE NOT EXISTS (SELECT FROM purchase p WHERE p.owner_id = person.id)",
  ),
  pair(
    "SELECT * FROM person WHERE id NOT IN (SELECT person_id FROM purchase WHERE person_id IS NOT NULL)",
    "SELECT * FROM person WHERE NOT EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id)",
  ),
  pair(
    "SELECT p.* FROM person p LEFT JOIN purchase b ON b.owner_id = p.id WHERE b.id IS NULL",
    "SELECT p.* FROM person p WHERE NOT EXISTS (SELECT FROM purchase b WHERE b.owner_id = p.id)",
  ),
  pair(
    "SELECT DISTINCT p.id, p.name FROM person p JOIN purchase b ON b.owner_id = p.id",
    "SELECT p.id, p.name FROM person p WHERE EXISTS (SELECT FROM purchase b WHERE b.owner_id = p.id)",
  ),
  pair("SELECT DISTINCT p.id FROM person p", "SELECT p.id FROM person p"),
  pair("SELECT DISTINCT ON (id) * FROM person", "SELECT * FROM person"),
  pair("SELECT id, count(*) FROM person GROUP BY id", "SELECT id, 1::bigint AS count FROM person"),
  pair("SELECT b.* FROM purchase b JOIN person p ON p.id = b.owner_id", "SELECT b.* FROM purchase b"),
  pair(
    "SELECT b.* FROM purchase b JOIN person p ON p.id = b.person_id",
    "SELECT b.* FROM purchase b WHERE b.person_id IS NOT NULL",
  ),
  pair("SELECT b.* FROM purchase b LEFT JOIN person p ON p.id = b.person_id", "SELECT b.* FROM purchase b"),
  pair(
    "SELECT b.id, p.name FROM purchase b LEFT JOIN person p ON p.id = b.owner_id",
    "SELECT b.id, p.name FROM purchase b JOIN person p ON p.id = b.owner_id",
  ),
  pair(
    "SELECT b.id FROM purchase b LEFT JOIN person p ON p.id = b.person_id WHERE p.age > 1",
    "SELECT b.id FROM purchase b JOIN person p ON p.id = b.person_id WHERE p.age > 1",
  ),
  pair(
    "SELECT id FROM person WHERE city = 'a' UNION SELECT id FROM person WHERE age = 2",
    "SELECT id FROM person WHERE city = 'a' OR age = 2",
  ),
  pair(
    "SELECT id FROM person WHERE age = 1 UNION SELECT id FROM person WHERE age = 2",
    "SELECT id FROM person WHERE age = 1 UNION ALL SELECT id FROM person WHERE age = 2",
  ),
  pair(
    "SELECT id, name FROM person WHERE city = 'a' OR age = 2",
    "SELECT id, name FROM person WHERE city = 'a' UNION ALL SELECT id, name FROM person WHERE age = 2 AND (city = 'a') IS NOT TRUE",
  ),
  pair("SELECT * FROM person WHERE age = 1 OR age = 2 OR age = 3", "SELECT * FROM person WHERE age IN (1, 2, 3)"),
  pair("SELECT * FROM person WHERE age IN (1, 2, 3)", "SELECT * FROM person WHERE age = ANY (ARRAY[1, 2, 3])"),
  pair(
    "SELECT * FROM person WHERE id IN (1, 2, 3)",
    "SELECT p.* FROM person p JOIN (VALUES (1), (2), (3)) v(id) ON v.id = p.id",
  ),
  pair(
    "SELECT city, count(*) FROM person GROUP BY city HAVING city = 'a'",
    "SELECT city, count(*) FROM person WHERE city = 'a' GROUP BY city",
  ),
  pair(
    "SELECT city, count(*) FROM person GROUP BY city HAVING city > 'a' AND count(*) > 1",
    "SELECT city, count(*) FROM person WHERE city > 'a' GROUP BY city HAVING count(*) > 1",
  ),
  pair(
    "SELECT * FROM purchase WHERE date_trunc('day', at) = '2024-01-01'",
    "SELECT * FROM purchase WHERE at >= '2024-01-01' AND at < timestamp '2024-01-01' + interval '1 day'",
  ),
  pair(
    "SELECT * FROM purchase WHERE at::date = '2024-01-01'",
    "SELECT * FROM purchase WHERE at >= date '2024-01-01' AND at < date '2024-01-01' + 1",
  ),
  pair(
    "SELECT * FROM purchase WHERE extract(year FROM at) = 2024",
    "SELECT * FROM purchase WHERE at >= '2024-01-01' AND at < '2025-01-01'",
  ),
  pair("SELECT * FROM person WHERE age + 1 > 3", "SELECT * FROM person WHERE age > 2"),
  pair("SELECT * FROM person WHERE age - 1 = 1", "SELECT * FROM person WHERE age = 2"),
  pair("SELECT * FROM person WHERE -age < -1", "SELECT * FROM person WHERE age > 1"),
  pair("SELECT * FROM person WHERE NOT (age > 1)", "SELECT * FROM person WHERE age <= 1"),
  pair("SELECT * FROM person WHERE coalesce(age, 0) > 1", "SELECT * FROM person WHERE age > 1"),
  pair("SELECT * FROM person WHERE coalesce(city, 'a') = 'a'", "SELECT * FROM person WHERE city = 'a' OR city IS NULL"),
  pair("SELECT * FROM person WHERE age IS NOT DISTINCT FROM 2", "SELECT * FROM person WHERE age = 2"),
  pair("SELECT * FROM person WHERE CASE WHEN age > 1 THEN true ELSE false END", "SELECT * FROM person WHERE age > 1"),
  pair("SELECT * FROM person WHERE name LIKE 'a%'", "SELECT * FROM person WHERE starts_with(name, 'a')"),
  pair("SELECT * FROM person WHERE substring(name, 1, 1) = 'a'", "SELECT * FROM person WHERE name LIKE 'a%'"),
  pair("SELECT * FROM person WHERE name = 'a' AND name = 'a'", "SELECT * FROM person WHERE name = 'a'"),
  pair("SELECT * FROM person WHERE city = city", "SELECT * FROM person WHERE city IS NOT NULL"),
  pair("SELECT * FROM person WHERE name = name", "SELECT * FROM person"),
  inOrder("SELECT id FROM person ORDER BY id OFFSET 0", "SELECT id FROM person ORDER BY id"),
  inOrder("SELECT id FROM person ORDER BY id, name", "SELECT id FROM person ORDER BY id"),
  inOrder(
    "SELECT id, city FROM person ORDER BY id LIMIT 2",
    "SELECT id, city FROM (SELECT *, row_number() OVER (ORDER BY id) AS r FROM person) x WHERE r <= 2 ORDER BY id",
  ),
  pair(
    "SELECT max(age) FROM person",
    "SELECT (SELECT age FROM person WHERE age IS NOT NULL ORDER BY age DESC LIMIT 1) AS max",
  ),
  pair(
    "SELECT * FROM purchase b WHERE total = (SELECT max(total) FROM purchase c WHERE c.owner_id = b.owner_id)",
    "SELECT id, person_id, owner_id, state, total, at FROM (SELECT *, rank() OVER (PARTITION BY owner_id ORDER BY total DESC NULLS LAST) AS r FROM purchase) x WHERE r = 1 AND total IS NOT NULL",
  ),
  pair(
    "SELECT a.id FROM purchase a JOIN (SELECT owner_id, max(at) AS at FROM purchase GROUP BY owner_id) m ON m.owner_id = a.owner_id AND m.at = a.at",
    "SELECT id FROM (SELECT id, at, max(at) OVER (PARTITION BY owner_id) AS m FROM purchase) x WHERE at = m",
  ),
  pair(
    "WITH o AS MATERIALIZED (SELECT * FROM purchase) SELECT * FROM o WHERE state = 'open'",
    "SELECT * FROM purchase WHERE state = 'open'",
  ),
  pair(
    "WITH o AS (SELECT * FROM purchase WHERE state = 'open') SELECT a.id FROM o a JOIN o b ON a.owner_id = b.owner_id",
    "SELECT a.id FROM open_purchase a JOIN open_purchase b ON a.owner_id = b.owner_id",
  ),
  pair("SELECT id FROM open_purchase WHERE total > 1", "SELECT id FROM purchase WHERE state = 'open' AND total > 1"),
  pair(
    "SELECT id FROM person EXCEPT SELECT owner_id FROM purchase",
    "SELECT id FROM person p WHERE NOT EXISTS (SELECT FROM purchase b WHERE b.owner_id = p.id)",
  ),
  pair(
    "SELECT id FROM person INTERSECT SELECT owner_id FROM purchase",
    "SELECT id FROM person p WHERE EXISTS (SELECT FROM purchase b WHERE b.owner_id = p.id)",
  ),
  pair("SELECT count(email) FROM person", "SELECT count(*) FROM person WHERE email IS NOT NULL"),
  pair("SELECT count(DISTINCT id) FROM person", "SELECT count(*) FROM person"),
  pair(
    "SELECT sum(CASE WHEN state = 'open' THEN 1 END) AS n FROM purchase",
    "SELECT nullif(count(*) FILTER (WHERE state = 'open'), 0) AS n FROM purchase",
  ),
  pair(
    "SELECT count(CASE WHEN state = 'open' THEN 1 END) AS n FROM purchase",
    "SELECT count(*) FILTER (WHERE state = 'open') AS n FROM purchase",
  ),
  pair(
    "SELECT p.id FROM person p, purchase b WHERE p.id = b.owner_id AND b.state = 'paid'",
    "SELECT p.id FROM person p JOIN purchase b ON p.id = b.owner_id WHERE b.state = 'paid'",
  ),
  pair(
    "SELECT p.id FROM person p WHERE p.id IN (SELECT b.owner_id FROM purchase b JOIN line l ON l.purchase_id = b.id WHERE l.amount > 1)",
    "SELECT p.id FROM person p WHERE EXISTS (SELECT FROM purchase b JOIN line l ON l.purchase_id = b.id WHERE b.owner_id = p.id AND l.amount > 1)",
  ),
  pair(
    "SELECT * FROM person WHERE age > ALL (SELECT age FROM person q WHERE q.city = 'a' AND q.age IS NOT NULL)",
    "SELECT * FROM person p WHERE (p.age IS NOT NULL AND NOT EXISTS (SELECT FROM person q WHERE q.city = 'a' AND q.age >= p.age)) OR NOT EXISTS (SELECT FROM person q WHERE q.city = 'a' AND q.age IS NOT NULL)",
  ),
  pair("SELECT * FROM note WHERE 'a' = ANY (tags)", "SELECT * FROM note WHERE tags @> ARRAY['a']"),
  pair("SELECT name FROM person WHERE id = $1", "SELECT p.name FROM person p WHERE p.id = $1"),
  pair("SELECT * FROM person WHERE (age, city) = (2, 'a')", "SELECT * FROM person WHERE age = 2 AND city = 'a'"),
  pair("SELECT * FROM person WHERE age BETWEEN 1 AND 3", "SELECT * FROM person WHERE age >= 1 AND age <= 3"),
];

export const DIFFERENT_PAIRS: readonly Pair[] = [
  // The COUNT bug: groups without rows are lost.
  pair(
    "SELECT p.id, (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) AS n FROM purchase p",
    "SELECT p.id, count(*) AS n FROM purchase p JOIN line l ON l.purchase_id = p.id GROUP BY p.id",
  ),
  pair(
    "SELECT p.id, (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) AS n FROM purchase p",
    "SELECT p.id, count(*) AS n FROM purchase p LEFT JOIN line l ON l.purchase_id = p.id GROUP BY p.id",
  ),
  pair(
    "SELECT p.id, (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) AS n FROM purchase p",
    "SELECT p.id, c.n FROM purchase p LEFT JOIN (SELECT purchase_id, count(*) AS n FROM line GROUP BY purchase_id) c ON c.purchase_id = p.id",
  ),
  pair(
    "SELECT id FROM purchase p WHERE (SELECT count(*) FROM line l WHERE l.purchase_id = p.id) = 0",
    "SELECT p.id FROM purchase p JOIN (SELECT purchase_id, count(*) AS n FROM line GROUP BY purchase_id) c ON c.purchase_id = p.id WHERE c.n = 0",
  ),
  // NOT IN with NULL.
  pair(
    "SELECT * FROM person WHERE id NOT IN (SELECT person_id FROM purchase)",
    "SELECT * FROM person WHERE NOT EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id)",
  ),
  pair(
    "SELECT * FROM person WHERE id NOT IN (SELECT person_id FROM purchase)",
    "SELECT p.* FROM person p LEFT JOIN purchase b ON b.person_id = p.id WHERE b.id IS NULL",
  ),
  pair(
    "SELECT * FROM person WHERE age NOT IN (SELECT amount FROM line)",
    "SELECT * FROM person WHERE NOT EXISTS (SELECT FROM line WHERE amount = person.age)",
  ),
  pair(
    "SELECT * FROM person WHERE age NOT IN (1, 2)",
    "SELECT * FROM person WHERE age IS DISTINCT FROM 1 AND age IS DISTINCT FROM 2",
  ),
  pair(
    "SELECT id IN (SELECT person_id FROM purchase) AS x FROM person",
    "SELECT EXISTS (SELECT FROM purchase WHERE person_id = person.id) AS x FROM person",
  ),
  // Joins that multiply.
  pair(
    "SELECT p.id FROM person p WHERE EXISTS (SELECT FROM purchase b WHERE b.owner_id = p.id)",
    "SELECT p.id FROM person p JOIN purchase b ON b.owner_id = p.id",
  ),
  pair(
    "SELECT p.name FROM person p WHERE p.id IN (SELECT owner_id FROM purchase)",
    "SELECT DISTINCT p.name FROM person p JOIN purchase b ON b.owner_id = p.id",
  ),
  pair(
    "SELECT b.id FROM purchase b JOIN person p ON p.id = b.owner_id",
    "SELECT b.id FROM purchase b JOIN person p ON p.city = p.city AND p.id >= b.owner_id",
  ),
  pair(
    "SELECT p.id, sum(b.total) FROM person p JOIN purchase b ON b.owner_id = p.id GROUP BY p.id",
    "SELECT p.id, sum(b.total) FROM person p JOIN purchase b ON b.owner_id = p.id JOIN line l ON l.purchase_id = b.id GROUP BY p.id",
  ),
  pair("SELECT DISTINCT name FROM person", "SELECT name FROM person"),
  pair("SELECT DISTINCT email FROM person", "SELECT email FROM person"),
  // Outer joins.
  pair(
    "SELECT p.id, b.id AS b FROM person p LEFT JOIN purchase b ON b.owner_id = p.id",
    "SELECT p.id, b.id AS b FROM person p JOIN purchase b ON b.owner_id = p.id",
  ),
  pair(
    "SELECT b.id, p.name FROM purchase b LEFT JOIN person p ON p.id = b.person_id",
    "SELECT b.id, p.name FROM purchase b JOIN person p ON p.id = b.person_id",
  ),
  pair("SELECT b.* FROM purchase b JOIN person p ON p.id = b.person_id", "SELECT b.* FROM purchase b"),
  pair(
    "SELECT p.id FROM person p LEFT JOIN purchase b ON b.owner_id = p.id AND b.state = 'open'",
    "SELECT p.id FROM person p LEFT JOIN purchase b ON b.owner_id = p.id WHERE b.state = 'open'",
  ),
  pair(
    "SELECT p.id FROM person p LEFT JOIN purchase b ON b.owner_id = p.id WHERE b.total IS NULL",
    "SELECT p.id FROM person p LEFT JOIN purchase b ON b.owner_id = p.id AND b.total IS NULL",
  ),
  pair("SELECT p.id FROM person p LEFT JOIN note n ON n.person_id = p.id", "SELECT p.id FROM person p"),
  // Sets.
  pair(
    "SELECT city FROM person UNION SELECT body FROM note",
    "SELECT city FROM person UNION ALL SELECT body FROM note",
  ),
  pair(
    "SELECT id FROM person WHERE city = 'a' OR age = 2",
    "SELECT id FROM person WHERE city = 'a' UNION ALL SELECT id FROM person WHERE age = 2",
  ),
  pair(
    "SELECT name FROM person WHERE city = 'a' OR age = 2",
    "SELECT name FROM person WHERE city = 'a' UNION SELECT name FROM person WHERE age = 2",
  ),
  pair(
    "SELECT id, name FROM person WHERE city = 'a' OR age = 2",
    "SELECT id, name FROM person WHERE city = 'a' UNION ALL SELECT id, name FROM person WHERE age = 2 AND city <> 'a'",
  ),
  pair(
    "SELECT city FROM person EXCEPT SELECT body FROM note",
    "SELECT city FROM person WHERE city NOT IN (SELECT body FROM note WHERE body IS NOT NULL)",
  ),
  // NULL and the third truth value.
  pair("SELECT * FROM person WHERE age <> 2", "SELECT * FROM person WHERE age IS DISTINCT FROM 2"),
  pair(
    "SELECT * FROM person WHERE NOT (age = 2 AND city = 'a')",
    "SELECT * FROM person WHERE (age = 2 AND city = 'a') IS NOT TRUE",
  ),
  pair("SELECT * FROM person WHERE city = city", "SELECT * FROM person"),
  pair("SELECT * FROM person WHERE coalesce(age, 2) = 2", "SELECT * FROM person WHERE age = 2"),
  pair("SELECT count(email) FROM person", "SELECT count(*) FROM person"),
  pair("SELECT count(DISTINCT city) FROM person", "SELECT count(*) FROM (SELECT DISTINCT city FROM person) x"),
  pair("SELECT sum(total) FROM purchase", "SELECT coalesce(sum(total), 0) AS sum FROM purchase"),
  pair("SELECT avg(age) FROM person", "SELECT sum(age)::numeric / nullif(count(*), 0) AS avg FROM person"),
  pair("SELECT max(age) FROM person", "SELECT age AS max FROM person ORDER BY age DESC LIMIT 1"),
  // Conditions on the border.
  pair("SELECT * FROM purchase WHERE at::date <= '2024-01-01'", "SELECT * FROM purchase WHERE at <= '2024-01-01'"),
  pair(
    "SELECT * FROM purchase WHERE date_trunc('day', at) = '2024-01-01'",
    "SELECT * FROM purchase WHERE at BETWEEN '2024-01-01' AND '2024-01-02'",
  ),
  pair("SELECT * FROM person WHERE lower(name) = 'a'", "SELECT * FROM person WHERE name = 'a'"),
  pair("SELECT * FROM person WHERE name LIKE 'a_%'", "SELECT * FROM person WHERE starts_with(name, 'a')"),
  pair("SELECT * FROM person WHERE age * 2 > 3", "SELECT * FROM person WHERE age > 2"),
  pair("SELECT * FROM person WHERE trim(name) = 'a'", "SELECT * FROM person WHERE name = 'a'"),
  pair("SELECT * FROM person WHERE age BETWEEN 1 AND 3", "SELECT * FROM person WHERE age > 1 AND age < 3"),
  // Grouping and order.
  pair(
    "SELECT city, count(*) FROM person GROUP BY city HAVING count(*) > 1",
    "SELECT city, count(*) FROM person WHERE age > 1 GROUP BY city",
  ),
  pair(
    "SELECT count(*) FROM person WHERE age > 2 GROUP BY city HAVING true",
    "SELECT count(*) FROM person WHERE age > 2",
  ),
  inOrder("SELECT id, age FROM person ORDER BY age NULLS FIRST, id", "SELECT id, age FROM person ORDER BY age, id"),
  inOrder("SELECT id FROM person ORDER BY id", "SELECT id FROM person ORDER BY id DESC"),
  inOrder(
    "SELECT id FROM person ORDER BY id OFFSET 1 LIMIT 2",
    "SELECT id FROM person WHERE id > 1 ORDER BY id LIMIT 2",
  ),
  pair("SELECT id FROM person LIMIT 2", "SELECT id FROM person ORDER BY id LIMIT 2"),
  pair("SELECT DISTINCT ON (city) id, city FROM person", "SELECT min(id) AS id, city FROM person GROUP BY city"),
  pair(
    "SELECT * FROM purchase b WHERE total = (SELECT max(total) FROM purchase c WHERE c.owner_id = b.owner_id)",
    "SELECT id, person_id, owner_id, state, total, at FROM (SELECT *, row_number() OVER (PARTITION BY owner_id ORDER BY total DESC NULLS LAST, id) AS r FROM purchase) x WHERE r = 1 AND total IS NOT NULL",
  ),
  pair("SELECT id FROM person WHERE id = $1", "SELECT id FROM person WHERE id >= $1"),
];
