import type { Session } from "../../engines/postgres/driver.ts";
import { unavailable } from "../../model/error.ts";
import { ident } from "../../sql/identifier.ts";

/** The version of the tables below. A later one brings the statements that lead from this to it. */
export const HISTORY_VERSION = 1;

// Everything is named in full: what a migration sets as its search path must not matter.
const CREATE = `
  CREATE SCHEMA dbwright;
  COMMENT ON SCHEMA dbwright IS 'History of migrations, kept by dbwright';
  REVOKE ALL ON SCHEMA dbwright FROM PUBLIC;
  CREATE TABLE dbwright.about (
    single pg_catalog.bool PRIMARY KEY DEFAULT true CHECK (single),
    version pg_catalog.int4 NOT NULL,
    pause_requested_at pg_catalog.timestamptz,
    pause_requested_by pg_catalog.text,
    runner_pid pg_catalog.int4,
    runner_since pg_catalog.timestamptz,
    runner_role pg_catalog.text,
    runner_host pg_catalog.text,
    runner_command pg_catalog.text
  );
  INSERT INTO dbwright.about (version) VALUES (${HISTORY_VERSION});
  CREATE TABLE dbwright.migration (
    id pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
    position pg_catalog.int8 GENERATED ALWAYS AS IDENTITY UNIQUE,
    file pg_catalog.text NOT NULL,
    checksum pg_catalog.text NOT NULL,
    state pg_catalog.text NOT NULL CHECK (state IN ('running', 'stopped', 'failed', 'applied', 'undoing')),
    origin pg_catalog.text NOT NULL CHECK (origin IN ('run', 'baseline', 'squash')),
    steps pg_catalog.int4 NOT NULL,
    until_phase pg_catalog.text CHECK (until_phase IN ('expand', 'migrate', 'contract')),
    down pg_catalog.text,
    replaced_by pg_catalog.text,
    started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at pg_catalog.timestamptz,
    run_by pg_catalog.text NOT NULL DEFAULT session_user
  );
  CREATE TABLE dbwright.step (
    migration pg_catalog.text COLLATE pg_catalog."C" NOT NULL REFERENCES dbwright.migration ON DELETE CASCADE,
    number pg_catalog.int4 NOT NULL CHECK (number > 0),
    sql pg_catalog.text NOT NULL,
    checksum pg_catalog.text NOT NULL,
    phase pg_catalog.text NOT NULL,
    undo pg_catalog.text[],
    irreversible pg_catalog.text,
    cleanup pg_catalog.text[] NOT NULL,
    state pg_catalog.text NOT NULL CHECK (state IN ('intended', 'failed', 'done', 'undoing')),
    seen_before pg_catalog.text[],
    undone pg_catalog.int4 NOT NULL DEFAULT 0,
    attempts pg_catalog.int4 NOT NULL DEFAULT 1,
    started_at pg_catalog.timestamptz NOT NULL,
    finished_at pg_catalog.timestamptz,
    sqlstate pg_catalog.text,
    error pg_catalog.text,
    PRIMARY KEY (migration, number)
  );
  CREATE TABLE dbwright.backfill (
    migration pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    number pg_catalog.int4 NOT NULL,
    reached pg_catalog.text[],
    rows_passed pg_catalog.int8 NOT NULL DEFAULT 0,
    rows_changed pg_catalog.int8 NOT NULL DEFAULT 0,
    batches pg_catalog.int8 NOT NULL DEFAULT 0,
    batch_rows pg_catalog.int4,
    updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (migration, number),
    FOREIGN KEY (migration, number) REFERENCES dbwright.step ON DELETE CASCADE
  ) WITH (fillfactor = 50)`;

/** What is known of the history's schema before anything is written. */
export interface HistorySchema {
  /** 0 when there is none yet. */
  readonly version: number;
  readonly owner: string | null;
}

const SCHEMA = `
  SELECT pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text AS owner,
         pg_catalog.pg_has_role(n.nspowner, 'USAGE') AS ours,
         n.nspowner = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) OR o.rolsuper
           OR n.nspowner = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
           OR NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS trusted,
         pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable,
         EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid) AS filled,
         (SELECT c.oid::pg_catalog.int8::pg_catalog.text FROM pg_catalog.pg_class c
          WHERE c.relnamespace = n.oid AND c.relname = 'about' AND c.relkind = 'r' AND c.relowner = n.nspowner) AS about,
         EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relowner <> n.nspowner) AS mixed
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner WHERE n.nspname = 'dbwright'`;

interface SchemaRow {
  readonly owner: string;
  readonly ours: boolean;
  /** A superuser is a member of every role: that says nothing about who may plant triggers for one. */
  readonly trusted: boolean;
  readonly usable: boolean;
  readonly filled: boolean;
  readonly about: string | null;
  readonly mixed: boolean;
}

/**
 * Looks at the history's schema without writing. Throws `unavailable` (exit 3) where somebody else's schema has the
 * name: its tables could do anything in our name; and where a later version of dbwright wrote it.
 */
export async function lookAtHistory(session: Session): Promise<HistorySchema> {
  const row = (await session.query<SchemaRow>(SCHEMA)).rows[0];
  if (row === undefined) return { version: 0, owner: null };
  const where = "schema dbwright";
  if (!row.ours || row.mixed) {
    throw unavailable({
      what: row.mixed
        ? "the schema holds relations of several owners, so it is not only dbwright's history"
        : `the schema belongs to ${row.owner}, and the user who is connected is no member of that role`,
      where,
      expected: "a history that belongs to whoever runs migrations",
      mend: row.mixed
        ? "look who owns what in it (\\dt dbwright.*), and move what is not dbwright's out of it"
        : `connect as ${row.owner}, or GRANT that role to the user; never run migrations through a history that others can change`,
    });
  }
  if (!row.trusted) {
    throw unavailable({
      what: `the schema belongs to ${row.owner}, whose triggers would run with the rights of the superuser who is connected`,
      where,
      expected: "a history that belongs to the owner of the database, to a superuser, or to whoever is connected",
      mend: `connect as ${row.owner} if that role runs the migrations here; else look what the schema holds, and rename it`,
    });
  }
  if (row.about === null) {
    if (!row.filled) return { version: 0, owner: row.owner };
    throw unavailable({ what: "the schema is used for something else", where, mend: "rename that schema" });
  }
  const { rows } = await session.query<{ version: number }>("SELECT version FROM dbwright.about");
  const version = rows[0]?.version ?? 0;
  if (version > HISTORY_VERSION) {
    throw unavailable({
      what: `a later dbwright keeps this history (version ${version}; this one knows ${HISTORY_VERSION})`,
      where,
      mend: "install the current dbwright",
    });
  }
  return { version, owner: row.owner };
}

/** Creates the history's tables at their first use. Safe when two runners come at once. */
export async function createHistory(session: Session): Promise<void> {
  const { version, owner } = await lookAtHistory(session);
  if (version > 0) return;
  // Somebody made an empty schema of this name for us: its tables are to have its owner.
  const create = owner === null ? CREATE : CREATE.replace("CREATE SCHEMA dbwright;", `SET LOCAL ROLE ${ident(owner)};`);
  await session.execute("BEGIN");
  try {
    await session.execute(
      "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('dbwright history', 0))",
    );
    if ((await lookAtHistory(session)).version === 0) await session.execute(create);
    await session.execute("COMMIT");
  } catch (error) {
    await session.execute("ROLLBACK").catch(() => {});
    throw error;
  }
}
