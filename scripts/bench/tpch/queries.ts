/*
 * 22 analytical queries in our own words, each with the structure (joins, predicates, aggregates, subqueries) of the
 * query of that number in the public specification of TPC-H, over our own vocabulary.
 */

/** A query with what it asks. */
export interface TpchQuery {
  readonly number: number;
  readonly asks: string;
  readonly sql: string;
}

const query = (number: number, asks: string, sql: string): TpchQuery => ({ number, asks, sql });

/** All of them, by number. */
export const QUERIES: readonly TpchQuery[] = [
  query(
    1,
    "sums of all that was shipped by a date, by state of the item",
    `SELECT i.l_returnflag, i.l_linestatus, sum(i.l_quantity) AS pieces, sum(i.l_extendedprice) AS gross,
       sum(i.l_extendedprice * (1 - i.l_discount)) AS net,
       sum(i.l_extendedprice * (1 - i.l_discount) * (1 + i.l_tax)) AS charged,
       avg(i.l_quantity) AS mean_pieces, avg(i.l_extendedprice) AS mean_gross, avg(i.l_discount) AS mean_discount,
       count(*) AS items
     FROM lineitem AS i WHERE i.l_shipdate <= DATE '1998-12-01' - 84
     GROUP BY 1, 2 ORDER BY 1, 2`,
  ),
  query(
    2,
    "suppliers of a region that sell certain parts at the lowest price there",
    `SELECT s.s_acctbal, s.s_name, n.n_name, p.p_partkey, p.p_mfgr, s.s_address, s.s_phone, s.s_comment
     FROM part AS p, partsupp AS o, supplier AS s, nation AS n, region AS r
     WHERE o.ps_partkey = p.p_partkey AND s.s_suppkey = o.ps_suppkey AND n.n_nationkey = s.s_nationkey
       AND r.r_regionkey = n.n_regionkey AND r.r_name = 'EAST' AND p.p_size = 23 AND p.p_type LIKE '%STEEL'
       AND o.ps_supplycost = (
         SELECT min(o2.ps_supplycost) FROM partsupp AS o2, supplier AS s2, nation AS n2, region AS r2
         WHERE o2.ps_partkey = p.p_partkey AND s2.s_suppkey = o2.ps_suppkey AND n2.n_nationkey = s2.s_nationkey
           AND r2.r_regionkey = n2.n_regionkey AND r2.r_name = 'EAST')
     ORDER BY s.s_acctbal DESC, n.n_name, s.s_name, p.p_partkey LIMIT 100`,
  ),
  query(
    3,
    "orders of a segment with the most outstanding turnover",
    `SELECT o.o_orderkey, sum(i.l_extendedprice * (1 - i.l_discount)) AS turnover, o.o_orderdate, o.o_shippriority
     FROM customer AS c, orders AS o, lineitem AS i
     WHERE c.c_mktsegment = 'HOUSING' AND o.o_custkey = c.c_custkey AND i.l_orderkey = o.o_orderkey
       AND o.o_orderdate < DATE '1995-03-11' AND i.l_shipdate > DATE '1995-03-11'
     GROUP BY o.o_orderkey, o.o_orderdate, o.o_shippriority ORDER BY turnover DESC, o.o_orderdate LIMIT 10`,
  ),
  query(
    4,
    "orders of a quarter with an item that came late, by priority",
    `SELECT o.o_orderpriority, count(*) AS orders FROM orders AS o
     WHERE o.o_orderdate >= DATE '1994-04-01' AND o.o_orderdate < DATE '1994-04-01' + INTERVAL '3 months'
       AND EXISTS (SELECT FROM lineitem AS i WHERE i.l_orderkey = o.o_orderkey AND i.l_receiptdate > i.l_commitdate)
     GROUP BY o.o_orderpriority ORDER BY o.o_orderpriority`,
  ),
  query(
    5,
    "turnover within a region, by nation",
    `SELECT n.n_name, sum(i.l_extendedprice * (1 - i.l_discount)) AS turnover
     FROM customer AS c, orders AS o, lineitem AS i, supplier AS s, nation AS n, region AS r
     WHERE o.o_custkey = c.c_custkey AND i.l_orderkey = o.o_orderkey AND s.s_suppkey = i.l_suppkey
       AND s.s_nationkey = c.c_nationkey AND n.n_nationkey = s.s_nationkey AND r.r_regionkey = n.n_regionkey
       AND r.r_name = 'SOUTH' AND o.o_orderdate >= DATE '1995-01-01'
       AND o.o_orderdate < DATE '1995-01-01' + INTERVAL '1 year'
     GROUP BY n.n_name ORDER BY turnover DESC`,
  ),
  query(
    6,
    "turnover that small discounts of small items cost in a year",
    `SELECT sum(i.l_extendedprice * i.l_discount) AS lost FROM lineitem AS i
     WHERE i.l_shipdate >= DATE '1996-01-01' AND i.l_shipdate < DATE '1996-01-01' + INTERVAL '1 year'
       AND i.l_discount BETWEEN 0.05 AND 0.07 AND i.l_quantity < 25`,
  ),
  query(
    7,
    "trade between two nations, by year and direction",
    `SELECT t.seller, t.buyer, t.year, sum(t.volume) AS volume FROM (
       SELECT a.n_name AS seller, b.n_name AS buyer, extract(year FROM i.l_shipdate) AS year,
         i.l_extendedprice * (1 - i.l_discount) AS volume
       FROM supplier AS s, lineitem AS i, orders AS o, customer AS c, nation AS a, nation AS b
       WHERE s.s_suppkey = i.l_suppkey AND o.o_orderkey = i.l_orderkey AND c.c_custkey = o.o_custkey
         AND a.n_nationkey = s.s_nationkey AND b.n_nationkey = c.c_nationkey
         AND ((a.n_name = 'EAST HILLS' AND b.n_name = 'WEST LAKES')
           OR (a.n_name = 'WEST LAKES' AND b.n_name = 'EAST HILLS'))
         AND i.l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31') AS t
     GROUP BY t.seller, t.buyer, t.year ORDER BY 1, 2, 3`,
  ),
  query(
    8,
    "a nation's share of a region's market for a type of part, by year",
    `SELECT t.year, sum(CASE WHEN t.nation = 'NORTH ISLES' THEN t.volume ELSE 0 END) / sum(t.volume) AS share FROM (
       SELECT extract(year FROM o.o_orderdate) AS year, i.l_extendedprice * (1 - i.l_discount) AS volume,
         b.n_name AS nation
       FROM part AS p, supplier AS s, lineitem AS i, orders AS o, customer AS c, nation AS a, nation AS b, region AS r
       WHERE p.p_partkey = i.l_partkey AND s.s_suppkey = i.l_suppkey AND o.o_orderkey = i.l_orderkey
         AND c.c_custkey = o.o_custkey AND a.n_nationkey = c.c_nationkey AND r.r_regionkey = a.n_regionkey
         AND r.r_name = 'NORTH' AND b.n_nationkey = s.s_nationkey
         AND o.o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' AND p.p_type = 'THRIFTY BRUSHED NICKEL') AS t
     GROUP BY t.year ORDER BY t.year`,
  ),
  query(
    9,
    "profit on parts of a colour, by nation and year",
    `SELECT t.nation, t.year, sum(t.amount) AS profit FROM (
       SELECT n.n_name AS nation, extract(year FROM o.o_orderdate) AS year,
         i.l_extendedprice * (1 - i.l_discount) - f.ps_supplycost * i.l_quantity AS amount
       FROM part AS p, supplier AS s, lineitem AS i, partsupp AS f, orders AS o, nation AS n
       WHERE s.s_suppkey = i.l_suppkey AND f.ps_suppkey = i.l_suppkey AND f.ps_partkey = i.l_partkey
         AND p.p_partkey = i.l_partkey AND o.o_orderkey = i.l_orderkey AND n.n_nationkey = s.s_nationkey
         AND p.p_name LIKE '%lavender%') AS t
     GROUP BY t.nation, t.year ORDER BY t.nation, t.year DESC`,
  ),
  query(
    10,
    "customers who sent most back in a quarter",
    `SELECT c.c_custkey, c.c_name, sum(i.l_extendedprice * (1 - i.l_discount)) AS lost, c.c_acctbal, n.n_name,
       c.c_address, c.c_phone, c.c_comment
     FROM customer AS c, orders AS o, lineitem AS i, nation AS n
     WHERE o.o_custkey = c.c_custkey AND i.l_orderkey = o.o_orderkey AND n.n_nationkey = c.c_nationkey
       AND o.o_orderdate >= DATE '1993-07-01' AND o.o_orderdate < DATE '1993-07-01' + INTERVAL '3 months'
       AND i.l_returnflag = 'R'
     GROUP BY c.c_custkey, c.c_name, c.c_acctbal, c.c_phone, n.n_name, c.c_address, c.c_comment
     ORDER BY lost DESC LIMIT 20`,
  ),
  query(
    11,
    "parts that hold a notable part of the value a nation's suppliers have in stock",
    `SELECT f.ps_partkey, sum(f.ps_supplycost * f.ps_availqty) AS worth FROM partsupp AS f, supplier AS s, nation AS n
     WHERE s.s_suppkey = f.ps_suppkey AND n.n_nationkey = s.s_nationkey AND n.n_name = 'CENTRE PLAINS'
     GROUP BY f.ps_partkey
     HAVING sum(f.ps_supplycost * f.ps_availqty) > (
       SELECT sum(f2.ps_supplycost * f2.ps_availqty) * 0.0001 FROM partsupp AS f2, supplier AS s2, nation AS n2
       WHERE s2.s_suppkey = f2.ps_suppkey AND n2.n_nationkey = s2.s_nationkey AND n2.n_name = 'CENTRE PLAINS')
     ORDER BY worth DESC`,
  ),
  query(
    12,
    "late items by way of shipping, of urgent and of other orders",
    `SELECT i.l_shipmode, count(*) FILTER (WHERE o.o_orderpriority IN ('1-NOW', '2-SOON')) AS urgent,
       count(*) FILTER (WHERE o.o_orderpriority NOT IN ('1-NOW', '2-SOON')) AS others
     FROM orders AS o, lineitem AS i
     WHERE i.l_orderkey = o.o_orderkey AND i.l_shipmode IN ('RAIL', 'POST') AND i.l_commitdate < i.l_receiptdate
       AND i.l_shipdate < i.l_commitdate AND i.l_receiptdate >= DATE '1995-01-01'
       AND i.l_receiptdate < DATE '1995-01-01' + INTERVAL '1 year'
     GROUP BY i.l_shipmode ORDER BY i.l_shipmode`,
  ),
  query(
    13,
    "customers by their number of orders",
    `SELECT t.orders, count(*) AS customers FROM (
       SELECT c.c_custkey, count(o.o_orderkey) AS orders FROM customer AS c
       LEFT JOIN orders AS o ON o.o_custkey = c.c_custkey AND o.o_comment NOT LIKE '%special%requests%'
       GROUP BY c.c_custkey) AS t
     GROUP BY t.orders ORDER BY customers DESC, t.orders DESC`,
  ),
  query(
    14,
    "share of promoted parts in a month's turnover",
    `SELECT 100.0 * sum(i.l_extendedprice * (1 - i.l_discount)) FILTER (WHERE p.p_type LIKE 'PROMOTED%')
       / sum(i.l_extendedprice * (1 - i.l_discount)) AS share
     FROM lineitem AS i JOIN part AS p ON p.p_partkey = i.l_partkey
     WHERE i.l_shipdate >= DATE '1997-05-01' AND i.l_shipdate < DATE '1997-05-01' + INTERVAL '1 month'`,
  ),
  query(
    15,
    "the supplier with the highest turnover of a quarter",
    `WITH turnover AS (
       SELECT i.l_suppkey AS supplier, sum(i.l_extendedprice * (1 - i.l_discount)) AS total FROM lineitem AS i
       WHERE i.l_shipdate >= DATE '1996-07-01' AND i.l_shipdate < DATE '1996-07-01' + INTERVAL '3 months'
       GROUP BY i.l_suppkey)
     SELECT s.s_suppkey, s.s_name, s.s_address, s.s_phone, t.total FROM supplier AS s
     JOIN turnover AS t ON t.supplier = s.s_suppkey WHERE t.total = (SELECT max(total) FROM turnover)
     ORDER BY s.s_suppkey`,
  ),
  query(
    16,
    "how many suppliers without complaints offer parts of some kinds",
    `SELECT p.p_brand, p.p_type, p.p_size, count(DISTINCT f.ps_suppkey) AS suppliers
     FROM partsupp AS f JOIN part AS p ON p.p_partkey = f.ps_partkey
     WHERE p.p_brand <> 'Brand#34' AND p.p_type NOT LIKE 'LARGE PLATED%' AND p.p_size IN (3, 9, 14, 19, 23, 36, 45, 49)
       AND f.ps_suppkey NOT IN (SELECT s.s_suppkey FROM supplier AS s WHERE s.s_comment LIKE '%Customer%Complaints%')
     GROUP BY p.p_brand, p.p_type, p.p_size ORDER BY suppliers DESC, p.p_brand, p.p_type, p.p_size`,
  ),
  query(
    17,
    "yearly turnover that small orders of a part bring",
    `SELECT sum(i.l_extendedprice) / 7.0 AS yearly FROM lineitem AS i JOIN part AS p ON p.p_partkey = i.l_partkey
     WHERE p.p_brand = 'Brand#42' AND p.p_container = 'MED BAG'
       AND i.l_quantity < (SELECT 0.2 * avg(i2.l_quantity) FROM lineitem AS i2 WHERE i2.l_partkey = p.p_partkey)`,
  ),
  query(
    18,
    "customers with very large orders",
    `SELECT c.c_name, c.c_custkey, o.o_orderkey, o.o_orderdate, o.o_totalprice, sum(i.l_quantity) AS pieces
     FROM customer AS c, orders AS o, lineitem AS i
     WHERE o.o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 312)
       AND o.o_custkey = c.c_custkey AND i.l_orderkey = o.o_orderkey
     GROUP BY c.c_name, c.c_custkey, o.o_orderkey, o.o_orderdate, o.o_totalprice
     ORDER BY o.o_totalprice DESC, o.o_orderdate LIMIT 100`,
  ),
  query(
    19,
    "turnover of three kinds of parts that came by air and were handed over",
    `SELECT sum(i.l_extendedprice * (1 - i.l_discount)) AS turnover FROM lineitem AS i, part AS p
     WHERE (p.p_partkey = i.l_partkey AND p.p_brand = 'Brand#21' AND i.l_quantity BETWEEN 6 AND 16
         AND p.p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG') AND p.p_size BETWEEN 1 AND 5
         AND i.l_shipmode IN ('AIR', 'AIR FAST') AND i.l_shipinstruct = 'HAND OVER IN PERSON')
       OR (p.p_partkey = i.l_partkey AND p.p_brand = 'Brand#13' AND i.l_quantity BETWEEN 12 AND 22
         AND p.p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK') AND p.p_size BETWEEN 1 AND 10
         AND i.l_shipmode IN ('AIR', 'AIR FAST') AND i.l_shipinstruct = 'HAND OVER IN PERSON')
       OR (p.p_partkey = i.l_partkey AND p.p_brand = 'Brand#52' AND i.l_quantity BETWEEN 24 AND 34
         AND p.p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG') AND p.p_size BETWEEN 1 AND 15
         AND i.l_shipmode IN ('AIR', 'AIR FAST') AND i.l_shipinstruct = 'HAND OVER IN PERSON')`,
  ),
  query(
    20,
    "suppliers of a nation with too much in stock of parts of a colour",
    `SELECT s.s_name, s.s_address FROM supplier AS s JOIN nation AS n ON n.n_nationkey = s.s_nationkey
     WHERE n.n_name = 'WEST COAST' AND s.s_suppkey IN (
       SELECT f.ps_suppkey FROM partsupp AS f
       WHERE f.ps_partkey IN (SELECT p.p_partkey FROM part AS p WHERE p.p_name LIKE 'mint%')
         AND f.ps_availqty > (
           SELECT 0.5 * sum(i.l_quantity) FROM lineitem AS i
           WHERE i.l_partkey = f.ps_partkey AND i.l_suppkey = f.ps_suppkey AND i.l_shipdate >= DATE '1994-01-01'
             AND i.l_shipdate < DATE '1994-01-01' + INTERVAL '1 year'))
     ORDER BY s.s_name`,
  ),
  query(
    21,
    "suppliers of a nation who alone made an order of several suppliers late",
    `SELECT s.s_name, count(*) AS waits FROM supplier AS s, lineitem AS i, orders AS o, nation AS n
     WHERE s.s_suppkey = i.l_suppkey AND o.o_orderkey = i.l_orderkey AND o.o_orderstatus = 'F'
       AND i.l_receiptdate > i.l_commitdate
       AND EXISTS (SELECT FROM lineitem AS a WHERE a.l_orderkey = i.l_orderkey AND a.l_suppkey <> i.l_suppkey)
       AND NOT EXISTS (SELECT FROM lineitem AS b WHERE b.l_orderkey = i.l_orderkey AND b.l_suppkey <> i.l_suppkey
         AND b.l_receiptdate > b.l_commitdate)
       AND n.n_nationkey = s.s_nationkey AND n.n_name = 'SOUTH HILLS'
     GROUP BY s.s_name ORDER BY waits DESC, s.s_name LIMIT 100`,
  ),
  query(
    22,
    "well-off customers of some countries who never ordered",
    `SELECT t.code, count(*) AS customers, sum(t.c_acctbal) AS balance FROM (
       SELECT substring(c.c_phone FROM 1 FOR 2) AS code, c.c_acctbal FROM customer AS c
       WHERE substring(c.c_phone FROM 1 FOR 2) IN ('12', '15', '21', '24', '27', '30', '33')
         AND c.c_acctbal > (SELECT avg(c2.c_acctbal) FROM customer AS c2 WHERE c2.c_acctbal > 0.00
           AND substring(c2.c_phone FROM 1 FOR 2) IN ('12', '15', '21', '24', '27', '30', '33'))
         AND NOT EXISTS (SELECT FROM orders AS o WHERE o.o_custkey = c.c_custkey)) AS t
     GROUP BY t.code ORDER BY t.code`,
  ),
];
