import type { CatalogView } from "../../model/catalog-view.ts";
import type { FuncCall, Node } from "../../sql/nodes.ts";
import { STEADY_FUNCTIONS } from "../../sql/effect/volatility.ts";
import { nodesOf } from "../../sql/walk.ts";

/* Functions of PostgreSQL besides those that stand in defaults: aggregates, window functions, and what queries use. */
const STEADY_IN_QUERIES = new Set(
  `count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg
  bit_and bit_or bit_xor stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_avgx
  regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode percentile_cont percentile_disc
  any_value range_agg range_intersect_agg xmlagg row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
  nth_value grouping unnest generate_series generate_subscripts exp ln log log10 degrees radians sin cos tan asin acos atan
  atan2 pi cbrt div factorial gcd lcm array_remove array_replace array_upper array_lower array_dims array_ndims
  array_positions trim_array jsonb_array_elements jsonb_array_elements_text json_array_elements json_array_elements_text
  jsonb_each jsonb_each_text json_each json_each_text jsonb_object_keys json_object_keys jsonb_typeof json_typeof
  jsonb_array_length json_array_length jsonb_extract_path jsonb_extract_path_text json_extract_path json_extract_path_text
  jsonb_set jsonb_insert jsonb_strip_nulls jsonb_pretty jsonb_path_exists jsonb_path_query jsonb_path_match
  jsonb_path_query_array jsonb_path_query_first jsonb_to_recordset jsonb_to_record jsonb_populate_record row
  regexp_matches regexp_split_to_table regexp_split_to_array regexp_count regexp_instr regexp_like regexp_substr
  like ilike similar_to_escape like_escape quote_ident quote_literal quote_nullable normalize is_normalized unaccent
  to_tsvector ts_rank ts_rank_cd ts_headline websearch_to_tsquery phraseto_tsquery numnode querytree
  similarity word_similarity strict_word_similarity isempty lower_inc upper_inc lower_inf upper_inf range_merge
  justify_interval make_timestamptz date_add date_subtract min_scale scale trim_scale to_ascii parse_ident btrim
  overlaps erf erfc md5 crc32 bit_count get_bit get_byte set_bit set_byte timestamptz timestamp time interval bigint
  varchar bpchar char`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

/**
 * Whether nothing in a statement may give another value for the same arguments within it, and nothing it calls changes
 * anything: then it does not matter how often, or in which order, it is evaluated. Functions that are not known are taken
 * to be volatile, as the server does.
 */
export function isSteady(statement: Node, view: CatalogView): boolean {
  const own = ownFunctions(view);
  const operators = new Set(view.of("operator").map((one) => one.name.replace(/\(.*$/, "")));
  for (const { type, node } of nodesOf(statement)) {
    if (type === "NextValueExpr" || type === "RangeTableSample" || type === "CurrentOfExpr") return false;
    if (type === "FuncCall" && !isSteadyCall(node, own)) return false;
    if (type !== "A_Expr" && type !== "SubLink") continue;
    const names = (node["name"] ?? node["operName"]) as readonly Node[] | undefined;
    for (const name of names ?? []) if ("String" in name && operators.has(name.String.sval ?? "")) return false;
  }
  return true;
}

function isSteadyCall({ funcname }: FuncCall, own: ReadonlyMap<string, boolean>): boolean {
  const path = (funcname ?? []).map((part) => ("String" in part ? (part.String.sval ?? "") : ""));
  const name = path.at(-1) ?? "";
  const known = STEADY_FUNCTIONS.has(name) || STEADY_IN_QUERIES.has(name);
  const declared = own.get(name);
  if (path.length > 1 && path[0] === "pg_catalog") return known;
  if (path.length > 1) return declared === true;
  // The application may have one of the same name for arguments of its own.
  return declared === undefined ? known : declared;
}

const OWN = new WeakMap<CatalogView, ReadonlyMap<string, boolean>>();

// By bare name: whether all functions of that name are declared to be steady.
function ownFunctions(view: CatalogView): ReadonlyMap<string, boolean> {
  const known = OWN.get(view);
  if (known !== undefined) return known;
  const own = new Map<string, boolean>();
  for (const { name, definition } of view.of("function")) {
    // Before the body, on the line where the server prints it: what the body says is no declaration.
    const head = definition.split(/^(?:AS |BEGIN ATOMIC| ?RETURN )/m, 1)[0] ?? "";
    own.set(name, (own.get(name) ?? true) && /^ (?:IMMUTABLE|STABLE)\b/m.test(head));
  }
  for (const { name } of view.of("aggregate")) own.set(name, false);
  OWN.set(view, own);
  return own;
}
