import type { Session } from "../../../src/engines/postgres/driver.ts";
import { linesOf } from "./generate.ts";

/** The eight tables with their columns, in the order in which they refer to each other. */
export const TABLES: Readonly<Record<string, string>> = {
  region: "r_regionkey integer NOT NULL, r_name char(25) NOT NULL, r_comment varchar(152)",
  nation:
    "n_nationkey integer NOT NULL, n_name char(25) NOT NULL, n_regionkey integer NOT NULL, n_comment varchar(152)",
  supplier: `s_suppkey integer NOT NULL, s_name char(25) NOT NULL, s_address varchar(40) NOT NULL,
    s_nationkey integer NOT NULL, s_phone char(15) NOT NULL, s_acctbal numeric(15,2) NOT NULL,
    s_comment varchar(101) NOT NULL`,
  customer: `c_custkey integer NOT NULL, c_name varchar(25) NOT NULL, c_address varchar(40) NOT NULL,
    c_nationkey integer NOT NULL, c_phone char(15) NOT NULL, c_acctbal numeric(15,2) NOT NULL,
    c_mktsegment char(10) NOT NULL, c_comment varchar(117) NOT NULL`,
  part: `p_partkey integer NOT NULL, p_name varchar(55) NOT NULL, p_mfgr char(25) NOT NULL, p_brand char(10) NOT NULL,
    p_type varchar(25) NOT NULL, p_size integer NOT NULL, p_container char(10) NOT NULL,
    p_retailprice numeric(15,2) NOT NULL, p_comment varchar(23) NOT NULL`,
  partsupp: `ps_partkey integer NOT NULL, ps_suppkey integer NOT NULL, ps_availqty integer NOT NULL,
    ps_supplycost numeric(15,2) NOT NULL, ps_comment varchar(199) NOT NULL`,
  orders: `o_orderkey integer NOT NULL, o_custkey integer NOT NULL, o_orderstatus char(1) NOT NULL,
    o_totalprice numeric(15,2) NOT NULL, o_orderdate date NOT NULL, o_orderpriority char(15) NOT NULL,
    o_clerk char(15) NOT NULL, o_shippriority integer NOT NULL, o_comment varchar(79) NOT NULL`,
  lineitem: `l_orderkey integer NOT NULL, l_partkey integer NOT NULL, l_suppkey integer NOT NULL,
    l_linenumber integer NOT NULL, l_quantity numeric(15,2) NOT NULL, l_extendedprice numeric(15,2) NOT NULL,
    l_discount numeric(15,2) NOT NULL, l_tax numeric(15,2) NOT NULL, l_returnflag char(1) NOT NULL,
    l_linestatus char(1) NOT NULL, l_shipdate date NOT NULL, l_commitdate date NOT NULL, l_receiptdate date NOT NULL,
    l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL, l_comment varchar(44) NOT NULL`,
};

const KEYS: readonly (readonly [table: string, columns: string])[] = [
  ["region", "r_regionkey"],
  ["nation", "n_nationkey"],
  ["supplier", "s_suppkey"],
  ["customer", "c_custkey"],
  ["part", "p_partkey"],
  ["partsupp", "ps_partkey, ps_suppkey"],
  ["orders", "o_orderkey"],
  ["lineitem", "l_orderkey, l_linenumber"],
];

const REFERENCES: readonly (readonly [table: string, columns: string, target: string])[] = [
  ["nation", "n_regionkey", "region"],
  ["supplier", "s_nationkey", "nation"],
  ["customer", "c_nationkey", "nation"],
  ["partsupp", "ps_partkey", "part"],
  ["partsupp", "ps_suppkey", "supplier"],
  ["orders", "o_custkey", "customer"],
  ["lineitem", "l_orderkey", "orders"],
  ["lineitem", "l_partkey, l_suppkey", "partsupp"],
];

/** Tables alone: rows load faster without keys. Not logged, as the data can be made again. */
export const TABLES_SQL: string = Object.entries(TABLES)
  .map(([table, columns]) => `CREATE UNLOGGED TABLE ${table} (${columns});`)
  .join("\n");

/** Primary keys, then foreign keys. */
export const KEYS_SQL: readonly string[] = [
  ...KEYS.map(([table, columns]) => `ALTER TABLE ${table} ADD PRIMARY KEY (${columns})`),
  ...REFERENCES.map(
    ([table, columns, target]) => `ALTER TABLE ${table} ADD FOREIGN KEY (${columns}) REFERENCES ${target}`,
  ),
];

/** A set of indexes as a person would add them for the 22 queries. */
export const INDEXES_SQL: readonly string[] = [
  "CREATE INDEX lineitem_part_supp ON lineitem (l_partkey, l_suppkey)",
  "CREATE INDEX lineitem_supp ON lineitem (l_suppkey)",
  "CREATE INDEX lineitem_shipdate ON lineitem (l_shipdate, l_discount, l_quantity)",
  "CREATE INDEX lineitem_receipt ON lineitem (l_receiptdate, l_shipmode)",
  "CREATE INDEX lineitem_order_dates ON lineitem (l_orderkey) INCLUDE (l_commitdate, l_receiptdate, l_suppkey)",
  "CREATE INDEX orders_customer ON orders (o_custkey)",
  "CREATE INDEX orders_date ON orders (o_orderdate, o_orderpriority)",
  "CREATE INDEX partsupp_supp ON partsupp (ps_suppkey)",
  "CREATE INDEX part_size_type ON part (p_size, p_type)",
  "CREATE INDEX part_brand_container ON part (p_brand, p_container)",
  "CREATE INDEX customer_segment ON customer (c_mktsegment)",
  "CREATE INDEX customer_nation ON customer (c_nationkey)",
  "CREATE INDEX supplier_nation ON supplier (s_nationkey)",
  "CREATE INDEX orders_date_brin ON orders USING brin (o_orderdate)",
];

/** Loads all tables at a scale (1: 8.7 million rows) through sessions of one database, and gives them their keys. */
export async function loadTpch(first: Session, second: Session, scale: number): Promise<void> {
  await first.execute(TABLES_SQL);
  const copy = async (session: Session, tables: readonly string[]): Promise<void> => {
    for (const table of tables) await session.copyIn(`COPY ${table} FROM STDIN`, linesOf(table, scale));
  };
  const small = Object.keys(TABLES).filter((table) => table !== "lineitem");
  await Promise.all([copy(first, ["lineitem"]), copy(second, small)]);
  await first.execute("SET maintenance_work_mem = '512MB'");
  for (const sql of KEYS_SQL) await first.execute(sql);
  await first.execute("VACUUM (ANALYZE)");
}
