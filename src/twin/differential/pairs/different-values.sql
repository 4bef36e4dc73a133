-- different: LIMIT in the middle of ties
SELECT id FROM (SELECT id, salary FROM emp ORDER BY salary DESC NULLS LAST, id LIMIT 2) x;
SELECT id FROM (SELECT id, rank() OVER (ORDER BY salary DESC NULLS LAST) AS r FROM emp) x WHERE r <= 2;
-- different: FETCH WITH TIES
SELECT id FROM emp ORDER BY salary FETCH FIRST 2 ROWS WITH TIES;
SELECT id FROM emp ORDER BY salary, id LIMIT 2;
-- different ordered: a key for paging that forgets ties
SELECT id, hired FROM emp WHERE hired IS NOT NULL ORDER BY hired, id OFFSET 1 LIMIT 2;
SELECT id, hired FROM emp WHERE hired > (SELECT min(hired) FROM emp) ORDER BY hired, id LIMIT 2;
-- different: LIMIT above and below a filter
SELECT id FROM (SELECT id, mood FROM emp ORDER BY id LIMIT 3) x WHERE mood = 'ok';
SELECT id FROM emp WHERE mood = 'ok' ORDER BY id LIMIT 3;
-- different: LIMIT above and below a join
SELECT e.id FROM emp e JOIN dept d ON d.name = e.dept ORDER BY e.id LIMIT 2;
SELECT e.id FROM (SELECT * FROM emp ORDER BY id LIMIT 2) e JOIN dept d ON d.name = e.dept ORDER BY e.id;
-- different: LIMIT of a union and of its branches
(SELECT id FROM emp WHERE mood = 'ok') UNION ALL (SELECT id FROM emp WHERE mood = 'sad') ORDER BY id LIMIT 2;
(SELECT id FROM emp WHERE mood = 'ok' ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM emp WHERE mood = 'sad' ORDER BY id LIMIT 1) ORDER BY id LIMIT 2;
-- different: a limit that only many rows reach
SELECT id FROM emp ORDER BY id LIMIT 60;
SELECT id FROM emp ORDER BY id;
-- different: a limit in a subquery that only many rows reach
SELECT count(*) AS n FROM (SELECT id FROM emp ORDER BY id LIMIT 25) x;
SELECT count(*) AS n FROM emp;
-- different: a limit that no small database reaches
SELECT id FROM emp ORDER BY id LIMIT 1000000;
SELECT id FROM emp ORDER BY id;
-- different: a count that no small database reaches
SELECT id FROM emp WHERE mood = 'ok' OR (SELECT count(*) FROM dept) > 5000000;
SELECT id FROM emp WHERE mood = 'ok';
-- different: a group larger than most
SELECT a FROM t1 GROUP BY a HAVING count(*) > 20;
SELECT a FROM t1 GROUP BY a HAVING count(*) >= 20;
-- different: a running number far away
SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS r FROM emp) x WHERE r <> 40;
SELECT id FROM emp;
-- different ordered: NULLS FIRST and LAST
SELECT id, salary FROM emp ORDER BY salary DESC, id;
SELECT id, salary FROM emp ORDER BY salary DESC NULLS LAST, id;
-- different ordered: numbers sorted as text
SELECT id FROM emp ORDER BY id;
SELECT id FROM emp ORDER BY id::text;
-- different ordered: an enum sorts by its labels' order
SELECT id, mood FROM emp ORDER BY mood, id;
SELECT id, mood FROM emp ORDER BY mood::text, id;
-- different ordered: a constant is no column number in an expression
SELECT id, boss FROM emp ORDER BY 2, 1;
SELECT id, boss FROM emp ORDER BY 2 + 0, 1;
-- different: the largest enum by label
SELECT max(mood) AS m FROM emp;
SELECT max(mood::text)::mood AS m FROM emp;
-- different: padding of char
SELECT id FROM emp WHERE code = 'a';
SELECT id FROM emp WHERE code LIKE 'a';
-- different: the length of a padded value
SELECT id FROM emp WHERE octet_length(code) = 1;
SELECT id FROM emp WHERE length(code) = 1;
-- different: a comparison as text keeps blanks
SELECT id FROM emp WHERE nick = 'a';
SELECT id FROM emp WHERE nick::char(5) = 'a'::char(5);
-- different: a collation without case
SELECT id FROM acct WHERE handle = 'a';
SELECT id FROM acct WHERE handle COLLATE "C" = 'a';
-- different: distinct values under a collation without case
SELECT count(DISTINCT handle) AS n FROM acct;
SELECT count(DISTINCT handle COLLATE "C") AS n FROM acct;
-- different: lower() of letters that have no pair
SELECT id FROM emp WHERE lower(nick) = lower('ß');
SELECT id FROM emp WHERE upper(nick) = upper('ß');
-- different: ILIKE and equality
SELECT id FROM emp WHERE nick ILIKE 'a_b';
SELECT id FROM emp WHERE lower(nick) = 'a_b';
-- different: an underscore in LIKE
SELECT id FROM emp WHERE nick LIKE 'a_b';
SELECT id FROM emp WHERE nick = 'a_b';
-- different: an escaped percent sign
SELECT id FROM emp WHERE nick LIKE 'a\%%';
SELECT id FROM emp WHERE nick LIKE 'a%%';
-- different: a backslash at work
SELECT id FROM emp WHERE nick LIKE 'a\\b';
SELECT id FROM emp WHERE nick = 'a\\b';
-- different: a regular expression sees lines
SELECT id FROM emp WHERE nick ~ 'a$';
SELECT id FROM emp WHERE nick ~ 'a';
-- different: position against a prefix
SELECT id FROM emp WHERE position('ab' IN nick) > 0;
SELECT id FROM emp WHERE nick LIKE 'ab%';
-- different: trimmed on one side
SELECT id FROM emp WHERE btrim(nick) = 'a';
SELECT id FROM emp WHERE rtrim(nick) = 'a';
-- different: concatenation with NULL
SELECT id, nick || dept AS x FROM emp;
SELECT id, concat(nick, dept) AS x FROM emp;
-- different: concatenation has no border
SELECT a.a FROM t1 a JOIN t2 b ON a.a = b.a AND a.c = b.c;
SELECT a.a FROM t1 a JOIN t2 b ON a.a || a.c = b.a || b.c;
-- different: an empty string is not NULL
SELECT id FROM emp WHERE nick IS NULL;
SELECT id FROM emp WHERE coalesce(nick, '') = '';
-- different: a scale that is lost
SELECT id, rate FROM acct WHERE rate IS NOT NULL;
SELECT id, trim_scale(rate) AS rate FROM acct WHERE rate IS NOT NULL;
-- different: grouping shows one of equal numbers
SELECT DISTINCT rate::text AS r FROM acct;
SELECT rate::text AS r FROM acct GROUP BY rate::text, id;
-- different: rounding before the sum
SELECT sum(round(rate, 2)) AS s FROM acct;
SELECT round(sum(rate), 2) AS s FROM acct;
-- different: numeric of two digits against any
SELECT id FROM acct WHERE rate = 0.01;
SELECT id FROM acct WHERE rate::numeric(8,2) = 0.01;
-- different: NaN is larger than all
SELECT id FROM emp WHERE score > 1.5;
SELECT id FROM emp WHERE score > 1.5 AND score <= 'infinity';
-- different: NaN equals itself here
SELECT id FROM emp WHERE score <> score + 0;
SELECT id FROM emp WHERE score = 'NaN';
-- different: minus zero as text
SELECT id, score FROM emp WHERE score = 0;
SELECT id, 0::float8 AS score FROM emp WHERE score = 0;
-- different: infinity in numbers
SELECT id FROM emp WHERE salary < 'Infinity' OR salary IS NULL;
SELECT id FROM emp;
-- different: infinity minus itself
SELECT id FROM emp WHERE score - score = 0;
SELECT id FROM emp WHERE score IS NOT NULL;
-- different: real against double
SELECT id FROM acct WHERE ratio = 0.1;
SELECT id FROM acct WHERE ratio = 0.1::real;
-- different: integer division cuts towards zero
SELECT a FROM t1 WHERE a / 2 = 0;
SELECT a FROM t1 WHERE a >= 0 AND a < 2;
-- different: multiplication does not undo division
SELECT a FROM t1 WHERE a / 2 * 2 = a;
SELECT a FROM t1 WHERE a IS NOT NULL;
-- different: the remainder of a negative
SELECT a FROM t1 WHERE a % 2 = 1;
SELECT a FROM t1 WHERE a % 2 <> 0;
-- different: a product with a negative factor
SELECT a FROM t1 WHERE a * -2 > 4;
SELECT a FROM t1 WHERE a > -2;
-- different: overflow where there was none
SELECT a FROM t1 WHERE a > 2147483646 - coalesce(b, 0) AND b >= 0;
SELECT a FROM t1 WHERE a + coalesce(b, 0) > 2147483646 AND b >= 0;
-- different: a smallint overflows
SELECT small::int * 2 > 10 AS x FROM acct;
SELECT small * 2::smallint > 10 AS x FROM acct;
-- different: a sum of bigint cast back
SELECT sum(big) AS s FROM acct;
SELECT sum(big)::bigint::numeric AS s FROM acct;
-- different: division by zero moved out of its guard
SELECT CASE WHEN b <> 0 THEN a / b END AS q FROM t1;
SELECT q FROM (SELECT a / b AS q FROM t1) x;
-- different: division by zero hidden
SELECT a / nullif(b, 0) AS q FROM t1;
SELECT a / b AS q FROM t1;
-- different: division by zero hidden, the other way round
SELECT a / b AS q FROM t1;
SELECT a / nullif(b, 0) AS q FROM t1;
-- different: a cast that fails on some rows
SELECT a FROM t1 WHERE c = '1';
SELECT a FROM t1 WHERE c::int = 1;
-- different: a cast that no longer fails
SELECT a FROM t1 WHERE c::int = 1;
SELECT a FROM t1 WHERE c = '1';
-- different: text and number compare differently
SELECT a FROM t1 WHERE a::text = '1';
SELECT a FROM t1 WHERE a::text LIKE '1%';
-- different: a logarithm of nothing
SELECT id FROM emp WHERE score > 0 AND ln(score) > 0;
SELECT id FROM emp WHERE ln(score) > 0;
-- different: a day by the session's zone and by UTC
SELECT id FROM doc WHERE at::date = '2024-03-01';
SELECT id FROM doc WHERE (at AT TIME ZONE 'UTC')::date = '2024-03-01';
-- different: a day has not always 24 hours
SELECT id FROM doc WHERE at >= '2024-03-31' AND at < timestamptz '2024-03-31' + interval '1 day';
SELECT id FROM doc WHERE at >= '2024-03-31' AND at < timestamptz '2024-03-31' + interval '24 hours';
-- different: a local time that comes twice
SELECT id, at FROM doc;
SELECT id, at::timestamp::timestamptz AS at FROM doc;
-- different: an hour by zone
SELECT extract(hour FROM at) AS h, count(*) FROM doc GROUP BY 1;
SELECT extract(hour FROM at AT TIME ZONE 'UTC') AS h, count(*) FROM doc GROUP BY 1;
-- different: the end of a day
SELECT id FROM doc WHERE made::date = '2024-03-01';
SELECT id FROM doc WHERE made BETWEEN '2024-03-01' AND '2024-03-01 23:59:59';
-- different: BETWEEN with midnight of the next day
SELECT id FROM doc WHERE made >= '2024-03-01' AND made < '2024-03-02';
SELECT id FROM doc WHERE made BETWEEN '2024-03-01' AND '2024-03-02';
-- different: the month of every year
SELECT id FROM doc WHERE extract(month FROM made) = 3;
SELECT id FROM doc WHERE made >= '2024-03-01' AND made < '2024-04-01';
-- different: a year given as its last day
SELECT id FROM emp WHERE extract(year FROM hired) <= 2023;
SELECT id FROM emp WHERE hired < '2023-12-31';
-- different: infinity has no year
SELECT id FROM emp WHERE extract(year FROM hired) >= 2024;
SELECT id FROM emp WHERE hired >= '2024-01-01' AND hired < '10000-01-01';
-- different: infinity is a date
SELECT id FROM emp WHERE hired > '2024-01-01';
SELECT id FROM emp WHERE hired > '2024-01-01' AND isfinite(hired);
-- different: the week begins on Monday
SELECT id FROM doc WHERE date_trunc('week', made) = '2024-01-01';
SELECT id FROM doc WHERE made >= '2024-01-01' AND made <= '2024-01-07';
-- different: to_char pads
SELECT id FROM doc WHERE to_char(made, 'MM') = '03';
SELECT id FROM doc WHERE to_char(made, 'YYYY-MM') = '2024-03';
-- different: months are added unevenly
SELECT id FROM emp WHERE hired + interval '1 month' >= '2024-03-31';
SELECT id FROM emp WHERE hired >= timestamp '2024-03-31' - interval '1 month';
-- different: intervals of equal length
SELECT DISTINCT took::text AS t FROM doc;
SELECT took::text AS t FROM doc GROUP BY took, took::text, id;
-- different: an interval by its text
SELECT id FROM doc WHERE took = '1 day';
SELECT id FROM doc WHERE took::text = '1 day';
-- different: containment is no equality
SELECT id FROM doc WHERE body @> '{"a": 1}';
SELECT id FROM doc WHERE body = '{"a": 1}';
-- different: a key that is null
SELECT id FROM doc WHERE body ->> 'a' IS NULL;
SELECT id FROM doc WHERE NOT body ? 'a';
-- different: a null in JSON is no NULL
SELECT id FROM doc WHERE body -> 'a' IS NULL;
SELECT id FROM doc WHERE body ->> 'a' IS NULL;
-- different: containment looks into arrays
SELECT id FROM doc WHERE body -> 'k' @> '"x"';
SELECT id FROM doc WHERE body ->> 'k' = 'x';
-- different: a number and its text
SELECT id FROM doc WHERE body -> 'n' = '5';
SELECT id FROM doc WHERE body ->> 'n' = '5';
-- different: json keeps its text
SELECT id, raw::text AS r FROM doc;
SELECT id, raw::jsonb::text AS r FROM doc;
-- different: elements of what is not there
SELECT d.id, x FROM doc d, unnest(d.tags) x;
SELECT d.id, x FROM doc d LEFT JOIN LATERAL unnest(d.tags) x ON true;
-- different: NULL in an array
SELECT id FROM doc WHERE NOT ('a' = ANY (tags));
SELECT id FROM doc WHERE NOT (tags @> ARRAY['a']);
-- different: ALL over nothing
SELECT id FROM doc WHERE 5 > ALL (nums);
SELECT id FROM doc WHERE 5 > (SELECT max(x) FROM unnest(nums) x);
-- different: the length of an empty array
SELECT id FROM doc WHERE array_length(tags, 1) = 0;
SELECT id FROM doc WHERE cardinality(tags) = 0;
-- different: the first element is not always number 1
SELECT id, tags[1] AS t FROM doc;
SELECT id, (SELECT x FROM unnest(tags) WITH ORDINALITY u(x, n) WHERE n = 1) AS t FROM doc;
-- different: containment of arrays ignores order and number
SELECT id FROM doc WHERE nums @> ARRAY[1, 2] AND nums <@ ARRAY[1, 2];
SELECT id FROM doc WHERE nums = ARRAY[1, 2];
-- different: overlap and containment
SELECT id FROM doc WHERE tags && ARRAY['a', 'b'];
SELECT id FROM doc WHERE tags @> ARRAY['a', 'b'];
-- different: an empty range lies in every range
SELECT id FROM doc WHERE ages <@ int4range(1, 10);
SELECT id FROM doc WHERE lower(ages) >= 1 AND upper(ages) <= 10;
-- different: without bound and up to infinity
SELECT id FROM doc WHERE upper_inf(days);
SELECT id FROM doc WHERE upper_inf(days) OR upper(days) = 'infinity';
-- different: adjacent or overlapping
SELECT id FROM doc WHERE ages && int4range(3, 5);
SELECT id FROM doc WHERE ages && int4range(3, 5) OR ages -|- int4range(3, 5);
-- different: the open end of a range
SELECT id FROM doc WHERE days @> date '2024-03-01';
SELECT id FROM doc WHERE lower(days) <= '2024-03-01' AND upper(days) >= '2024-03-01';
-- different: a network and an address in it
SELECT id FROM doc WHERE ip <<= '10.0.0.0/8';
SELECT id FROM doc WHERE ip = '10.0.0.0/8';
-- different: an address with a mask
SELECT id FROM doc WHERE ip = '10.0.0.1/24';
SELECT id FROM doc WHERE host(ip) = '10.0.0.1';
-- different: rows compare like words
SELECT a, b FROM t1 WHERE (a, b) > (1, 2);
SELECT a, b FROM t1 WHERE a > 1 AND b > 2;
-- different: rows that differ although one part is NULL
SELECT a, b FROM t1 WHERE (a, b) <> (1, 2);
SELECT a, b FROM t1 WHERE a <> 1 AND b <> 2;
-- different: a row IS NULL
SELECT a, b FROM t1 WHERE (a, b) IS NOT NULL;
SELECT a, b FROM t1 WHERE NOT ((a, b) IS NULL);
-- different: a row-valued NOT IN with a NULL part
SELECT a, b FROM t1 WHERE (a, b) NOT IN (SELECT a, b FROM t2);
SELECT a, b FROM t1 WHERE NOT EXISTS (SELECT FROM t2 WHERE t2.a = t1.a AND t2.b = t1.b);
-- different: a row-valued IN taken apart
SELECT a, b FROM t1 WHERE (a, b) IN (SELECT a, b FROM t2);
SELECT a, b FROM t1 WHERE a IN (SELECT a FROM t2) AND b IN (SELECT b FROM t2);
-- different: IS DISTINCT FROM and <>
SELECT a FROM t1 WHERE a IS DISTINCT FROM b;
SELECT a FROM t1 WHERE a <> b;
-- different: coalesce of both sides
SELECT a.a FROM t1 a JOIN t2 b ON a.a IS NOT DISTINCT FROM b.a;
SELECT a.a FROM t1 a JOIN t2 b ON coalesce(a.a, 0) = coalesce(b.a, 0);
-- different: a sentinel that is a value
SELECT a.a FROM t1 a WHERE coalesce(a.b, -1) = coalesce(a.a, -1);
SELECT a.a FROM t1 a WHERE a.b IS NOT DISTINCT FROM a.a;
-- different: nullif against a comparison
SELECT a FROM t1 WHERE nullif(a, 1) IS NULL;
SELECT a FROM t1 WHERE a = 1;
-- different: greatest skips NULL
SELECT greatest(a, b) AS g FROM t1;
SELECT CASE WHEN a > b THEN a ELSE b END AS g FROM t1;
-- different: NOT of an AND with NULL
SELECT a FROM t1 WHERE NOT (a = 1 AND b = 2);
SELECT a FROM t1 WHERE a <> 1 AND b <> 2;
-- different: CASE falls to ELSE where it is NULL
SELECT a FROM t1 WHERE CASE WHEN b > 1 THEN false ELSE true END;
SELECT a FROM t1 WHERE NOT b > 1;
-- different: CASE of a value does not match NULL
SELECT CASE c WHEN NULL THEN 'x' ELSE 'y' END AS x FROM t1;
SELECT CASE WHEN c IS NULL THEN 'x' ELSE 'y' END AS x FROM t1;
-- different: two rare values that meet in two tables
SELECT a.a FROM t1 a JOIN t2 b ON a.a = b.a WHERE NOT (a.c = 'left one' AND b.c = 'right one' AND b.b = 77);
SELECT a.a FROM t1 a JOIN t2 b ON a.a = b.a;
-- different: a rare value that an OR adds
SELECT id FROM emp WHERE mood = 'ok' OR (dept = 'x17' AND salary = 4711 AND hired = '2019-07-07' AND nick LIKE 'zz%');
SELECT id FROM emp WHERE mood = 'ok';
-- different: five conditions, one of them off by one
SELECT id FROM emp WHERE dept = 'k' AND salary >= 500 AND salary < 600 AND hired > '2020-05-05' AND score >= 3;
SELECT id FROM emp WHERE dept = 'k' AND salary >= 500 AND salary <= 600 AND hired > '2020-05-05' AND score >= 3;
-- different: a chain of four tables
SELECT d.name FROM dept d WHERE EXISTS (SELECT FROM emp e JOIN emp b ON b.id = e.boss JOIN dept c ON c.name = b.dept WHERE e.dept = d.name AND c.region = 'west' AND b.mood = 'sad');
SELECT d.name FROM dept d WHERE EXISTS (SELECT FROM emp e JOIN emp b ON b.id = e.boss JOIN dept c ON c.name = b.dept WHERE e.dept = d.name AND c.region = 'west' AND e.mood = 'sad');
-- different: a date written another way
SELECT id FROM emp WHERE hired = '2024-02-03';
SELECT id FROM emp WHERE hired = '2024-03-02';
-- different: bits
SELECT id FROM odd WHERE flags = B'101';
SELECT id FROM odd WHERE flags & B'101' <> B'000';
-- different: a type nobody fills
SELECT id FROM odd WHERE mac = '08:00:2b:01:02:03';
SELECT id FROM odd WHERE mac IS NULL AND mac IS NOT NULL OR id < 0 AND mac IS NULL;
-- different: a column of a type that is hard to fill is not always NULL
SELECT id, spot IS NULL AS x FROM odd;
SELECT id, true AS x FROM odd;
-- different: a part of a composite value
SELECT id FROM odd WHERE (spot).x IS NULL;
SELECT id FROM odd WHERE spot IS NULL;
-- different: multiranges are not always NULL
SELECT id FROM odd WHERE sizes IS NULL OR id > 0;
SELECT id FROM odd WHERE sizes IS NULL;
-- different: bytes and their text
SELECT id FROM doc WHERE length(blob) = 0;
SELECT id FROM doc WHERE blob IS NULL;
-- different: a deferred key looks ahead
SELECT l.id FROM late l WHERE l.next IS NOT NULL;
SELECT l.id FROM late l JOIN late n ON n.id = l.next AND n.id < l.id;
-- different: a parameter that may be NULL
SELECT a FROM t1 WHERE a = $1 OR $1 IS NULL;
SELECT a FROM t1 WHERE a = coalesce($1, a);
-- different: a parameter of the border
SELECT a FROM t1 WHERE a BETWEEN $1 AND $2;
SELECT a FROM t1 WHERE a >= least($1::int, $2::int) AND a <= greatest($1::int, $2::int);
-- different: a view against a wider condition
SELECT id FROM rich WHERE dept = 'a';
SELECT id FROM emp WHERE dept = 'a' AND salary >= 100;
-- different: generate_series with a hole at the end
SELECT s AS d FROM generate_series(1, (SELECT max(a) FROM t1 WHERE a < 9)) s;
SELECT a AS d FROM t1 WHERE a BETWEEN 1 AND 8;
-- different: calendar days without rows
SELECT s, count(t.a) AS n FROM generate_series(1, 3) s LEFT JOIN t1 t ON t.a = s GROUP BY s;
SELECT a AS s, count(a) AS n FROM t1 WHERE a BETWEEN 1 AND 3 GROUP BY a;
-- different: a volatile condition
SELECT id FROM emp WHERE random() < 0.0000001 OR mood = 'ok';
SELECT id FROM emp WHERE mood = 'ok';
-- different: where a row lies
SELECT id FROM emp WHERE ctid IS NOT NULL AND mood = 'ok' OR ctid > '(100,1)';
SELECT id FROM emp WHERE mood = 'ok';
-- different: who asks
SELECT id FROM emp WHERE current_user <> 'someone' OR mood = 'ok';
SELECT id FROM emp;
-- different: the settings of a session
SELECT id FROM emp WHERE current_setting('work_mem') <> '1GB' OR mood = 'ok';
SELECT id FROM emp;
