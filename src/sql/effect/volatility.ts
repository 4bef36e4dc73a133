import type { Node } from "libpg-query";
import { nodesOf } from "../walk.ts";

/**
 * Functions of PostgreSQL that people put into defaults and that are immutable or stable (pg_proc.provolatile). A
 * function that is not listed may be anybody's own, and those are volatile unless declared otherwise.
 */
export const STEADY_FUNCTIONS: ReadonlySet<string> = new Set(
  `now transaction_timestamp statement_timestamp date_trunc date_part date_bin extract to_char to_date to_timestamp to_number
  timezone make_interval make_date make_time make_timestamp make_timestamptz age lower upper initcap concat concat_ws format
  md5 sha224 sha256 sha384 sha512 digest encode decode repeat lpad rpad array_fill array_append array_prepend array_cat
  string_to_array array_to_string jsonb_build_object jsonb_build_array json_build_object json_build_array to_json to_jsonb
  jsonb_object json_object row_to_json current_setting current_database current_schema current_schemas length char_length
  octet_length btrim ltrim rtrim substring substr replace translate left right reverse strpos position overlay abs floor ceil
  ceiling round trunc power sqrt mod sign greatest least int4range int8range numrange daterange tsrange tstzrange
  int4multirange tstzmultirange point box circle polygon inet_client_addr inet_server_addr to_tsvector to_tsquery
  plainto_tsquery setweight hashtext pg_backend_pid justify_days justify_hours ascii chr to_hex
  split_part regexp_replace regexp_match bit_length cardinality array_length array_position coalesce nullif isfinite
  uuid_nil txid_current pg_current_xact_id width_bucket starts_with hstore bool int4 int8 float8 text numeric date`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

/** Whether an expression may give another value for each row, so that it cannot be stored once as the default. */
export function isVolatile(expression: Node | undefined): boolean {
  if (expression === undefined) return false;
  for (const { type, node } of nodesOf(expression)) {
    if (type === "SubLink" || type === "NextValueExpr") return true;
    if (type !== "FuncCall") continue;
    const path = ((node as { funcname?: Node[] }).funcname ?? []).map((name) =>
      "String" in name ? (name.String.sval ?? "") : "",
    );
    const own = path.length === 2 && path[0] !== "pg_catalog";
    if (own || !STEADY_FUNCTIONS.has(path.at(-1) ?? "")) return true;
  }
  return false;
}
