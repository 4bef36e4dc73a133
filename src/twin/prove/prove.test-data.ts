import { introspect } from "../../engines/postgres/introspect.ts";
import type { Brief, BriefPattern } from "../../model/brief.ts";
import type { Decision, DecisionTopic } from "../../model/decision.ts";
import type { Design, DesignedQuery, TableVolume } from "../../model/design.ts";
import type { TwinServer } from "../server.ts";

/** A small schema of two tenant tables with all that a good design has. The broken ones are edits of it. */
export const GOOD_SQL = `
CREATE SCHEMA app;
CREATE TYPE app.state AS ENUM ('open', 'closed');
CREATE TABLE app.tenant (id uuid PRIMARY KEY, slug text NOT NULL CONSTRAINT tenant_slug_uq UNIQUE CONSTRAINT tenant_slug_ck CHECK (slug ~ '^[a-z0-9-]+$'));
CREATE TABLE app.folder (
  tenant_id uuid NOT NULL CONSTRAINT folder_tenant_fk REFERENCES app.tenant,
  id uuid NOT NULL,
  name text NOT NULL CONSTRAINT folder_name_ck CHECK (char_length(name) <= 80),
  CONSTRAINT folder_pk PRIMARY KEY (tenant_id, id)
);
CREATE TABLE app.note (
  tenant_id uuid NOT NULL CONSTRAINT note_tenant_fk REFERENCES app.tenant,
  id uuid NOT NULL,
  folder_id uuid NOT NULL,
  state app.state NOT NULL DEFAULT 'open',
  stars smallint NOT NULL CONSTRAINT note_stars_ck CHECK (stars BETWEEN 0 AND 5),
  written_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  CONSTRAINT note_pk PRIMARY KEY (tenant_id, id),
  CONSTRAINT note_folder_fk FOREIGN KEY (tenant_id, folder_id) REFERENCES app.folder (tenant_id, id),
  CONSTRAINT note_closed_ck CHECK ((closed_at IS NOT NULL) = (state = 'closed'))
);
CREATE INDEX note_folder_ix ON app.note (tenant_id, folder_id, written_at);
ALTER TABLE app.tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.tenant FORCE ROW LEVEL SECURITY;
ALTER TABLE app.folder ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.folder FORCE ROW LEVEL SECURITY;
ALTER TABLE app.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.note FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.tenant USING (id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY tenant ON app.folder USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY tenant ON app.note USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT USAGE ON SCHEMA app TO app_user;
GRANT SELECT ON app.tenant TO app_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.folder, app.note TO app_user;
`;

const PATTERN: BriefPattern = {
  name: "notes of a folder",
  about: null,
  operation: "read",
  entity: "note",
  where: [{ path: "folder", comparison: "eq", values: null }],
  order: [{ path: "written_at", direction: "asc" }],
  limit: 20,
  with: [],
  fields: null,
  sets: [],
  measure: null,
  by: [],
  rate_per_s: 1,
  p95_ms: 2000,
  staleness_s: null,
  acrossTenants: false,
  at: { path: "access_patterns.notes of a folder", line: 1, column: 1 },
};

const parameter = (column: string): DesignedQuery["parameters"][number] => ({
  schema: "app",
  table: "note",
  column,
  type: "uuid",
  role: "equals",
});

/** The one access pattern, served by `note_folder_ix`. */
export const QUERY: DesignedQuery = {
  pattern: PATTERN.name,
  source: PATTERN,
  sql: "SELECT id, state FROM app.note WHERE tenant_id = $1 AND folder_id = $2 ORDER BY written_at LIMIT 20",
  parameters: [parameter("tenant_id"), parameter("folder_id")],
  table: { schema: "app", table: "note" },
  index: "index app.note.note_folder_ix",
  mayScan: [],
  note: null,
};

function decision(id: string, topic: DecisionTopic, objects: readonly string[]): Decision {
  return { id, topic, subject: "note", choice: "", because: "", alternatives: [], objects, evidence: [] };
}

function volume(table: string, horizon_rows: number, share: number | null): TableVolume {
  return {
    schema: "app",
    table,
    now_rows: 1000,
    per_month_rows: 100,
    horizon_rows,
    row_bytes: 100,
    largest_tenant_share: share,
    skew: 0.2,
    standing: "stated",
  };
}

/** Runs the SQL in a scratch database, reads the catalog back, and makes a design of it. */
export async function designOf(server: TwinServer, sql: string, parts: Partial<Design> = {}): Promise<Design> {
  const database = await server.createDatabase();
  try {
    await database.ensureRole("app_user");
    const session = await database.connect("owner");
    try {
      await session.execute(sql);
      const catalog = await introspect(session);
      return {
        brief: { name: "notes", horizon_months: 36 } as Brief,
        catalog,
        schema: "app",
        applicationRole: "app_user",
        decisions: [
          decision("tenancy/model", "tenancy", ["table app.note", "policy app.note.tenant"]),
          decision("index/note/folder", "index", ["index app.note.note_folder_ix"]),
          decision("constraint/note/stars", "constraint", [
            "constraint app.note.note_stars_ck",
            "column app.note.stars",
          ]),
        ],
        columns: [],
        volumes: [volume("tenant", 1000, null), volume("folder", 200_000, 0.2), volume("note", 50_000_000, 0.2)],
        queries: [QUERY],
        tenancy: {
          model: "shared-schema",
          tenantTable: { schema: "app", table: "tenant" },
          column: "tenant_id",
          type: "uuid",
          setting: "app.tenant",
          tables: [
            { schema: "app", table: "folder" },
            { schema: "app", table: "note" },
          ],
        },
        partitions: [],
        jobs: [],
        ...parts,
      };
    } finally {
      await session.close();
    }
  } finally {
    await database.drop();
  }
}
