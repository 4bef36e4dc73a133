import { expect, test } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { catalogOf } from "../model/catalog-view.ts";
import type { Catalog, ViewObject } from "../model/catalog.ts";
import { ref } from "../model/ref.ts";
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
