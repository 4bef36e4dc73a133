import { expect, test } from "vitest";
import type { CatalogObject } from "../model/catalog.ts";
import { catalogOf } from "../model/catalog-view.ts";
import { compare } from "./compare.ts";

const named = (kind: CatalogObject["kind"], name: string, dependsOn: readonly string[] = []): CatalogObject =>
  ({ kind, schema: "public", table: null, name, signature: "", comment: null, dependsOn }) as unknown as CatalogObject;
const engine = { name: "postgres", version: "16" } as const;
const OBJECTS = [
  named("function", "watch"),
  { ...named("event-trigger", "Audit", ["function public.watch"]), schema: null } as CatalogObject,
  named("operator-family", "other"),
];
const from = catalogOf(engine, OBJECTS, []);

test.each([
  [[], ["event-trigger Audit", "function public.watch", "operator-family public.other"]],
  [[{ kind: "event trigger", name: '"Audit"' }], ["operator-family public.other"]],
  [
    [{ kind: "event trigger", name: "audit" }],
    ["event-trigger Audit", "function public.watch", "operator-family public.other"],
  ],
  [[{ kind: "operator family", name: "other" }], ["event-trigger Audit", "function public.watch"]],
  [
    [{ kind: "operator family", name: "app.other" }],
    ["event-trigger Audit", "function public.watch", "operator-family public.other"],
  ],
])("what TO names as left out (%j) is not dropped", (unmodelled, gone) => {
  expect([...compare(from, catalogOf(engine, [], unmodelled)).gone.keys()].toSorted()).toEqual(gone);
});
