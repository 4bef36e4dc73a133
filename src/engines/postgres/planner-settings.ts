import type { DatabaseLocale } from "../../model/planner-statistics.ts";
import type { Session } from "./driver.ts";
import { ident } from "./print.ts";
import type { Unseen } from "./unseen.ts";

/*
 * Settings that change plans (PostgreSQL 18 manual: 19.7 Query Planning, 19.4 Resource Consumption), as one pattern of
 * their names: all switches of the planner's methods by their prefix, so that those of every major are taken.
 */
const PLANNING = `^(?:${[
  // 19.7.1 and 19.7.3
  "enable_\\w+",
  "geqo\\w*",
  // 19.7.2
  "seq_page_cost",
  "random_page_cost",
  "cpu_tuple_cost",
  "cpu_index_tuple_cost",
  "cpu_operator_cost",
  "parallel_setup_cost",
  "parallel_tuple_cost",
  "min_parallel_table_scan_size",
  "min_parallel_index_scan_size",
  "effective_cache_size",
  "jit(?:_above_cost|_inline_above_cost|_optimize_above_cost|_expressions|_tuple_deforming)?",
  // 19.7.4
  "default_statistics_target",
  "constraint_exclusion",
  "cursor_tuple_fraction",
  "from_collapse_limit",
  "join_collapse_limit",
  "plan_cache_mode",
  "recursive_worktable_factor",
  // 19.4.1, 19.4.5 and 19.4.6
  "shared_buffers",
  "work_mem",
  "hash_mem_multiplier",
  "maintenance_work_mem",
  "temp_buffers",
  "effective_io_concurrency",
  "maintenance_io_concurrency",
  "max_worker_processes",
  "max_parallel_workers",
  "max_parallel_workers_per_gather",
  "max_parallel_maintenance_workers",
  "parallel_leader_participation",
].join("|")})$`;

/**
 * The settings that change plans, as they hold in this session: the server's, the database's and this role's. What
 * other roles have of their own is named as unseen.
 */
export async function readPlannerSettings(session: Session, unseen: Unseen[]): Promise<Record<string, string>> {
  const { rows } = await session.query<{ name: string; value: string }>(
    `select s.name, pg_catalog.current_setting(s.name) as value
    from pg_catalog.pg_settings s where s.name operator(pg_catalog.~) $1::pg_catalog.text order by 1`,
    [PLANNING],
  );
  const { rows: others } = await session.query<{ role: string; names: readonly string[] }>(
    `select r.rolname as role, pg_catalog.array_agg(distinct pg_catalog.split_part(c.setting, '=', 1))::pg_catalog.text[]
        as names
    from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_roles r on r.oid operator(pg_catalog.=) s.setrole
    cross join lateral pg_catalog.unnest(s.setconfig) c(setting)
    where s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d
        where d.datname operator(pg_catalog.=) pg_catalog.current_database()))
      and r.rolname operator(pg_catalog.<>) current_user
      and pg_catalog.split_part(c.setting, '=', 1) operator(pg_catalog.~) $1::pg_catalog.text
    group by 1 order by 1`,
    [PLANNING],
  );
  for (const { role, names } of others)
    unseen.push({
      what: `${names.join(", ")} as role ${ident(role)} has them`,
      why: "settings were read as they hold for the role that reads",
    });
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Costs that tablespaces state, by tablespace; `""` is the database's own. */
export async function readTablespaceCosts(session: Session): Promise<Record<string, Record<string, string>>> {
  const { rows } = await session.query<{ name: string; options: readonly string[] }>(
    `select case when t.oid = d.dattablespace then '' else t.spcname end::text as name,
      t.spcoptions::text[] as options
    from pg_tablespace t cross join pg_database d
    where d.datname = current_database() and t.spcoptions is not null
    order by 1`,
  );
  return Object.fromEntries(
    rows.map(({ name, options }) => [
      name,
      Object.fromEntries(
        options.map((option) => {
          const at = option.indexOf("=");
          return [option.slice(0, at), option.slice(at + 1)];
        }),
      ),
    ]),
  );
}

const PROVIDERS: Readonly<Record<string, DatabaseLocale["provider"]>> = { c: "libc", i: "icu", b: "builtin" };

/** How the session's database orders text; null when the server does not say. */
export async function readDatabaseLocale(session: Session): Promise<DatabaseLocale | null> {
  // The column was renamed when the server got a provider of its own.
  const locale = session.versionNumber >= 170_000 ? "datlocale" : "daticulocale";
  const { rows } = await session.query<Omit<DatabaseLocale, "provider"> & { readonly provider: string }>(
    `select pg_encoding_to_char(encoding) as encoding, datlocprovider::text as provider, datcollate::text as collate,
      datctype::text as ctype, ${locale}::text as locale
    from pg_database where datname = current_database()`,
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, provider: PROVIDERS[row.provider] ?? "libc" };
}
