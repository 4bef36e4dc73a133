import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { readBrief } from "../formats/brief/read.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Design } from "../model/design.ts";
import { design } from "./design.ts";

const made = (yaml: string): Promise<Design> => design(readBrief(yaml, "a.yaml"), postgres, { today: "2026-03-01" });

const text = (name: string): string => readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), "utf8");

const brief = (entities: string, more = ""): string =>
  `name: small\nengine: postgres@17\ndefaults: { retention: 2 years }\n${more}\nentities:\n${entities}`;

const job = (of: Design, name: string): string => of.jobs.find((one) => one.name === name)?.sql ?? "";

const rights = (of: Design, role: string, table: string): readonly string[] =>
  viewOf(of.catalog)
    .of("grant")
    .find((grant) => grant.grantee === role && grant.name === table)?.privileges ?? [];

const constraintNames = (of: Design, table: string): readonly string[] =>
  viewOf(of.catalog)
    .tables.find((one) => one.table.name === table)
    ?.constraints.map(({ name }) => name) ?? [];

describe("what ends", () => {
  test("rows that are referred to wait instead of failing their batch", async () => {
    expect(job(await made(text("payments")), "retention of transaction")).toContain(
      "NOT EXISTS (SELECT FROM payments.refund AS held WHERE held.settled_by_id = payments.transaction.id)",
    );
  });

  test("what is erased does not live on in the history", async () => {
    const of = await made(
      brief(
        "  person:\n    fields: { name: text @personal }\n    history: changes\n    erase: erase\n    retention: 1 year then erase\n    volume: 3M",
      ),
    );
    const triggers = viewOf(of.catalog)
      .of("trigger")
      .filter(({ name }) => name.includes("_record_"));
    expect(new Set(triggers.map(({ definition }) => /WHEN .*$/.exec(definition)?.[0]))).toEqual(
      new Set([
        "WHEN (CURRENT_USER <> 'small_operator') EXECUTE FUNCTION small.record_person_history()",
        "WHEN (CURRENT_USER = 'small_operator') EXECUTE FUNCTION small.record_person_history('without values')",
      ]),
    );
    expect(job(of, "retention of person")).toMatch(/DELETE FROM small\.person_history AS entry USING gone/);
    expect(job(of, "retention of person_history")).toContain("changed_at < now() - interval '12 months'");
    expect(job(of, "erase a person")).toMatch(/^DELETE FROM small\.person_history[\s\S]*;\nDELETE FROM small\.person /);
  });

  test("overwriting does not read again what is done", async () => {
    expect(job(await made(text("payments")), "retention of payment_method")).toContain(
      "created_at >= now() - interval '45 days' - interval '18 months'",
    );
  });
});

describe("no more than is needed", () => {
  test("a required reference that holds the tenant needs no second key to it", async () => {
    const of = await made(text("project-management"));
    expect(constraintNames(of, "member")).toContain("member_organisation_id_fk");
    expect(constraintNames(of, "time_entry")).not.toContain("time_entry_organisation_id_fk");
    expect(constraintNames(of, "team_member")).not.toContain("team_member_organisation_id_fk");
  });

  test("a stricter rule takes the place of the range's check", async () => {
    const of = await made(text("payments"));
    const checks = viewOf(of.catalog)
      .tables.find((one) => one.table.name === "payment")
      ?.constraints.filter(({ name }) => name.startsWith("payment_amount"));
    expect(checks?.map(({ definition }) => definition)).toEqual(["CHECK (amount > 0)"]);
  });

  test("one index serves all rows of a parent and the few that a pattern picks", async () => {
    const of = await made(text("payments"));
    const names = viewOf(of.catalog)
      .of("index")
      .filter((index) => index.table === "payment_method" && index.keys[0]?.column === "customer_id")
      .map(({ name }) => name);
    expect(names).toEqual(["payment_method_customer_id_ix"]);
  });

  test("a prefix is found and sorted by one index, whatever the collation", async () => {
    const of = await made(text("payments"));
    const query = of.queries.find(({ pattern }) => pattern === "customers by mail");
    expect(query?.index).toContain("customer_email_ix");
    expect(query?.sql).toContain("ORDER BY customer.email USING ~<~");
  });
});

describe.each([
  ["shared-schema", ["INSERT", "SELECT", "UPDATE"], "small"],
  ["schema-per-tenant", ["SELECT"], "tenant_template"],
  ["database-per-tenant", ["INSERT", "SELECT", "UPDATE"], "small"],
])("%s", (model, privileges, schema) => {
  const yaml = brief(
    "  firm: { fields: { name: text }, volume: 20 }\n  task: { fields: { name: text }, history: changes, volume: 900 }",
    `tenancy: { model: ${model}, tenant: firm }`,
  );

  test("the application cannot end a tenant", async () => {
    expect(rights(await made(yaml), "small_app", "firm")).toEqual(privileges);
  });

  test("a function that names a tenant's table lives beside it", async () => {
    const recorder = viewOf((await made(yaml)).catalog)
      .of("function")
      .find(({ name }) => name === "record_task_history");
    expect(recorder?.schema).toBe(schema);
  });
});
