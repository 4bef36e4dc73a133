import { expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog, GrantObject, ViewObject } from "../model/catalog.ts";
import { ref, refKey } from "../model/ref.ts";
import { planDiff } from "./plan.ts";

function viewOwnedBy(owner: string | null, type: string): Catalog {
  const view: ViewObject = {
    ...ref("view", "v", { schema: "public" }),
    kind: "view",
    materialised: false,
    columns: [{ name: "x", type }],
    definition: ` SELECT 1::${type} AS x`,
    options: {},
    comment: null,
    dependsOn: [],
    ...(owner === null ? {} : { owner }),
  };
  return catalogOf({ name: "postgres", version: "15" }, [view]);
}

const CASES: readonly {
  readonly name: string;
  readonly from: readonly [string | null, string];
  readonly to: readonly [string | null, string];
  readonly exact: boolean;
  readonly sql: RegExp | null;
  readonly undo?: RegExp;
}[] = [
  {
    name: "a file beside a live database says nothing",
    from: ["app", "int"],
    to: [null, "int"],
    exact: false,
    sql: null,
  },
  {
    name: "what is made anew keeps an owner that TO does not state",
    from: ["app", "int"],
    to: [null, "text"],
    exact: false,
    sql: /DROP VIEW[\s\S]*CREATE VIEW[\s\S]*OWNER TO app/,
  },
  {
    name: "of two files, what states none belongs to whoever runs the plan",
    from: ["app", "int"],
    to: [null, "int"],
    exact: true,
    sql: /^ALTER VIEW public\.v OWNER TO CURRENT_USER$/,
    undo: /^ALTER VIEW public\.v OWNER TO app$/,
  },
  {
    name: "the undo gives back what stated none",
    from: [null, "int"],
    to: ["app", "int"],
    exact: false,
    sql: /^ALTER VIEW public\.v OWNER TO app$/,
    undo: /^ALTER VIEW public\.v OWNER TO CURRENT_USER$/,
  },
];

test.for(CASES)("$name", async ({ from, to, exact, sql, undo }) => {
  const options = { dialect: postgres, direct: true, exactOwners: exact };
  const { steps } = await planDiff(viewOwnedBy(...from), viewOwnedBy(...to), options);
  if (sql === null) expect(steps).toEqual([]);
  else expect(steps.map((step) => step.sql).join(";\n")).toMatch(sql);
  if (undo !== undefined) expect(steps.flatMap((step) => step.undo ?? []).join(";\n")).toMatch(undo);
});

test("what TO grants to an owner that it does not state is no difference", async () => {
  const live = viewOwnedBy("app", "int");
  const file = viewOwnedBy(null, "int");
  const grant = (grantee: string): GrantObject => ({
    ...ref("grant", "v", { schema: "public", signature: `table to ${grantee}` }),
    kind: "grant",
    on: "table",
    arguments: null,
    grantee,
    privileges: ["SELECT"],
    comment: null,
    dependsOn: [refKey(ref("view", "v", { schema: "public" }))],
  });
  const wanted = catalogOf(file.engine, [...file.objects, grant("app"), grant("reader")]);
  const { steps } = await planDiff(live, wanted, { dialect: postgres });
  expect(steps.map(({ sql }) => sql)).toEqual(["GRANT SELECT ON TABLE public.v TO reader"]);
});
