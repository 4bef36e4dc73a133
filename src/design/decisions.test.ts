import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { readBrief } from "../formats/brief/read.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { CatalogView, TableView } from "../model/catalog-view.ts";
import type { Decision } from "../model/decision.ts";
import type { Design } from "../model/design.ts";
import { DbwrightError } from "../model/error.ts";
import { design } from "./design.ts";

interface Made {
  readonly design: Design;
  readonly view: CatalogView;
  table(name: string): TableView;
  decision(id: string): Decision;
}

async function made(yaml: string): Promise<Made> {
  const result = await design(readBrief(yaml, "a.yaml"), postgres, { today: "2026-03-01" });
  const view = viewOf(result.catalog);
  return {
    design: result,
    view,
    table: (name) => {
      const found = view.tables.find((own) => own.table.name === name);
      if (found === undefined)
        throw new Error(`no table ${name}: ${view.tables.map((own) => own.table.name).join(", ")}`);
      return found;
    },
    decision: (id) => {
      const found = result.decisions.find((own) => own.id === id);
      if (found === undefined)
        throw new Error(`no decision ${id}: ${result.decisions.map((own) => own.id).join(", ")}`);
      return found;
    },
  };
}

const example = (name: string): Promise<Made> =>
  made(readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), "utf8"));

const clause = (table: TableView, name: string): string | undefined =>
  table.constraints.find((constraint) => constraint.name === name)?.definition;

const head = (entities: string, more = ""): string =>
  `name: small\nengine: postgres@17\n${more}\nentities:\n${entities}`;

const TENANTS = "tenancy: { model: shared-schema, tenant: firm, largest_share: 20% }";

describe("tenancy", () => {
  test("the tenant leads keys and references, and set null spares it", async () => {
    const { table } = await example("project-management");
    expect(table("task").primaryKey?.columns).toEqual(["organisation_id", "id"]);
    expect(clause(table("task"), "task_project_id_fk")).toBe(
      "FOREIGN KEY (organisation_id, project_id) REFERENCES project_management.project(organisation_id, id) ON DELETE CASCADE",
    );
    expect(clause(table("task"), "task_assignee_id_fk")).toMatch(/ON DELETE SET NULL \(assignee_id\)$/);
  });

  test("row security is forced on every tenant's table and on the tenants themselves", async () => {
    const { view, table, design: result } = await example("project-management");
    const names = [...(result.tenancy?.tables ?? []).map((own) => own.table), "organisation"];
    for (const name of names) expect(table(name).table.rowSecurity).toEqual({ enabled: true, forced: true });
    const policy = table("task").policies.find((own) => own.name === "tenant");
    expect(policy).toMatchObject({ command: "all", roles: ["public"], using: policy?.check });
    expect(policy?.using).toContain("nullif(current_setting('app.organisation_id', true), '')::uuid");
    expect(view.of("role").every((role) => !role.login && !role.bypassRls && !role.superuser)).toBe(true);
  });

  test("nothing is granted to everybody, and append-only rows cannot be changed", async () => {
    const { view } = await example("sensors");
    const grants = view.of("grant");
    expect(grants.filter((grant) => grant.grantee === "public")).toEqual([]);
    const reading = grants.find((grant) => grant.name === "reading" && grant.grantee === "sensors_app");
    expect(reading?.privileges).toEqual(["INSERT", "SELECT"]);
    expect(grants.flatMap((grant) => grant.privileges)).not.toContain("TRUNCATE");
  });

  test("shared data cannot point at one tenant's", async () => {
    const yaml = head(
      "  firm: { fields: { name: text } }\n  team: { fields: { name: text } }\n  kind: { per_tenant: false, belongs_to: { team: {} }, fields: { name: text } }",
      TENANTS,
    );
    await expect(made(yaml)).rejects.toThrow(DbwrightError);
  });

  test("a filtered enumeration under row security is text, elsewhere an enumerated type", async () => {
    const { table, decision } = await example("project-management");
    const type = (name: string, column: string): string | undefined =>
      table(name).columns.find((own) => own.name === column)?.type;
    expect(type("task", "status")).toBe("text");
    expect(type("member", "role")).toBe("project_management.member_role");
    expect(decision("enum/task.status").because).toContain("leakproof");
  });
});

describe("keys and types", () => {
  test("small and named rows get uuid version 7, big facts get bigint", async () => {
    const shop = await example("shop");
    const id = (name: string) => shop.table(name).columns.find((column) => column.name === "id");
    expect(id("product")?.default).toBe("uuidv7()");
    expect(id("visit")?.identity?.generation).toBe("always");
    expect(shop.decision("primary-key/visit").because).toMatch(/save/);
    expect(shop.table("stock").primaryKey?.columns).toEqual(["warehouse_id", "product_id"]);
  });

  test("before 18 the design brings its own uuidv7()", async () => {
    const { view, table } = await made(head("  thing: { fields: { name: text } }"));
    expect(view.of("function").map((own) => own.name)).toContain("uuidv7");
    expect(table("thing").columns[0]?.default).toBe("small.uuidv7()");
  });

  test.each([
    ["integer(1..4)", "smallint"],
    ["integer(0..70000)", "integer"],
    ["bigint(0..3000000000)", "bigint"],
    ["integer", "integer"],
    ["money", "numeric(19,4)"],
    ["decimal(12,2)", "numeric(12,2)"],
    ["instant", "timestamp with time zone"],
    ["text(40)", "text"],
    ["duration", "interval"],
    ["json", "jsonb"],
    ["list(text(10))", "text[]"],
    ["ip", "inet"],
  ])("%s is stored as %s", async (field, type) => {
    const { table } = await made(head(`  thing: { fields: { value: "${field}" } }`));
    expect(table("thing").columns.find((column) => column.name === "value")?.type).toBe(type);
  });

  test("a long enumeration becomes a table that is filled by a job", async () => {
    const { table, design: result } = await made(
      head(`  thing: { fields: { kind: "enum(${[..."abcdefghijkl"].join(", ")})" } }`),
    );
    expect(table("thing").constraints.some((own) => own.references?.table === "thing_kind")).toBe(true);
    expect(result.jobs.find((job) => job.name === "fill thing_kind")?.sql).toContain("ON CONFLICT");
  });
});

describe("relationships", () => {
  test("one of several targets is exactly one reference", async () => {
    const { table } = await example("shop");
    expect(table("review").constraints.find((own) => own.expression?.includes("num_nonnulls"))?.expression).toBe(
      "num_nonnulls(subject_product_id, subject_review_id) = 1",
    );
  });

  test("a specialisation shares the key and agrees on the kind", async () => {
    const { table } = await example("shop");
    expect(clause(table("book"), "book_id_product_kind_fk")).toBe(
      "FOREIGN KEY (id, product_kind) REFERENCES shop.product(id, product_kind) ON DELETE CASCADE",
    );
    expect(clause(table("book"), "book_product_kind_ck")).toBe("CHECK (product_kind = 'book')");
  });

  test("deleted rows free their unique values", async () => {
    const { table } = await example("blog");
    const slug = table("post").indexes.find((index) => index.name === "post_slug_uq");
    expect(slug).toMatchObject({ unique: true, predicate: "deleted_at IS NULL", constraint: null });
  });

  test("a rule may name fields that SQL reserves; in a text the word stays", async () => {
    const { table } = await made(
      head('  order:\n    fields: { user: integer, group: text(9) }\n    rules: [ "user > 2", "group <> \'user\'" ]'),
    );
    const clauses = table("order").constraints.map((constraint) => constraint.definition);
    expect(clauses).toContain('CHECK ("user" > 2)');
    expect(clauses).toContain(`CHECK ("group" <> 'user')`);
  });

  test("names that are keywords are quoted", async () => {
    const { view } = await made(
      head(
        "  order: { fields: { select: integer(1..4) } }\n  user: { belongs_to: { order: {} }, fields: { from: text(9) } }",
      ),
    );
    expect(view.of("constraint").find((own) => own.type === "foreign key")?.definition).toContain(
      'REFERENCES small."order"(id)',
    );
    expect(view.of("constraint").flatMap((own) => own.expression ?? [])).toEqual(
      expect.arrayContaining(['"select" BETWEEN 1 AND 4', 'char_length("from") <= 9']),
    );
  });
});

describe("indexes", () => {
  test("equality, then order; one index serves its beginnings", async () => {
    const { table, design: result } = await example("project-management");
    const keys = (name: string): (string | null)[] =>
      table("task")
        .indexes.find((index) => index.name === name)
        ?.keys.map((key) => key.column) ?? [];
    const board = result.queries.find((query) => query.pattern === "board of a project");
    expect(board?.index).toBe("index project_management.task.task_project_id_status_priority_due_on_ix");
    expect(keys("task_project_id_status_priority_due_on_ix")).toEqual([
      "organisation_id",
      "project_id",
      "status",
      "priority",
      "due_on",
    ]);
    expect(keys("task_assignee_id_due_on_ix")).toEqual(["organisation_id", "assignee_id", "due_on"]);
  });

  test("a rare state is an index of its own rows", async () => {
    const { table } = await example("payments");
    const open = table("refund").indexes.find((index) => index.predicate === "settled_at IS NULL");
    expect(open?.keys.map((key) => key.column)).toEqual(["requested_at"]);
  });

  test("search under row security goes through a view, elsewhere over a generated column", async () => {
    const tenants = await example("project-management");
    expect(tenants.view.of("view").map((own) => own.name)).toEqual(["task_search_current"]);
    const shop = await example("shop");
    expect(shop.table("product").columns.find((column) => column.name === "search_vector")?.generated?.stored).toBe(
      true,
    );
  });

  test("a report that may be old reads a model of its own", async () => {
    const { design: result } = await example("project-management");
    const hours = result.queries.find((query) => query.pattern === "hours by project");
    expect(hours?.sql).toContain("time_entry_by_task_project_month");
    expect(result.jobs.map((job) => job.name)).toContain("refresh time_entry_by_task_project_month");
  });
});

describe("partitions", () => {
  test("readings are cut by the month around the given day", async () => {
    const { view, design: result } = await example("sensors");
    expect(result.partitions.find((own) => own.table === "reading")).toMatchObject({
      column: "measured_at",
      interval: "month",
      retain_months: 13,
    });
    const bound = view.tables.find((own) => own.table.name === "reading_p20260301")?.table.partitionOf?.bound;
    expect(bound).toBe("FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-04-01 00:00:00+00')");
  });

  test("an exclusion over all rows keeps a table whole", async () => {
    const { decision } = await example("project-management");
    expect(decision("partition/time_entry").choice).toBe("one table");
  });
});

describe("normal form", () => {
  test("a stated dependency is split off", async () => {
    const { table, decision } = await example("blog");
    expect(table("address_postcode").columns.map((column) => column.name)).toEqual(
      expect.arrayContaining(["postcode", "city", "region"]),
    );
    expect(table("address").columns.map((column) => column.name)).not.toContain("city");
    expect(decision("normal-form/address_postcode").because).toContain("postcode → city, region");
  });

  test("unless a pattern needs it together, which is then named", async () => {
    const { table, decision } = await made(
      `${head("  place: { fields: { street: text, postcode: text, city: text }, depends: [postcode -> city], volume: 90k }")}\naccess_patterns:\n  by city: { read: place, where: { city: eq }, rate: 5/s }\n`,
    );
    expect(table("place").columns.map((column) => column.name)).toContain("city");
    expect(decision("normal-form/place.city").because).toContain('"by city"');
  });
});

describe("what cannot be", () => {
  test.each([
    [
      "a field that takes the name of a reference's column",
      "  team: { fields: { name: text } }\n  task: { belongs_to: { team: {} }, fields: { team_id: uuid } }",
    ],
    ["a rule about a field that is none", "  task: { fields: { name: text }, rules: [nam <> 'x'] }"],
    [
      "a required reference that would become null",
      "  team: { fields: { name: text } }\n  task: { belongs_to: { team: on delete set null } }",
    ],
  ])("%s is refused with its place", async (_what, entities) => {
    await expect(made(head(entities))).rejects.toThrow(/a\.yaml:\d+/);
  });
});
