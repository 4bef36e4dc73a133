-- equal: NOT IN guarded against NULL
SELECT id FROM emp WHERE dept NOT IN (SELECT name FROM dept);
SELECT id FROM emp WHERE NOT EXISTS (SELECT FROM dept d WHERE d.name = emp.dept) AND (dept IS NOT NULL OR NOT EXISTS (SELECT FROM dept));
-- equal: NOT IN over a key with a side that is never NULL
SELECT name FROM dept WHERE name NOT IN (SELECT dept FROM emp WHERE dept IS NOT NULL AND salary > 100);
SELECT d.name FROM dept d LEFT JOIN emp e ON e.dept = d.name AND e.salary > 100 WHERE e.id IS NULL;
-- equal: = ANY of a query and IN
SELECT id FROM emp WHERE dept = ANY (SELECT name FROM dept WHERE region = 'north');
SELECT id FROM emp WHERE dept IN (SELECT name FROM dept WHERE region = 'north');
-- equal: <> ALL and NOT IN
SELECT a FROM t1 WHERE a <> ALL (SELECT a FROM t2);
SELECT a FROM t1 WHERE a NOT IN (SELECT a FROM t2);
-- equal: IN over a key is a join
SELECT e.id FROM emp e WHERE e.dept IN (SELECT name FROM dept WHERE budget > 10);
SELECT e.id FROM emp e JOIN dept d ON d.name = e.dept WHERE d.budget > 10;
-- equal: a semi-join by DISTINCT of the other side
SELECT d.name, d.region FROM dept d WHERE EXISTS (SELECT FROM emp e WHERE e.dept = d.name AND e.mood = 'ok');
SELECT d.name, d.region FROM dept d JOIN (SELECT DISTINCT dept FROM emp WHERE mood = 'ok') e ON e.dept = d.name;
-- equal: a semi-join as a lateral of one row
SELECT d.name FROM dept d WHERE EXISTS (SELECT FROM emp e WHERE e.dept = d.name);
SELECT d.name FROM dept d CROSS JOIN LATERAL (SELECT 1 FROM emp e WHERE e.dept = d.name LIMIT 1) x;
-- equal: a count without the bug
SELECT d.name, (SELECT count(*) FROM emp e WHERE e.dept = d.name AND e.salary > 100) AS n FROM dept d;
SELECT d.name, count(e.id) AS n FROM dept d LEFT JOIN emp e ON e.dept = d.name AND e.salary > 100 GROUP BY d.name;
-- equal: a count compared with a column, with its zero
SELECT d.name FROM dept d WHERE d.budget = (SELECT count(*) FROM emp e WHERE e.dept = d.name);
SELECT d.name FROM dept d LEFT JOIN (SELECT dept, count(*) AS n FROM emp GROUP BY dept) c ON c.dept = d.name WHERE d.budget = coalesce(c.n, 0);
-- equal: two counts at once
SELECT d.name, (SELECT count(*) FROM emp e WHERE e.dept = d.name) AS n, (SELECT max(e.salary) FROM emp e WHERE e.dept = d.name) AS m FROM dept d;
SELECT d.name, l.n, l.m FROM dept d CROSS JOIN LATERAL (SELECT count(*) AS n, max(e.salary) AS m FROM emp e WHERE e.dept = d.name) l;
-- equal: the total of a group by a window
SELECT e.id, (SELECT count(*) FROM emp f WHERE f.dept = e.dept) AS n FROM emp e WHERE e.dept IS NOT NULL;
SELECT id, count(*) OVER (PARTITION BY dept) AS n FROM emp WHERE dept IS NOT NULL;
-- equal: the latest of each, ties kept
SELECT e.tenant, e.n FROM ev e WHERE e.at = (SELECT max(f.at) FROM ev f WHERE f.tenant = e.tenant);
SELECT tenant, n FROM (SELECT tenant, n, rank() OVER (PARTITION BY tenant ORDER BY at DESC) AS r FROM ev) x WHERE r = 1;
-- equal: the latest of each, by NOT EXISTS
SELECT e.tenant, e.n FROM ev e WHERE e.at = (SELECT max(f.at) FROM ev f WHERE f.tenant = e.tenant);
SELECT e.tenant, e.n FROM ev e WHERE NOT EXISTS (SELECT FROM ev f WHERE f.tenant = e.tenant AND f.at > e.at);
-- equal: one row of each, ties broken by the key
SELECT DISTINCT ON (tenant) tenant, n, v FROM ev ORDER BY tenant, at DESC, n;
SELECT tenant, n, v FROM (SELECT tenant, n, v, row_number() OVER (PARTITION BY tenant ORDER BY at DESC, n) AS r FROM ev) x WHERE r = 1;
-- equal: one row of each by a lateral
SELECT DISTINCT ON (e.dept) e.dept, e.id FROM emp e JOIN dept d ON d.name = e.dept ORDER BY e.dept, e.id;
SELECT d.name AS dept, l.id FROM dept d CROSS JOIN LATERAL (SELECT e.id FROM emp e WHERE e.dept = d.name ORDER BY e.id LIMIT 1) l;
-- equal: a self-join on the whole key
SELECT x.tenant, x.n, y.v FROM ev x JOIN ev y ON y.tenant = x.tenant AND y.n = x.n;
SELECT tenant, n, v FROM ev;
-- equal: a self-join on the key with conditions on both
SELECT e.id FROM emp e JOIN emp f ON f.id = e.id WHERE e.salary > 100 AND f.mood = 'ok';
SELECT id FROM emp WHERE salary > 100 AND mood = 'ok';
-- equal: a join along a composite foreign key
SELECT g.word FROM tag g JOIN ev v ON v.tenant = g.tenant AND v.n = g.n;
SELECT word FROM tag WHERE tenant IS NOT NULL AND n IS NOT NULL;
-- equal: an outer join along a key that nothing asks for
SELECT e.id, e.salary FROM emp e LEFT JOIN dept d ON d.name = e.dept;
SELECT id, salary FROM emp;
-- equal: USING and ON
SELECT x.tenant, x.n, g.word FROM ev x JOIN tag g USING (tenant, n);
SELECT x.tenant, x.n, g.word FROM ev x JOIN tag g ON g.tenant = x.tenant AND g.n = x.n;
-- equal: a merged column of a full join
SELECT a FROM t1 FULL JOIN t2 USING (a);
SELECT coalesce(x.a, y.a) AS a FROM t1 x FULL JOIN t2 y ON x.a = y.a;
-- equal: FULL in three parts
SELECT a.a, b.a AS c FROM t1 a FULL JOIN t2 b ON a.a = b.a;
SELECT a.a, b.a AS c FROM t1 a LEFT JOIN t2 b ON a.a = b.a UNION ALL SELECT NULL, b.a FROM t2 b WHERE NOT EXISTS (SELECT FROM t1 a WHERE a.a = b.a);
-- equal: RIGHT turned round
SELECT d.name, e.id FROM emp e RIGHT JOIN dept d ON d.name = e.dept;
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON d.name = e.dept;
-- equal: an outer join made inner by a strict condition
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name WHERE lower(e.nick) LIKE 'a%';
SELECT d.name, e.id FROM dept d JOIN emp e ON e.dept = d.name WHERE lower(e.nick) LIKE 'a%';
-- equal: a condition on the inner side moved below the outer join
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name AND e.mood = 'ok';
SELECT d.name, e.id FROM dept d LEFT JOIN (SELECT * FROM emp WHERE mood = 'ok') e ON e.dept = d.name;
-- equal: a condition on the outer side moved below the outer join
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name WHERE d.region = 'north';
SELECT d.name, e.id FROM (SELECT * FROM dept WHERE region = 'north') d LEFT JOIN emp e ON e.dept = d.name;
-- equal: inner joins in another order
SELECT a.a, c.b FROM t1 a JOIN t2 b ON a.a = b.a JOIN t3 c ON c.a = b.b;
SELECT a.a, c.b FROM t3 c JOIN (t2 b JOIN t1 a ON a.a = b.a) ON c.a = b.b;
-- equal: a cross join with a condition
SELECT a.a, b.b FROM t1 a, t2 b WHERE a.a = b.a AND a.b > 2;
SELECT a.a, b.b FROM t1 a JOIN t2 b ON a.a = b.a AND a.b > 2;
-- equal: an equality carried on
SELECT a.a FROM t1 a JOIN t2 b ON a.a = b.a WHERE a.a = 3;
SELECT a.a FROM t1 a JOIN t2 b ON a.a = 3 AND b.a = 3;
-- equal: a range carried on
SELECT a.a, b.c FROM t1 a JOIN t2 b ON a.a = b.a WHERE a.a > 3;
SELECT a.a, b.c FROM t1 a JOIN t2 b ON a.a = b.a WHERE a.a > 3 AND b.a > 3;
-- equal: grouping before the join
SELECT d.name, sum(e.salary) AS s FROM dept d JOIN emp e ON e.dept = d.name GROUP BY d.name;
SELECT d.name, e.s FROM dept d JOIN (SELECT dept, sum(salary) AS s FROM emp GROUP BY dept) e ON e.dept = d.name;
-- equal: grouping by what the key decides
SELECT d.name, d.region, count(*) FROM dept d JOIN emp e ON e.dept = d.name GROUP BY d.name, d.region;
SELECT d.name, d.region, count(*) FROM dept d JOIN emp e ON e.dept = d.name GROUP BY d.name;
-- equal: DISTINCT as GROUP BY
SELECT DISTINCT a, b FROM t1;
SELECT a, b FROM t1 GROUP BY a, b;
-- equal: DISTINCT of what is distinct
SELECT DISTINCT tenant, n FROM ev WHERE v > 3;
SELECT tenant, n FROM ev WHERE v > 3;
-- equal: DISTINCT over a union
SELECT DISTINCT a FROM (SELECT a FROM t1 UNION ALL SELECT a FROM t2) x;
SELECT a FROM t1 UNION SELECT a FROM t2;
-- equal: UNION of disjoint branches with keys
SELECT id, mood FROM emp WHERE mood = 'ok' UNION SELECT id, mood FROM emp WHERE mood = 'sad';
SELECT id, mood FROM emp WHERE mood = 'ok' UNION ALL SELECT id, mood FROM emp WHERE mood = 'sad';
-- equal: UNION ALL of disjoint branches as OR
SELECT a, b FROM t1 WHERE a = 1 UNION ALL SELECT a, b FROM t1 WHERE a = 2;
SELECT a, b FROM t1 WHERE a IN (1, 2);
-- equal: OR split with the rest that is not true
SELECT a, b FROM t1 WHERE a = 1 OR b = 2;
SELECT a, b FROM t1 WHERE a = 1 UNION ALL SELECT a, b FROM t1 WHERE b = 2 AND a IS DISTINCT FROM 1;
-- equal: EXCEPT with NULLs
SELECT a FROM t1 EXCEPT SELECT a FROM t2;
SELECT DISTINCT a FROM t1 WHERE NOT EXISTS (SELECT FROM t2 WHERE t2.a IS NOT DISTINCT FROM t1.a);
-- equal: INTERSECT with NULLs
SELECT a FROM t1 INTERSECT SELECT a FROM t2;
SELECT DISTINCT a FROM t1 WHERE EXISTS (SELECT FROM t2 WHERE t2.a IS NOT DISTINCT FROM t1.a);
-- equal: EXCEPT ALL by running numbers
SELECT a FROM t1 EXCEPT ALL SELECT a FROM t2;
SELECT a FROM (SELECT a, row_number() OVER (PARTITION BY a) AS r FROM t1 EXCEPT SELECT a, row_number() OVER (PARTITION BY a) AS r FROM t2) x;
-- equal: a recursion written with the sides changed
WITH RECURSIVE r AS (SELECT id, boss FROM emp WHERE boss IS NULL UNION ALL SELECT e.id, e.boss FROM emp e JOIN r ON e.boss = r.id) SELECT id FROM r;
WITH RECURSIVE r(k) AS (SELECT id FROM emp WHERE boss IS NULL UNION SELECT e.id FROM r JOIN emp e ON e.boss = r.k) SELECT k AS id FROM r;
-- equal: a CTE used once
WITH w AS (SELECT dept, max(salary) AS m FROM emp GROUP BY dept) SELECT d.name, w.m FROM dept d JOIN w ON w.dept = d.name;
SELECT d.name, w.m FROM dept d JOIN (SELECT dept, max(salary) AS m FROM emp GROUP BY dept) w ON w.dept = d.name;
-- equal: a filter moved into a materialised CTE
WITH w AS MATERIALIZED (SELECT * FROM ev) SELECT n FROM w WHERE tenant = 7 AND v > 2;
WITH w AS MATERIALIZED (SELECT * FROM ev WHERE tenant = 7) SELECT n FROM w WHERE v > 2;
-- equal: a filter moved below grouping
SELECT dept, count(*) FROM emp GROUP BY dept HAVING dept IN ('a', 'b');
SELECT dept, count(*) FROM emp WHERE dept IN ('a', 'b') GROUP BY dept;
-- equal: a filter moved below a window of its partition
SELECT dept, id, r FROM (SELECT dept, id, row_number() OVER (PARTITION BY dept ORDER BY id) AS r FROM emp) x WHERE dept = 'a';
SELECT dept, id, row_number() OVER (PARTITION BY dept ORDER BY id) AS r FROM emp WHERE dept = 'a';
-- equal: GROUPING SETS as a union
SELECT a, count(*) FROM t1 GROUP BY GROUPING SETS ((a), ());
SELECT a, count(*) FROM t1 GROUP BY a UNION ALL SELECT NULL, count(*) FROM t1;
-- equal: ROLLUP spelled out
SELECT a, b, count(*) FROM t1 GROUP BY ROLLUP (a, b);
SELECT a, b, count(*) FROM t1 GROUP BY GROUPING SETS ((a, b), (a), ());
-- equal: CUBE spelled out
SELECT a, b, sum(a) AS s FROM t1 GROUP BY CUBE (a, b);
SELECT a, b, sum(a) AS s FROM t1 GROUP BY GROUPING SETS ((a, b), (a), (b), ());
-- equal: FILTER and CASE
SELECT dept, sum(salary) FILTER (WHERE mood = 'ok') AS s FROM emp GROUP BY dept;
SELECT dept, sum(CASE WHEN mood = 'ok' THEN salary END) AS s FROM emp GROUP BY dept;
-- equal: several filters in one pass
SELECT (SELECT count(*) FROM emp WHERE mood = 'ok') AS a, (SELECT count(*) FROM emp WHERE mood = 'sad') AS b;
SELECT count(*) FILTER (WHERE mood = 'ok') AS a, count(*) FILTER (WHERE mood = 'sad') AS b FROM emp;
-- equal: an average by sum and count
SELECT avg(a) AS m FROM t1;
SELECT sum(a)::numeric / nullif(count(a), 0) AS m FROM t1;
-- equal: bool_or as EXISTS
SELECT coalesce(bool_or(a > 2), false) AS x FROM t1;
SELECT EXISTS (SELECT FROM t1 WHERE a > 2) AS x;
-- equal: min of a key as the first row
SELECT (SELECT min(e.id) FROM emp e WHERE e.dept = d.name) AS m FROM dept d;
SELECT (SELECT e.id FROM emp e WHERE e.dept = d.name ORDER BY e.id LIMIT 1) AS m FROM dept d;
-- equal: array_agg ordered, and an array of a query
SELECT d.name, (SELECT coalesce(array_agg(e.id ORDER BY e.id), '{}') FROM emp e WHERE e.dept = d.name) AS x FROM dept d;
SELECT d.name, ARRAY(SELECT e.id FROM emp e WHERE e.dept = d.name ORDER BY e.id) AS x FROM dept d;
-- equal: string_agg of ordered words
SELECT tenant, string_agg(word, ',' ORDER BY word COLLATE "C") AS w FROM tag WHERE n IS NOT NULL GROUP BY tenant;
SELECT tenant, array_to_string(array_agg(word ORDER BY word COLLATE "C"), ',') AS w FROM tag WHERE n IS NOT NULL GROUP BY tenant;
-- equal: ROWS and RANGE over a key
SELECT id, sum(id) OVER (ORDER BY id) AS s FROM emp;
SELECT id, sum(id) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS s FROM emp;
-- equal: lag by a lateral
SELECT e.id, lag(e.id) OVER (ORDER BY e.id) AS p FROM emp e;
SELECT e.id, (SELECT max(f.id) FROM emp f WHERE f.id < e.id) AS p FROM emp e;
-- equal: last_value with the whole frame
SELECT id, last_value(id) OVER (PARTITION BY dept ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l FROM emp;
SELECT id, max(id) OVER (PARTITION BY dept) AS l FROM emp;
-- equal ordered: paging by a key
SELECT id, salary FROM emp WHERE id > 2 ORDER BY id LIMIT 3;
SELECT id, salary FROM (SELECT id, salary, row_number() OVER (ORDER BY id) AS r FROM emp WHERE id > 2) x WHERE r <= 3 ORDER BY id;
-- equal ordered: order by what the key decides
SELECT tenant, n, v FROM ev ORDER BY tenant, n, v, w;
SELECT tenant, n, v FROM ev ORDER BY tenant, n;
-- equal ordered: NULLS LAST is the rule
SELECT id, salary FROM emp ORDER BY salary, id;
SELECT id, salary FROM emp ORDER BY salary ASC NULLS LAST, id;
-- equal ordered: a mark for NULLs
SELECT id, boss FROM emp ORDER BY boss DESC NULLS LAST, id;
SELECT id, boss FROM emp ORDER BY boss IS NULL, boss DESC, id;
-- equal: the order below a count
SELECT count(*) AS n FROM (SELECT id FROM emp ORDER BY salary) x;
SELECT count(*) AS n FROM emp;
-- equal: LIMIT moved through an outer join along a key
SELECT e.id, d.region FROM emp e LEFT JOIN dept d ON d.name = e.dept ORDER BY e.id LIMIT 2;
SELECT e.id, d.region FROM (SELECT id, dept FROM emp ORDER BY id LIMIT 2) e LEFT JOIN dept d ON d.name = e.dept ORDER BY e.id;
-- equal: a limit that rows reach
SELECT id FROM emp ORDER BY id LIMIT 12;
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS r FROM emp) x WHERE r <= 12;
-- equal: a partition by its bound
SELECT id, v FROM meas WHERE at >= '2024-01-01' AND at < '2025-01-01';
SELECT id, v FROM meas_2024;
-- equal: all partitions
SELECT id, v FROM meas WHERE v > 3;
SELECT id, v FROM meas_2024 WHERE v > 3 UNION ALL SELECT id, v FROM meas_2025 WHERE v > 3;
-- equal: a parent and its children
SELECT id, name FROM animal;
SELECT id, name FROM ONLY animal UNION ALL SELECT id, name FROM dog;
-- equal: the table of one row
SELECT k, count(*) FROM one GROUP BY k;
SELECT k, 1::bigint AS count FROM one;
-- equal: a check that holds where nothing is NULL
SELECT id FROM span_of WHERE start IS NOT NULL AND stop IS NOT NULL AND start < stop;
SELECT id FROM span_of WHERE start IS NOT NULL AND stop IS NOT NULL;
-- equal: UNIQUE without NULL
SELECT DISTINCT slot FROM span_of WHERE slot IS NOT NULL;
SELECT slot FROM span_of WHERE slot IS NOT NULL;
-- equal: a deferred key
SELECT l.id FROM late l JOIN late n ON n.id = l.next;
SELECT id FROM late WHERE next IS NOT NULL;
-- equal: an enum by its list
SELECT id FROM emp WHERE mood >= 'ok';
SELECT id FROM emp WHERE mood IN ('ok', 'happy');
-- equal: a uuid as text
SELECT mail FROM acct WHERE id::text = '00000000-0000-4000-8000-000000000001';
SELECT mail FROM acct WHERE id = '00000000-0000-4000-8000-000000000001';
-- equal: a domain and its type
SELECT id FROM acct WHERE qty::int = 3;
SELECT id FROM acct WHERE qty = 3;
-- equal: numeric of whole numbers
SELECT id FROM acct WHERE price > 3;
SELECT id FROM acct WHERE price > 3.00;
-- equal: an ordered pair of conditions
SELECT a, b FROM t1 WHERE (a, b) > (1, 2);
SELECT a, b FROM t1 WHERE a > 1 OR (a = 1 AND b > 2);
-- equal: a pair in a list of pairs
SELECT a, b FROM t1 WHERE (a, b) IN ((1, 2), (3, 4));
SELECT a, b FROM t1 WHERE (a = 1 AND b = 2) OR (a = 3 AND b = 4);
-- equal: a pair in a query
SELECT a, b FROM t1 WHERE (a, b) IN (SELECT a, b FROM t2 WHERE c = 'x');
SELECT a, b FROM t1 WHERE EXISTS (SELECT FROM t2 WHERE t2.a = t1.a AND t2.b = t1.b AND t2.c = 'x');
-- equal: not distinct, by INTERSECT
SELECT a FROM t1 WHERE a IS NOT DISTINCT FROM b;
SELECT a FROM t1 WHERE EXISTS (SELECT a INTERSECT SELECT b);
-- equal: de Morgan
SELECT a FROM t1 WHERE NOT (a = 1 OR b = 2);
SELECT a FROM t1 WHERE a <> 1 AND b <> 2;
-- equal: de Morgan, the other way
SELECT a FROM t1 WHERE NOT (a = 1 AND b = 2);
SELECT a FROM t1 WHERE a <> 1 OR b <> 2;
-- equal: distribution
SELECT a FROM t1 WHERE (a = 1 AND b = 2) OR (a = 1 AND c = 'x');
SELECT a FROM t1 WHERE a = 1 AND (b = 2 OR c = 'x');
-- equal: absorption
SELECT a FROM t1 WHERE a > 1 OR (a > 1 AND b = 2);
SELECT a FROM t1 WHERE a > 1;
-- equal: nullif spelled out
SELECT nullif(a, 1) AS x FROM t1;
SELECT CASE WHEN a = 1 THEN NULL ELSE a END AS x FROM t1;
-- equal: greatest spelled out
SELECT greatest(a, b) AS g FROM t1;
SELECT CASE WHEN a IS NULL THEN b WHEN b IS NULL THEN a WHEN a > b THEN a ELSE b END AS g FROM t1;
-- equal: a month of timestamps
SELECT id FROM doc WHERE date_trunc('month', made) = '2024-03-01';
SELECT id FROM doc WHERE made >= '2024-03-01' AND made < '2024-04-01';
-- equal: a day in one zone
SELECT id FROM doc WHERE (at AT TIME ZONE 'UTC')::date = '2024-03-01';
SELECT id FROM doc WHERE at >= '2024-03-01 00:00:00+00' AND at < '2024-03-02 00:00:00+00';
-- equal: a year of dates
SELECT id FROM emp WHERE extract(year FROM hired) = 2023;
SELECT id FROM emp WHERE hired BETWEEN '2023-01-01' AND '2023-12-31';
-- equal: a day shifted
SELECT id FROM emp WHERE hired + 7 > '2024-03-08';
SELECT id FROM emp WHERE hired > date '2024-03-08' - 7;
-- equal: a prefix
SELECT id FROM emp WHERE nick LIKE 'ab%';
SELECT id FROM emp WHERE left(nick, 2) = 'ab';
-- equal: an escaped prefix
SELECT id FROM emp WHERE nick LIKE 'a\_%';
SELECT id FROM emp WHERE starts_with(nick, 'a_');
-- equal: contained text
SELECT id FROM emp WHERE nick LIKE '%ab%';
SELECT id FROM emp WHERE position('ab' IN nick) > 0;
-- equal: a containing array
SELECT id FROM doc WHERE 'a' = ANY (tags) AND 'b' = ANY (tags);
SELECT id FROM doc WHERE tags @> ARRAY['a', 'b'];
-- equal: overlapping arrays
SELECT id FROM doc WHERE tags && ARRAY['a', 'b'];
SELECT id FROM doc WHERE 'a' = ANY (tags) OR 'b' = ANY (tags);
-- equal: an unnested array
SELECT d.id FROM doc d WHERE EXISTS (SELECT FROM unnest(d.nums) x WHERE x = 5);
SELECT id FROM doc WHERE 5 = ANY (nums);
-- equal: containment of one key
SELECT id FROM doc WHERE body @> '{"state": "done"}';
SELECT id FROM doc WHERE jsonb_typeof(body) = 'object' AND body -> 'state' = '"done"';
-- equal: a key by two ways
SELECT id FROM doc WHERE body ->> 'state' = 'done';
SELECT id FROM doc WHERE body #>> '{state}' = 'done';
-- equal: a range by its bounds
SELECT id FROM doc WHERE ages @> 7;
SELECT id FROM doc WHERE ages && int4range(7, 8);
-- equal: a number in a range
SELECT id FROM doc WHERE int4range(2, 5) @> (body ->> 'n')::numeric::int;
SELECT id FROM doc WHERE (body ->> 'n')::numeric::int >= 2 AND (body ->> 'n')::numeric::int < 5;
-- equal: a list as a table of values
SELECT e.id FROM emp e WHERE e.dept IN ('a', 'b', 'c');
SELECT e.id FROM emp e JOIN unnest(ARRAY['a', 'b', 'c']) u(x) ON u.x = e.dept;
-- equal: a view unfolded
SELECT id FROM rich WHERE dept = 'a' AND salary < 200;
SELECT id FROM emp WHERE dept = 'a' AND salary > 100 AND salary < 200;
-- equal: a parameter in a list
SELECT a FROM t1 WHERE a IN ($1, $2);
SELECT a FROM t1 WHERE a = $1 OR a = $2;
-- equal: parameters of a range
SELECT a FROM t1 WHERE a BETWEEN SYMMETRIC $1 AND $2;
SELECT a FROM t1 WHERE a >= least($1::int, $2::int) AND a <= greatest($1::int, $2::int) AND $1::int IS NOT NULL AND $2::int IS NOT NULL;
-- equal: five conditions that must meet
SELECT id FROM emp WHERE dept = 'k' AND salary >= 500 AND salary < 600 AND hired > '2020-05-05' AND score >= 3;
SELECT id FROM emp WHERE NOT (dept <> 'k') AND salary BETWEEN 500 AND 600 AND salary <> 600 AND hired >= '2020-05-06' AND score >= 3;
-- equal: four tables in a chain
SELECT d.name FROM dept d WHERE EXISTS (SELECT FROM emp e JOIN emp b ON b.id = e.boss JOIN dept c ON c.name = b.dept WHERE e.dept = d.name AND c.region = 'west' AND b.mood = 'sad');
SELECT d.name FROM dept d WHERE d.name IN (SELECT e.dept FROM emp e WHERE e.boss IN (SELECT b.id FROM emp b WHERE b.mood = 'sad' AND b.dept IN (SELECT name FROM dept WHERE region = 'west')));
-- equal: calendar days without rows
SELECT s, count(t.a) AS n FROM generate_series(1, 3) s LEFT JOIN t1 t ON t.a = s GROUP BY s;
SELECT s, (SELECT count(*) FROM t1 t WHERE t.a = s) AS n FROM generate_series(1, 3) s;
-- equal: a computed column asked for in a subquery
SELECT x.s FROM (SELECT a + b AS s, c FROM t1) x WHERE x.s > 4;
SELECT a + b AS s FROM t1 WHERE a + b > 4;
-- equal: an offset moved
SELECT a FROM t1 WHERE a + 5 > 9;
SELECT a FROM t1 WHERE a > 4;
-- equal: a factor moved
SELECT a FROM t1 WHERE a * 3 > 8;
SELECT a FROM t1 WHERE a > 2;
-- equal: an even number
SELECT a FROM t1 WHERE a % 2 = 0;
SELECT a FROM t1 WHERE a & 1 = 0;
-- equal: bits
SELECT id FROM odd WHERE flags & B'101' = B'101';
SELECT id FROM odd WHERE flags IN (B'101', B'111');
-- equal: a composite value by its parts
SELECT id FROM odd WHERE (spot).x = 3 AND (spot).y = 4;
SELECT id FROM odd WHERE spot = ROW(3, 4)::pt;
-- equal: a multirange
SELECT id FROM odd WHERE sizes @> 7;
SELECT o.id FROM odd o WHERE EXISTS (SELECT FROM unnest(o.sizes) r WHERE r @> 7);
-- equal: an address by its first byte
SELECT id FROM odd WHERE mac = '08:00:2b:01:02:03';
SELECT id FROM odd WHERE mac::text = '08:00:2b:01:02:03';
