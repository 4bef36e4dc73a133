-- different: the COUNT bug under a coalesce of the wrong side
SELECT d.name, (SELECT count(*) FROM emp e WHERE e.dept = d.name AND e.salary > 100) AS n FROM dept d;
SELECT d.name, count(*) AS n FROM dept d LEFT JOIN emp e ON e.dept = d.name AND e.salary > 100 GROUP BY d.name;
-- different: the COUNT bug, compared with a column
SELECT d.name FROM dept d WHERE d.budget = (SELECT count(*) FROM emp e WHERE e.dept = d.name);
SELECT d.name FROM dept d JOIN (SELECT dept, count(*) AS n FROM emp GROUP BY dept) c ON c.dept = d.name WHERE d.budget = c.n;
-- different: a sum over nothing is NULL, not 0
SELECT d.name, (SELECT sum(e.salary) FROM emp e WHERE e.dept = d.name) AS s FROM dept d;
SELECT d.name, coalesce(s.s, 0) AS s FROM dept d LEFT JOIN (SELECT dept, sum(salary) AS s FROM emp GROUP BY dept) s ON s.dept = d.name;
-- different: an aggregate with coalesce over nothing
SELECT d.name, (SELECT coalesce(max(e.id), 0) FROM emp e WHERE e.dept = d.name) AS m FROM dept d;
SELECT d.name, m.m FROM dept d LEFT JOIN (SELECT dept, coalesce(max(id), 0) AS m FROM emp GROUP BY dept) m ON m.dept = d.name;
-- different: NOT IN over a column that may be NULL
SELECT id FROM emp WHERE id NOT IN (SELECT boss FROM emp);
SELECT e.id FROM emp e WHERE NOT EXISTS (SELECT FROM emp b WHERE b.boss = e.id);
-- different: NOT IN of a nullable left side and an empty list
SELECT id FROM emp WHERE dept NOT IN (SELECT name FROM dept);
SELECT e.id FROM emp e WHERE e.dept IS NOT NULL AND NOT EXISTS (SELECT FROM dept d WHERE d.name = e.dept);
-- different: NOT IN of a nullable left side
SELECT id FROM emp WHERE dept NOT IN (SELECT name FROM dept WHERE region = 'north');
SELECT e.id FROM emp e WHERE NOT EXISTS (SELECT FROM dept d WHERE d.name = e.dept AND d.region = 'north');
-- different: the correlated NOT IN with NULL on the right
SELECT a.a FROM t1 a WHERE a.a NOT IN (SELECT b.a FROM t2 b WHERE b.b = a.b);
SELECT a.a FROM t1 a WHERE NOT EXISTS (SELECT FROM t2 b WHERE b.b = a.b AND b.a = a.a);
-- different: <> ALL of an empty query
SELECT a FROM t1 WHERE a <> ALL (SELECT a FROM t2);
SELECT a FROM t1 WHERE a NOT IN (SELECT a FROM t2 WHERE a IS NOT NULL) AND a IS NOT NULL;
-- different: > ALL against max
SELECT a FROM t1 WHERE a > ALL (SELECT a FROM t2);
SELECT a FROM t1 WHERE a > (SELECT max(a) FROM t2);
-- different: > ANY against max of nothing, negated
SELECT a FROM t1 WHERE NOT (a > ANY (SELECT a FROM t2));
SELECT a FROM t1 WHERE a <= (SELECT max(a) FROM t2);
-- different: IN of a list with NULL, negated
SELECT id FROM emp WHERE NOT (dept IN ('a', NULL));
SELECT id FROM emp WHERE dept <> 'a';
-- different: a semi-join that multiplies
SELECT d.name FROM dept d WHERE EXISTS (SELECT FROM emp e WHERE e.dept = d.name);
SELECT d.name FROM dept d JOIN emp e ON e.dept = d.name;
-- different: DISTINCT to repair a join loses equal rows
SELECT d.region FROM dept d WHERE EXISTS (SELECT FROM emp e WHERE e.dept = d.name);
SELECT DISTINCT d.region FROM dept d JOIN emp e ON e.dept = d.name;
-- different: two children multiply each other's sums
SELECT v.tenant, v.n, (SELECT count(*) FROM tag g WHERE g.tenant = v.tenant AND g.n = v.n) AS g FROM ev v;
SELECT v.tenant, v.n, count(g.word) AS g FROM ev v JOIN ev o ON o.tenant = v.tenant LEFT JOIN tag g ON g.tenant = v.tenant AND g.n = v.n GROUP BY v.tenant, v.n;
-- different: half of a composite key
SELECT g.word FROM tag g JOIN ev v ON v.tenant = g.tenant AND v.n = g.n;
SELECT g.word FROM tag g JOIN ev v ON v.tenant = g.tenant;
-- different: a composite foreign key that is partly NULL is not checked
SELECT g.word FROM tag g JOIN ev v ON v.tenant = g.tenant AND v.n = g.n;
SELECT g.word FROM tag g WHERE g.tenant IS NOT NULL;
-- different: rows of a partly null composite foreign key, counted
SELECT count(*) FROM tag;
SELECT count(*) FROM tag g JOIN ev v USING (tenant, n);
-- different: a foreign key column that may be NULL
SELECT e.id FROM emp e JOIN emp b ON b.id = e.boss;
SELECT e.id FROM emp e;
-- different: the condition of an outer join moved to WHERE
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name AND e.salary > 100;
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name WHERE e.salary > 100 OR e.id IS NULL;
-- different: the condition on the kept side moved into ON
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name WHERE d.region = 'north';
SELECT d.name, e.id FROM dept d LEFT JOIN emp e ON e.dept = d.name AND d.region = 'north';
-- different: IS DISTINCT FROM keeps the padded rows
SELECT d.name FROM dept d LEFT JOIN emp e ON e.dept = d.name WHERE e.mood IS DISTINCT FROM 'sad';
SELECT d.name FROM dept d JOIN emp e ON e.dept = d.name WHERE e.mood IS DISTINCT FROM 'sad';
-- different: an anti-join on a column that may be NULL of itself
SELECT d.name FROM dept d LEFT JOIN emp e ON e.dept = d.name WHERE e.nick IS NULL;
SELECT d.name FROM dept d WHERE NOT EXISTS (SELECT FROM emp e WHERE e.dept = d.name);
-- different: FULL to LEFT
SELECT a.a, b.a AS c FROM t1 a FULL JOIN t2 b ON a.a = b.a;
SELECT a.a, b.a AS c FROM t1 a LEFT JOIN t2 b ON a.a = b.a;
-- different: FULL as LEFT and the rest by NOT IN
SELECT a.a, b.a AS c FROM t1 a FULL JOIN t2 b ON a.a = b.a;
SELECT a.a, b.a AS c FROM t1 a LEFT JOIN t2 b ON a.a = b.a UNION ALL SELECT NULL, a FROM t2 WHERE a NOT IN (SELECT a FROM t1);
-- different: FULL as LEFT and RIGHT by UNION
SELECT a.a, b.a AS c FROM t1 a FULL JOIN t2 b ON a.a = b.a;
SELECT a.a, b.a AS c FROM t1 a LEFT JOIN t2 b ON a.a = b.a UNION SELECT a.a, b.a FROM t1 a RIGHT JOIN t2 b ON a.a = b.a;
-- different: outer joins do not associate
SELECT a.a, b.b, c.b AS d FROM t1 a LEFT JOIN t2 b ON a.a = b.a LEFT JOIN t3 c ON c.a = a.a AND b.b = c.b;
SELECT a.a, b.b, c.b AS d FROM t1 a LEFT JOIN (t2 b LEFT JOIN t3 c ON b.b = c.b) ON a.a = b.a AND c.a = a.a;
-- different: an outer join under an inner one
SELECT a.a, c.b FROM t1 a LEFT JOIN t2 b ON a.a = b.a JOIN t3 c ON c.a = b.b;
SELECT a.a, c.b FROM t1 a LEFT JOIN (t2 b JOIN t3 c ON c.a = b.b) ON a.a = b.a;
-- different: UNION drops duplicates within one branch
SELECT a FROM t1 WHERE b = 1 UNION SELECT a FROM t1 WHERE b = 2;
SELECT a FROM t1 WHERE b = 1 UNION ALL SELECT a FROM t1 WHERE b = 2;
-- different: UNION ALL with the overlap taken away, duplicates within a branch kept
SELECT a FROM t1 UNION SELECT a FROM t2;
SELECT a FROM t1 UNION ALL SELECT a FROM t2 x WHERE NOT EXISTS (SELECT FROM t1 y WHERE y.a IS NOT DISTINCT FROM x.a);
-- different: OR against UNION where rows repeat
SELECT b, c FROM t1 WHERE a = 1 OR b = 2;
SELECT b, c FROM t1 WHERE a = 1 UNION SELECT b, c FROM t1 WHERE b = 2;
-- different: OR split by a condition that may be NULL
SELECT a, b FROM t1 WHERE a = 1 OR b = 2;
SELECT a, b FROM t1 WHERE a = 1 UNION ALL SELECT a, b FROM t1 WHERE b = 2 AND NOT (a = 1);
-- different: EXCEPT against NOT EXISTS with NULL
SELECT a FROM t1 EXCEPT SELECT a FROM t2;
SELECT DISTINCT a FROM t1 WHERE NOT EXISTS (SELECT FROM t2 WHERE t2.a = t1.a);
-- different: EXCEPT drops duplicates
SELECT a FROM t1 WHERE a IS NOT NULL EXCEPT SELECT a FROM t2;
SELECT a FROM t1 WHERE a IS NOT NULL AND NOT EXISTS (SELECT FROM t2 WHERE t2.a = t1.a);
-- different: EXCEPT ALL takes away one for one
SELECT a FROM t1 EXCEPT ALL SELECT a FROM t2;
SELECT a FROM t1 WHERE NOT EXISTS (SELECT FROM t2 WHERE t2.a IS NOT DISTINCT FROM t1.a);
-- different: INTERSECT ALL keeps the smaller count
SELECT a FROM t1 INTERSECT ALL SELECT a FROM t2;
SELECT a FROM t1 WHERE EXISTS (SELECT FROM t2 WHERE t2.a IS NOT DISTINCT FROM t1.a);
-- different: INTERSECT with NULL
SELECT a, b FROM t1 INTERSECT SELECT a, b FROM t2;
SELECT DISTINCT t1.a, t1.b FROM t1 JOIN t2 ON t1.a = t2.a AND t1.b = t2.b;
-- different: set operators are not associative
SELECT a FROM t1 EXCEPT (SELECT a FROM t2 EXCEPT SELECT a FROM t3);
(SELECT a FROM t1 EXCEPT SELECT a FROM t2) EXCEPT SELECT a FROM t3;
-- different: INTERSECT binds closer
SELECT a FROM t1 UNION SELECT a FROM t2 INTERSECT SELECT a FROM t3;
(SELECT a FROM t1 UNION SELECT a FROM t2) INTERSECT SELECT a FROM t3;
-- different: recursion over all paths against over nodes
WITH RECURSIVE r AS (SELECT a, b, 1 AS depth FROM t1 WHERE a = 1 UNION ALL SELECT t.a, t.b, r.depth + 1 FROM t1 t JOIN r ON t.a = r.b WHERE r.depth < 4) SELECT a, b FROM r;
WITH RECURSIVE r AS (SELECT a, b, 1 AS depth FROM t1 WHERE a = 1 UNION SELECT t.a, t.b, r.depth + 1 FROM t1 t JOIN r ON t.a = r.b WHERE r.depth < 4) SELECT a, b FROM r;
-- different: a filter moved into a recursion
WITH RECURSIVE r AS (SELECT id, boss, salary FROM emp WHERE boss IS NULL UNION SELECT e.id, e.boss, e.salary FROM emp e JOIN r ON e.boss = r.id) SELECT id FROM r WHERE salary > 100;
WITH RECURSIVE r AS (SELECT id, boss, salary FROM emp WHERE boss IS NULL UNION SELECT e.id, e.boss, e.salary FROM emp e JOIN r ON e.boss = r.id WHERE e.salary > 100) SELECT id FROM r WHERE salary > 100;
-- different: NATURAL JOIN joins by every common column
SELECT a.a, a.b FROM t1 a JOIN t2 b USING (a);
SELECT a, b FROM t1 NATURAL JOIN (SELECT a, b FROM t2) x;
-- different: USING with one column more
SELECT x.v FROM ev x JOIN tag g USING (tenant);
SELECT x.v FROM ev x JOIN tag g USING (tenant, n);
-- different: a comma and a join bind differently
SELECT a.a, b.b, c.b AS d FROM t1 a CROSS JOIN t2 b LEFT JOIN t3 c ON c.a = a.a AND c.b = b.b;
SELECT a.a, b.b, c.b AS d FROM t1 a CROSS JOIN (t2 b LEFT JOIN t3 c ON c.b = b.b) WHERE c.a = a.a OR c.a IS NULL;
-- different: a self-join on a column that is no key
SELECT x.a, x.b FROM t1 x JOIN t1 y ON x.a = y.a;
SELECT a, b FROM t1 WHERE a IS NOT NULL;
-- different: a self-join on the key of half the rows
SELECT e.id FROM emp e JOIN emp f ON f.id = e.id AND f.salary > 100;
SELECT e.id FROM emp e WHERE e.salary >= 100;
-- different: LATERAL with LIMIT 1 against a join
SELECT d.name, l.id FROM dept d CROSS JOIN LATERAL (SELECT e.id FROM emp e WHERE e.dept = d.name ORDER BY e.id LIMIT 1) l;
SELECT d.name, e.id FROM dept d JOIN emp e ON e.dept = d.name;
-- different: CROSS JOIN LATERAL against LEFT JOIN LATERAL
SELECT d.name, l.m FROM dept d CROSS JOIN LATERAL (SELECT e.id AS m FROM emp e WHERE e.dept = d.name) l;
SELECT d.name, l.m FROM dept d LEFT JOIN LATERAL (SELECT e.id AS m FROM emp e WHERE e.dept = d.name) l ON true;
-- different: a subquery that gives more than one row fails
SELECT d.name, (SELECT e.id FROM emp e WHERE e.dept = d.name) AS x FROM dept d;
SELECT d.name, e.id AS x FROM dept d LEFT JOIN emp e ON e.dept = d.name;
-- different: a subquery of more than one row against its maximum
SELECT d.name, (SELECT e.id FROM emp e WHERE e.dept = d.name) AS x FROM dept d;
SELECT d.name, (SELECT max(e.id) FROM emp e WHERE e.dept = d.name) AS x FROM dept d;
-- different: = (subquery) fails where IN does not
SELECT d.name FROM dept d WHERE d.name = (SELECT e.dept FROM emp e WHERE e.salary > 100);
SELECT d.name FROM dept d WHERE d.name IN (SELECT e.dept FROM emp e WHERE e.salary > 100);
-- different: a parent read without its children
SELECT id, name FROM animal;
SELECT id, name FROM ONLY animal;
-- different: the union of children leaves out the parent's own rows
SELECT id FROM animal WHERE name = 'a';
SELECT id FROM dog WHERE name = 'a';
-- different: one partition of two
SELECT id, v FROM meas WHERE at >= '2024-06-01';
SELECT id, v FROM meas_2024 WHERE at >= '2024-06-01';
-- different: unique in each partition, not in all
SELECT DISTINCT id FROM meas;
SELECT id FROM meas;
-- different: a table of one row may be empty
SELECT e.id FROM emp e CROSS JOIN one o;
SELECT e.id FROM emp e;
-- different: a scalar of the table of one row
SELECT e.id, (SELECT o.v FROM one o) AS v FROM emp e;
SELECT e.id, o.v FROM emp e CROSS JOIN one o;
-- different: a check that is NULL holds
SELECT id FROM span_of WHERE start < stop;
SELECT id FROM span_of;
-- different: a check of bounds says nothing of NULL
SELECT count(*) FROM span_of WHERE pct BETWEEN 0 AND 100;
SELECT count(*) FROM span_of;
-- different: UNIQUE takes several NULLs
SELECT nick, count(*) FROM emp GROUP BY nick;
SELECT nick, 1::bigint AS count FROM emp;
-- different: UNIQUE NULLs as a distinct
SELECT DISTINCT slot FROM span_of;
SELECT slot FROM span_of;
-- different: a group over nothing
SELECT count(*) AS n FROM emp WHERE dept = 'a';
SELECT count(*) AS n FROM emp WHERE dept = 'a' GROUP BY dept;
-- different: a grand total that is lost
SELECT dept, count(*) FROM emp GROUP BY ROLLUP (dept);
SELECT dept, count(*) FROM emp GROUP BY dept;
-- different: ROLLUP against GROUPING SETS
SELECT a, b, count(*) FROM t1 GROUP BY ROLLUP (a, b);
SELECT a, b, count(*) FROM t1 GROUP BY GROUPING SETS ((a, b), ());
-- different: CUBE against ROLLUP
SELECT a, b, count(*) FROM t1 GROUP BY CUBE (a, b);
SELECT a, b, count(*) FROM t1 GROUP BY ROLLUP (a, b);
-- different: the empty grouping set over no rows
SELECT a, count(*) FROM t1 GROUP BY GROUPING SETS ((a), ());
SELECT a, count(*) FROM t1 GROUP BY a UNION ALL SELECT NULL, count(*) FROM t1 HAVING count(*) > 0;
-- different: HAVING on an aggregate moved below it
SELECT dept, max(salary) FROM emp GROUP BY dept HAVING max(salary) > 100;
SELECT dept, max(salary) FROM emp WHERE salary > 100 GROUP BY dept HAVING count(*) > 1;
-- different: HAVING on the minimum moved below it
SELECT dept, min(id) AS m FROM emp GROUP BY dept HAVING min(id) > 2;
SELECT dept, min(id) AS m FROM emp WHERE id > 2 GROUP BY dept;
-- different: HAVING on a group without GROUP BY
SELECT count(*) FROM emp HAVING count(*) > 1;
SELECT count(*) FROM emp WHERE id > 1;
-- different: a filter under ROLLUP
SELECT a, count(*) FROM t1 GROUP BY ROLLUP (a) HAVING a = 1;
SELECT a, count(*) FROM t1 WHERE a = 1 GROUP BY ROLLUP (a);
-- different: FILTER against WHERE
SELECT dept, count(*) FILTER (WHERE salary > 100) AS n FROM emp GROUP BY dept;
SELECT dept, count(*) AS n FROM emp WHERE salary > 100 GROUP BY dept;
-- different: count of a CASE with ELSE
SELECT count(CASE WHEN a = 1 THEN 1 END) AS n FROM t1;
SELECT count(CASE WHEN a = 1 THEN 1 ELSE 0 END) AS n FROM t1;
-- different: a sum of a CASE over nothing
SELECT sum(CASE WHEN a = 1 THEN 1 ELSE 0 END) AS n FROM t1;
SELECT count(*) FILTER (WHERE a = 1) AS n FROM t1;
-- different: sum of DISTINCT
SELECT sum(DISTINCT a) FROM t1;
SELECT sum(a) FROM t1;
-- different: count of distinct pairs counts those with NULL
SELECT count(DISTINCT (a, b)) AS n FROM t1;
SELECT count(*) AS n FROM (SELECT DISTINCT a, b FROM t1 WHERE a IS NOT NULL AND b IS NOT NULL) x;
-- different: an average of averages
SELECT avg(a) AS m FROM t1;
SELECT avg(m) AS m FROM (SELECT b, avg(a) AS m FROM t1 GROUP BY b) x;
-- different: max of a sum and sum of a max
SELECT max(s) AS m FROM (SELECT b, sum(a) AS s FROM t1 GROUP BY b) x;
SELECT sum(m)::bigint AS m FROM (SELECT b, max(a)::bigint AS m FROM t1 GROUP BY b) x;
-- different: bool_and over nothing
SELECT coalesce(bool_and(a > 1), true) AS ok FROM t1;
SELECT NOT EXISTS (SELECT FROM t1 WHERE (a > 1) IS NOT TRUE) AS ok;
-- different: array_agg of nothing
SELECT (SELECT array_agg(t2.b ORDER BY t2.b) FROM t2 WHERE t2.a = t1.a) AS x FROM t1;
SELECT ARRAY(SELECT t2.b FROM t2 WHERE t2.a = t1.a ORDER BY t2.b) AS x FROM t1;
-- different: string_agg skips NULL, array_to_string with a third argument does not
SELECT string_agg(c, ',' ORDER BY c, a) AS x FROM t1;
SELECT array_to_string(array_agg(c ORDER BY c, a), ',', '') AS x FROM t1;
-- different: RANGE counts the ties
SELECT a, b, sum(b) OVER (ORDER BY a) AS s FROM t1 WHERE a IS NOT NULL AND b IS NOT NULL;
SELECT a, b, sum(b) OVER (ORDER BY a, b ROWS UNBOUNDED PRECEDING) AS s FROM t1 WHERE a IS NOT NULL AND b IS NOT NULL;
-- different: the default frame of last_value
SELECT id, last_value(id) OVER (PARTITION BY dept ORDER BY id) AS l FROM emp;
SELECT id, max(id) OVER (PARTITION BY dept) AS l FROM emp;
-- different: rank and row_number
SELECT id FROM (SELECT id, rank() OVER (PARTITION BY dept ORDER BY hired) AS r FROM emp) x WHERE r = 1;
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY dept ORDER BY hired, id) AS r FROM emp) x WHERE r = 1;
-- different: rank and dense_rank
SELECT id FROM (SELECT id, rank() OVER (ORDER BY hired) AS r FROM emp) x WHERE r <= 2;
SELECT id FROM (SELECT id, dense_rank() OVER (ORDER BY hired) AS r FROM emp) x WHERE r <= 2;
-- different: the latest row with ties against the latest moment
SELECT DISTINCT ON (tenant) tenant, n FROM ev ORDER BY tenant, at DESC, n;
SELECT e.tenant, e.n FROM ev e JOIN (SELECT tenant, max(at) AS at FROM ev GROUP BY tenant) m ON m.tenant = e.tenant AND m.at = e.at;
-- different: a window over filtered rows
SELECT id, r FROM (SELECT id, dept, count(*) OVER (PARTITION BY dept) AS r FROM emp) x WHERE id > 2;
SELECT id, count(*) OVER (PARTITION BY dept) AS r FROM emp WHERE id > 2;
-- different: lag over the border of a group
SELECT id, lag(id) OVER (PARTITION BY dept ORDER BY id) AS p FROM emp;
SELECT id, (SELECT max(f.id) FROM emp f WHERE f.dept = emp.dept AND f.id < emp.id) AS p FROM emp;
-- different: exclusion of ties
SELECT a, count(*) OVER (ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES) AS n FROM t1;
SELECT a, count(*) OVER (ORDER BY a) AS n FROM t1;
-- different: GROUPS against ROWS
SELECT id, count(*) OVER (ORDER BY hired GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS n FROM emp;
SELECT id, count(*) OVER (ORDER BY hired, id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS n FROM emp;
