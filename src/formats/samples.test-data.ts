/* Two catalogs for the tests of the writers: fifteen realistic tables, and one whose every text is hostile. */
import type { Catalog, CatalogObject } from "../model/catalog.ts";
import { ref } from "../model/ref.ts";
import {
  COUNTER,
  base,
  catalogFrom,
  constraintObject,
  enumObject,
  indexObject,
  tableOf,
} from "./fixtures.test-data.ts";
import type { ColumnLine, ForeignKey, TableParts } from "./fixtures.test-data.ts";

const TENANT = { columns: ["tenant_id"], to: "tenant", onDelete: "cascade" } as const;

// A table of one tenant: (tenant_id, id) is its second key, the target of composite foreign keys.
function tenantTable(
  name: string,
  columns: readonly ColumnLine[],
  foreignKeys: readonly ForeignKey[] = [],
  more: Partial<TableParts> = {},
): readonly CatalogObject[] {
  return tableOf(name, {
    ...more,
    table: { rowSecurity: { enabled: true, forced: true }, ...more.table },
    columns: ["id: uuid not null = uuidv7()", "tenant_id: uuid not null", ...columns],
    key: ["id"],
    uniques: [["tenant_id", "id"], ...(more.uniques ?? [])],
    foreignKeys: [TENANT, ...foreignKeys],
  });
}

const within = (column: string, to: string, more: Partial<ForeignKey> = {}): ForeignKey => ({
  columns: ["tenant_id", column],
  to,
  key: ["tenant_id", "id"],
  ...more,
});

// Tenants, members and teams.
const PEOPLE: readonly (CatalogObject | readonly CatalogObject[])[] = [
  { ...ref("schema", "public"), ...base, kind: "schema" },
  enumObject("task_status", ["to do", "in-progress", "done"], { comment: "Where a task stands" }),
  tableOf("tenant", {
    columns: ["id: uuid not null = uuidv7()", "name: text not null", "slug: character varying(60) not null"],
    key: ["id"],
    uniques: [["slug"]],
  }),
  tableOf("country", { columns: ["code: character(2) not null", "name: text not null"], key: ["code"] }),
  tenantTable(
    "member",
    ["email: citext not null", "name: text not null", "created_at: timestamp with time zone not null = now()"],
    [],
    {
      uniques: [["tenant_id", "email"]],
    },
  ),
  tenantTable(
    "member_profile",
    ["member_id: uuid not null", "bio: text", "country_code: character(2)"],
    [
      within("member_id", "member", { onDelete: "cascade" }),
      { columns: ["country_code"], to: "country", key: ["code"], onDelete: "set null" },
    ],
    { uniques: [["tenant_id", "member_id"]] },
  ),
  tenantTable("team", ["name: text not null"]),
  tableOf("team_member", {
    columns: [
      "tenant_id: uuid not null",
      "team_id: uuid not null",
      "member_id: uuid not null",
      "position: integer not null = 0",
    ],
    key: ["tenant_id", "team_id", "member_id"],
    foreignKeys: [
      TENANT,
      within("team_id", "team", { onDelete: "cascade" }),
      within("member_id", "member", { onDelete: "cascade" }),
    ],
  }),
];

// Projects, tasks and what hangs on them.
const WORK: readonly (CatalogObject | readonly CatalogObject[])[] = [
  tenantTable(
    "project",
    [
      "team_id: uuid not null",
      "name: text not null",
      "budget: numeric(19,4)",
      "settings: jsonb not null = '{}'::jsonb",
      "period: daterange",
    ],
    [within("team_id", "team", { onDelete: "restrict" })],
  ),
  tenantTable(
    "task",
    [
      "project_id: uuid not null",
      "parent_id: uuid",
      "assignee_id: uuid",
      "reporter_id: uuid not null",
      "title: character varying(200) not null",
      "status: public.task_status not null = 'to do'::public.task_status",
      "tags: text[] not null = '{}'::text[]",
      ["search", "tsvector", { generated: { expression: "to_tsvector('simple'::regconfig, title)", stored: true } }],
      "due_on: date",
    ],
    [
      within("project_id", "project", { onDelete: "cascade" }),
      within("parent_id", "task", {
        onDelete: "set null",
        definition:
          "FOREIGN KEY (tenant_id, parent_id) REFERENCES public.task(tenant_id, id) ON DELETE SET NULL (parent_id)",
      }),
      within("assignee_id", "member", {
        onDelete: "set null",
        definition:
          "FOREIGN KEY (tenant_id, assignee_id) REFERENCES public.member(tenant_id, id) ON DELETE SET NULL (assignee_id)",
      }),
      within("reporter_id", "member"),
    ],
    {
      table: { comment: "A piece of work" },
      also: (table) => [
        indexObject(table, "task_open", ["tenant_id", { column: "due_on", order: "desc", nulls: "first" }], {
          predicate: "(status <> 'done'::public.task_status)",
        }),
        indexObject(table, "task_search_idx", ["search"], { method: "gin" }),
        indexObject(table, "task_tags_idx", ["tags"], { method: "gin" }),
        indexObject(
          table,
          "task_tenant_id_due_on_idx",
          ["tenant_id", { column: "due_on", order: "desc", nulls: "first" }],
          { include: ["title"] },
        ),
        indexObject(table, "task_lower_idx", [{ expression: "lower((title)::text)" }]),
        constraintObject(table, "task_title_check", "check", ["title"], {
          expression: "(length((title)::text) > 0)",
          definition: "CHECK ((length((title)::text) > 0))",
        }),
        {
          ...ref("policy", "task_tenant", { schema: "public", table: "task" }),
          ...base,
          kind: "policy",
          table: "task",
          command: "all",
          permissive: true,
          roles: ["app"],
          using: "(tenant_id = (current_setting('app.tenant_id'::text))::uuid)",
          check: null,
        },
        {
          ...ref("trigger", "task_touch", { schema: "public", table: "task" }),
          ...base,
          kind: "trigger",
          table: "task",
          definition:
            "CREATE TRIGGER task_touch BEFORE UPDATE ON public.task FOR EACH ROW EXECUTE FUNCTION public.touch()",
          enabled: "origin",
        },
      ],
    },
  ),
  tenantTable("label", ["name: text not null", "colour: text"]),
  tableOf("task_label", {
    columns: ["tenant_id: uuid not null", "task_id: uuid not null", "label_id: uuid not null"],
    key: ["tenant_id", "task_id", "label_id"],
    foreignKeys: [
      TENANT,
      within("task_id", "task", { onDelete: "cascade" }),
      within("label_id", "label", { onDelete: "cascade" }),
    ],
  }),
  tenantTable(
    "comment",
    ["task_id: uuid not null", "author_id: uuid not null", "body: text not null"],
    [within("task_id", "task", { onDelete: "cascade" }), within("author_id", "member")],
  ),
  tenantTable(
    "attachment",
    ["task_id: uuid not null", "file_name: text not null", "size_bytes: bigint not null", "checksum: bytea"],
    [within("task_id", "task", { onDelete: "cascade" })],
  ),
];

// Time, invoices and the audit trail; one table is partitioned.
const MONEY: readonly (CatalogObject | readonly CatalogObject[])[] = [
  tableOf("time_entry", {
    table: { partitionBy: { strategy: "range", key: "started_at" } },
    columns: [
      "id: uuid not null = uuidv7()",
      "tenant_id: uuid not null",
      "task_id: uuid not null",
      "member_id: uuid not null",
      "started_at: timestamp with time zone not null",
      "minutes: smallint not null",
      "rate: numeric(19,4)",
    ],
    key: ["tenant_id", "id", "started_at"],
    foreignKeys: [TENANT, within("task_id", "task"), within("member_id", "member")],
  }),
  tableOf("time_entry_2026_01", {
    table: {
      partitionOf: {
        schema: "public",
        table: "time_entry",
        bound: "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
      },
    },
    columns: [
      "id: uuid not null",
      "tenant_id: uuid not null",
      "task_id: uuid not null",
      "member_id: uuid not null",
      "started_at: timestamp with time zone not null",
      "minutes: smallint not null",
      "rate: numeric(19,4)",
    ],
  }),
  tenantTable(
    "invoice",
    ["project_id: uuid not null", "number: bigint not null", "total: numeric(19,4) not null"],
    [within("project_id", "project")],
    {
      uniques: [["tenant_id", "number"]],
    },
  ),
  tableOf("invoice_line", {
    columns: [
      "tenant_id: uuid not null",
      "invoice_id: uuid not null",
      "line: integer not null",
      "what: text not null",
      "amount: numeric(19,4) not null",
    ],
    key: ["tenant_id", "invoice_id", "line"],
    foreignKeys: [TENANT, within("invoice_id", "invoice", { onDelete: "cascade" })],
  }),
  tableOf("audit_event", {
    columns: [
      ["id", "bigint", { notNull: true, identity: { generation: "always", sequence: COUNTER } }],
      "tenant_id: uuid",
      "at: timestamp with time zone not null = now()",
      "what: jsonb not null",
    ],
    key: ["id"],
    foreignKeys: [{ columns: ["tenant_id"], to: "tenant", onDelete: "set null" }],
  }),
];

/** Fifteen tables of a multi-tenant project management: composite keys, enums, a one-to-one, a self-reference. */
export function projectManagement(): Catalog {
  return catalogFrom([...PEOPLE, ...WORK, ...MONEY], [{ kind: "event trigger", name: "no_drop" }]);
}

/** Texts that break naive writers: quotes of every kind, comment marks, line ends, template and HTML syntax. */
export const HOSTILE: readonly string[] = [
  'a"; DROP TABLE x; --',
  "two\nlines\r\nand\ttabs",
  "`${process.exit(1)}` \\u0041 \\",
  "</script><b onclick=alert(1)>|pipe|",
  "naïve Ünïcode 表 🐘",
  "%% direction LR #quot; }",
  "''' ''' */ // ///",
  " leading and trailing ",
  "1starts_with_digit",
  "end",
  "PK",
  "__proto__",
  "String",
  "?? \\? ? :name",
];

/** Every name, comment, default, value and expression hostile; with foreign keys between the tables. */
export function hostile(): Catalog {
  return catalogFrom(
    [
      ...HOSTILE.map((text, index) =>
        enumObject(`e ${text}`, HOSTILE, { schema: index % 2 === 0 ? "public" : 'sch"ema', comment: text }),
      ),
      ...HOSTILE.map((text, index) => {
        const type = `"e ${text.replaceAll('"', '""')}"`;
        const schema = index % 2 === 0 ? "public" : '"sch""ema"';
        return tableOf(text, {
          table: { comment: text, schema: index % 2 === 0 ? "public" : 'sch"ema' },
          columns: [
            [`k ${text}`, "bigint", { notNull: true, comment: text }],
            [text, "text", { default: `'${text.replaceAll("'", "''")}'::text`, comment: text }],
            [`r ${text}`, "bigint"],
            [`f ${text}`, `${schema}.${type}`, { notNull: true }],
          ],
          key: [`k ${text}`],
          foreignKeys: [
            { columns: [`r ${text}`], to: text, key: [`k ${text}`], name: `fk ${text}`, onDelete: "set null" },
          ],
          also: (table) => [
            constraintObject(table, `c ${text}`, "check", [text], { expression: text, definition: `CHECK (${text})` }),
            indexObject(table, `i ${text}`, [{ expression: text }], { predicate: text }),
            indexObject(table, `j ${text}`, [{ column: text, order: "desc", nulls: "first" }]),
          ],
        });
      }),
    ],
    HOSTILE.map((name) => ({ kind: "event trigger", name })),
  );
}
