import { OTHER_REASONS, OTHER_RULES } from "./other-rules.ts";
import type { GeneratedFile } from "./generated-file.ts";

/** What is asked of a rule here, be it one of schemas or one of migrations. */
interface Equivalent {
  readonly rule: { readonly id: string; readonly equivalents: readonly string[] };
}

/** Tools whose rules ours name as equivalents, with the repository that their ids were read in. */
const TOOLS: Readonly<Record<string, string>> = {
  splinter: "supabase/splinter",
  schemalint: "kristiandupont/schemalint",
  pgdsat: "HexaCluster/pgdsat",
  pghero: "ankane/pghero",
  sqlcheck: "jarulraj/sqlcheck",
  squawk: "sbdchd/squawk",
  eugene: "kaaveland/eugene",
  strong_migrations: "ankane/strong_migrations",
  atlas: "ariga/atlas",
  "pg-schema-diff": "stripe/pg-schema-diff",
  bytebase: "bytebase/bytebase",
};

/** Every rule of splinter, by number; each needs an equivalent or a reason. */
const SPLINTER: Readonly<Record<string, string>> = {
  "0001": "unindexed_foreign_keys",
  "0002": "auth_users_exposed",
  "0003": "auth_rls_initplan",
  "0004": "no_primary_key",
  "0005": "unused_index",
  "0006": "multiple_permissive_policies",
  "0007": "policy_exists_rls_disabled",
  "0008": "rls_enabled_no_policy",
  "0009": "duplicate_index",
  "0010": "security_definer_view",
  "0011": "function_search_path_mutable",
  "0012": "auth_allow_anonymous_sign_ins",
  "0013": "rls_disabled_in_public",
  "0014": "extension_in_public",
  "0015": "rls_references_user_metadata",
  "0016": "materialized_view_in_api",
  "0017": "foreign_table_in_api",
  "0018": "unsupported_reg_types",
  "0019": "insecure_queue_exposed_in_api",
  "0020": "table_bloat",
  "0021": "fkey_to_auth_unique",
  "0022": "extension_versions_outdated",
  "0023": "sensitive_columns_exposed",
  "0024": "rls_policy_always_true",
  "0025": "public_bucket_allows_listing",
  "0026": "pg_graphql_anon_table_exposed",
  "0027": "pg_graphql_authenticated_table_exposed",
  "0028": "anon_security_definer_function_executable",
  "0029": "authenticated_security_definer_function_executable",
};

/** Why a rule of another tool has none of ours beside it. */
const REASONS: Readonly<Record<string, string>> = {
  ...OTHER_REASONS,
  "splinter:0012":
    "It depends on whether a sign-in service admits anonymous users, which no schema tells; splinter has a page for it and no query.",
  "splinter:0019":
    "The tables of a queue are made by the extension pgmq as it runs, and which schemas a service shows is a setting of that service.",
  "splinter:0020":
    "Dead space comes and goes with the writes of a day. It is a probe of a server's health, not a fault of a schema.",
  "splinter:0021": "It concerns one service's plan to drop unique constraints of its own table auth.users.",
  "splinter:0022":
    "Which version of an extension is the latest depends on the server's packages, which a catalog does not hold. It is a probe of a server's health.",
  "splinter:0025": "Whether a storage bucket is public is a row of one service's own table, not a schema.",
  "splinter:0026":
    "What the extension pg_graphql shows is what may be read; `table-without-row-security` and `sensitive-columns-exposed` tell where that is too much.",
  "splinter:0027":
    "What the extension pg_graphql shows is what may be read; `table-without-row-security` and `sensitive-columns-exposed` tell where that is too much.",
  "sqlcheck:2004":
    "How many indexes are too many depends on the writes and reads of the table; `unused-index`, `duplicate-index` and `redundant-prefix-index` name those that are not needed.",
  "pghero:missing_indexes":
    "It counts sequential scans of large tables. Which index would help is shown by the workload, not by the schema.",
};

const toolOf = (id: string): string => id.slice(0, id.indexOf(":"));
const nameOf = (id: string): string => id.slice(id.indexOf(":") + 1);

const byId = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

// Which of our rules name each rule of another tool.
function namedBy(rules: readonly Equivalent[]): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, string[]>();
  for (const { rule } of rules) {
    for (const id of rule.equivalents) named.set(id, [...(named.get(id) ?? []), rule.id]);
  }
  return named;
}

function problems(named: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const splinter = Object.keys(SPLINTER).map((number) => `splinter:${number}`);
  const others = Object.entries(OTHER_RULES).flatMap(([tool, own]) => own.map((id) => `${tool}:${id}`));
  return [
    ...[...named.keys()].filter((id) => TOOLS[toolOf(id)] === undefined).map((id) => `${id}: no such tool is known`),
    ...[...named.keys()]
      .filter((id) => toolOf(id) === "splinter" && !splinter.includes(id))
      .map((id) => `${id}: splinter has no such rule`),
    ...splinter
      .filter((id) => !named.has(id) && REASONS[id] === undefined)
      .map((id) => `${id} (${SPLINTER[nameOf(id)]}): neither a rule nor a reason`),
    ...[...named.keys()]
      .filter((id) => OTHER_RULES[toolOf(id)] !== undefined && !others.includes(id))
      .map((id) => `${id}: ${toolOf(id)} has no such rule`),
    ...others
      .filter((id) => !named.has(id) && REASONS[id] === undefined)
      .map((id) => `${id}: neither a rule nor a reason`),
    ...Object.keys(REASONS)
      .filter((id) => named.has(id))
      .map((id) => `${id}: ${named.get(id)?.join(", ")} is its equivalent; the reason why there is none is in the way`),
  ];
}

/**
 * The page that says, tool by tool, which of our rules looks for the same as one of theirs, and why there is
 * none where there is none. Throws where a rule of splinter has neither.
 */
export function equivalentsFile(rules: readonly Equivalent[]): GeneratedFile {
  const named = namedBy(rules);
  const wrong = problems(named);
  if (wrong.length > 0) throw new Error(`rule equivalents:\n  ${wrong.join("\n  ")}`);
  const ids = [...new Set([...named.keys(), ...Object.keys(REASONS)])];
  const section = ([tool, repository]: readonly [string, string]): string[] => {
    const own = ids.filter((id) => toolOf(id) === tool).toSorted(byId);
    if (own.length === 0) return [];
    const row = (id: string): string => {
      const ours = (named.get(id) ?? []).map((rule) => `[\`${rule}\`](../rules/${rule}.md)`).join(", ");
      const theirs = tool === "splinter" ? `${nameOf(id)} \`${SPLINTER[nameOf(id)]}\`` : `\`${nameOf(id)}\``;
      return `| ${theirs} | ${ours === "" ? `– ${REASONS[id]}` : ours} |`;
    };
    return ["", `## ${tool} (${repository})`, "", "| there | here |", "|---|---|", ...own.map(row)];
  };
  const text = [
    "<!-- Generated by `npm run gen` from the `equivalents` in src/rules and the reasons in scripts/gen/equivalents.ts. Do not edit. -->",
    "# The same rules elsewhere",
    "",
    "Who comes from another tool finds here which of the [rules](../rules/README.md) looks for the same. The same is not",
    "always equal: a rule of ours says on its page when it speaks and how gravely. For splinter, and for the tools that look",
    "at PostgreSQL migrations (squawk, eugene, strong_migrations, Atlas, pg-schema-diff, Bytebase), every rule is listed,",
    "with the reason where there is none here; of the other tools, those that look at a schema as these rules do.",
    ...Object.entries(TOOLS).flatMap(section),
    "",
  ].join("\n");
  return { path: "docs/guides/rule-equivalents.md", text };
}
