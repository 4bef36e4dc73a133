import type { Session } from "../../engines/postgres/driver.ts";
import { ident, literal } from "../../engines/postgres/print.ts";
import type { ExtensionRequest } from "./classify.ts";

/*
 * Extensions are made before anything of a script runs, in a database that holds nothing of it: their
 * scripts run as superuser, and an object of the script's own could otherwise catch a call of theirs.
 * Statements are composed here from the parsed names; the script's text is not used.
 */

// The names an extension brings that scripts use most: types, functions, operator classes, access methods,
// schemas and languages. Used to say which missing extension a refused statement needs.
const PROVIDES: Readonly<Record<string, RegExp>> = {
  age: /^(?:agtype|ag_catalog|graphid)$/,
  bloom: /^bloom$/,
  btree_gin: /^gin_(?:btree|int\d|text|date|timestamptz?|uuid|bool|enum)\w*_ops$/,
  btree_gist: /^gist_(?!trgm_ops|geometry|ltree|_ltree|hstore|_int)\w+_ops$/,
  citext: /^citext$/,
  cube: /^cube(?:_\w+)?$/,
  dblink: /^dblink\w*$/,
  earthdistance: /^(?:earth|ll_to_earth|earth_box|earth_distance|latitude|longitude|sec_to_gc|gc_to_sec)$/,
  fuzzystrmatch: /^(?:levenshtein\w*|soundex|metaphone|dmetaphone\w*|difference|daitch_mokotoff)$/,
  h3: /^h3(?:index|_\w+)$/,
  hstore: /^(?:hstore\w*|akeys|avals|skeys|svals|g(?:in|ist)_hstore_ops|slice|exist|defined)$/,
  http: /^http(?:_\w+)?$/,
  intarray: /^(?:g(?:in|ist)__int(?:big)?_ops|query_int|icount|uniq|subarray|intset)$/,
  ip4r: /^(?:ip[46]r?|ipaddress|iprange)$/,
  isn: /^(?:is[bsm]n(?:13)?|ean13|upc)$/,
  lo: /^lo(?:_manage|_oid)?$/,
  ltree: /^(?:ltree\w*|lquery|ltxtquery|subltree|subpath|nlevel|lca|text2ltree|gist__?ltree_ops)$/,
  moddatetime: /^moddatetime$/,
  musicbrainz_collate: /^musicbrainz_collate$/,
  musicbrainz_unaccent: /^musicbrainz_(?:un|dunaccent)?\w*$/,
  pg_bigm: /^(?:gin_bigm_ops|bigm_\w+|likequery|show_bigm)$/,
  pg_cron: /^cron$/,
  pg_graphql: /^graphql$/,
  pg_hashids: /^id_(?:en|de)code(?:_once)?$/,
  pg_jsonschema: /^(?:jsonb?_matches_schema|jsonschema_\w+)$/,
  pg_net: /^net$/,
  pg_partman: /^(?:partman|part_config|create_parent|run_maintenance)$/,
  pg_stat_statements: /^pg_stat_statements\w*$/,
  pg_trgm: /^(?:gi(?:n|st)_trgm_ops|(?:(?:strict_)?word_)?similarity|show_trgm|show_limit|set_limit|gtrgm)$/,
  pg_uuidv7: /^uuid_generate_v7$/,
  pgcrypto: /^(?:gen_salt|crypt|digest|hmac|pgp_\w+|gen_random_bytes|encrypt|decrypt|(?:de)?armor)$/,
  pgroonga: /^pgroonga\w*$/,
  pgsodium: /^pgsodium$/,
  pgtap: /^(?:plan|no_plan|finish|has_\w+|hasnt_\w+|throws_\w+|lives_ok|results_eq|col_\w+|isnt?)$/,
  plperl: /^plperl$/,
  plperlu: /^plperlu$/,
  plpython3u: /^plpython3?u$/,
  pltcl: /^pltcl$/,
  plv8: /^plv8$/,
  postgis:
    /^(?:geometry\w*|geography\w*|box[23]d|_?st_\w+|spatial_ref_sys|addgeometrycolumn|find_srid|\w+_(?:geometry|geography)_ops\w*)$/,
  postgis_raster: /^raster$/,
  postgis_topology: /^(?:topology|topogeometry|createtopology)$/,
  rum: /^rum(?:_\w+)?$/,
  seg: /^seg$/,
  semver: /^semver(?:range)?$/,
  supabase_vault: /^vault$/,
  tablefunc: /^(?:crosstab\w*|normal_rand|connectby)$/,
  timescaledb:
    /^(?:create_hypertable|create_distributed_hypertable|time_bucket\w*|add_\w+_policy|timescaledb_\w+|_timescaledb_\w+|set_chunk_time_interval)$/,
  tsm_system_rows: /^system_rows$/,
  unaccent: /^unaccent\w*$/,
  "uuid-ossp": /^uuid_(?:generate_v[1345]\w*|ns_\w+|nil)$/,
  vector:
    /^(?:vector|halfvec|sparsevec|hnsw|ivfflat|\w+_(?:l1|l2|ip|cosine|hamming|jaccard)_ops|(?:cosine|l2|l1|inner)_\w+)$/,
};

/** The extensions known to bring a name (a type, function, operator class, schema or language). */
export function extensionsProviding(name: string): readonly string[] {
  const lower = name.toLowerCase();
  return Object.keys(PROVIDES).filter((extension) => PROVIDES[extension]?.test(lower));
}

// Functions of these open connections to other servers, and everybody may call them: the script may not.
const CONNECTING = ["dblink", "http", "pg_net", "plproxy", "pg_background", "pg_curl"];

/** CREATE EXTENSION, composed from what was parsed; `fixed`: the extension itself says in which schema it lies. */
export function extensionStatement({ name, schema, cascade }: ExtensionRequest, fixed = false): string {
  const inSchema = fixed ? "" : ` SCHEMA ${ident(schema ?? "public")}`;
  return `CREATE EXTENSION IF NOT EXISTS ${ident(name)}${inSchema}${cascade ? " CASCADE" : ""}`;
}

// One that may be made without a superuser is the owner's, who then may also move and drop it.
async function execute(statement: string, { owner, creator }: { owner: Session; creator: Session }): Promise<void> {
  await owner.execute(statement).catch(async (error: unknown) => {
    if (creator === owner) throw error;
    await creator.execute(statement);
  });
}

/**
 * Makes an extension; `creator` is the administrator's session only in a pristine database. Null when it is
 * there now, else the reason in words.
 */
export async function createExtension(
  sessions: { readonly admin: Session; readonly owner: Session; readonly creator: Session },
  request: ExtensionRequest,
): Promise<string | null> {
  const { admin, owner } = sessions;
  const { rows } = await admin.query<{ fixed: boolean }>(
    `select pg_catalog.bool_or(schema is not null) as fixed from pg_catalog.pg_available_extension_versions
     where name operator(pg_catalog.=) $1::name group by name`,
    [request.name],
  );
  const fixed = rows[0]?.fixed;
  if (fixed === undefined) return `the extension ${request.name} is not at hand`;
  try {
    // The owner makes the schema, so that it is the script's as it expects.
    if (!fixed && request.schema !== null) await owner.execute(`CREATE SCHEMA IF NOT EXISTS ${ident(request.schema)}`);
    await execute(extensionStatement(request, fixed), sessions);
    if (CONNECTING.includes(request.name)) await admin.execute(revokeAll(request.name));
  } catch (error) {
    return `the extension ${request.name} cannot be made here: ${(error as Error).message}`;
  }
  return null;
}

function revokeAll(extension: string): string {
  return `DO $do$ DECLARE routine pg_catalog.oid; BEGIN
    FOR routine IN SELECT d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e
        ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
       AND d.refobjid OPERATOR(pg_catalog.=) e.oid
      WHERE d.deptype OPERATOR(pg_catalog.=) 'e' AND e.extname OPERATOR(pg_catalog.=) ${literal(extension)}
        AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
    LOOP
      EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine::pg_catalog.regprocedure);
    END LOOP; END $do$`;
}

/** Sets an extension's comment. Nothing of a script runs by it: only a superuser could have made an event trigger. */
export async function commentOnExtension(admin: Session, name: string, comment: string | null): Promise<void> {
  await admin.execute(`COMMENT ON EXTENSION ${ident(name)} IS ${comment === null ? "NULL" : literal(comment)}`);
}

/** Removes an extension that nothing uses; one that is used stays. True when it is gone. */
export async function dropExtension(admin: Session, name: string): Promise<boolean> {
  return await admin.execute(`DROP EXTENSION IF EXISTS ${ident(name)}`).then(
    () => true,
    () => false,
  );
}

/**
 * Whether a database holds no routine, operator, cast, type or relation but the system's and those of
 * extensions that the administrator made: only then may an extension's script run in it as superuser.
 */
export async function isPristine(admin: Session): Promise<boolean> {
  const { rows } = await admin.query<{ found: boolean }>(
    `select exists (
       select from (select 'pg_catalog.pg_proc'::pg_catalog.regclass as catalog, oid from pg_catalog.pg_proc
         union all select 'pg_catalog.pg_operator'::pg_catalog.regclass, oid from pg_catalog.pg_operator
         union all select 'pg_catalog.pg_cast'::pg_catalog.regclass, oid from pg_catalog.pg_cast
         union all select 'pg_catalog.pg_type'::pg_catalog.regclass, oid from pg_catalog.pg_type
         union all select 'pg_catalog.pg_class'::pg_catalog.regclass, oid from pg_catalog.pg_class) as object
       where object.oid operator(pg_catalog.>=) 16384::pg_catalog.oid
         and not exists (select from pg_catalog.pg_depend d
           where d.classid operator(pg_catalog.=) object.catalog::pg_catalog.oid and d.objid operator(pg_catalog.=) object.oid
             and (d.deptype operator(pg_catalog.=) 'e' or d.deptype operator(pg_catalog.=) 'i')))
       or exists (select from pg_catalog.pg_extension x where x.extowner operator(pg_catalog.<>) 10::pg_catalog.oid
         and x.extowner operator(pg_catalog.<>)
           (select r.oid from pg_catalog.pg_roles r where r.rolname operator(pg_catalog.=) current_user)) as found`,
  );
  return rows[0]?.found === false;
}
