import type { CatalogObject } from "../model/catalog.ts";
import type { Phase, Step } from "../model/plan.ts";
import type { Piece } from "./piece.ts";

/** What code may rely on by name, or what would refuse what code does. */
export const RELIED_ON: ReadonlySet<CatalogObject["kind"]> = new Set([
  "table",
  "column",
  "view",
  "function",
  "aggregate",
  "sequence",
  "enum",
  "domain",
  "composite",
  "range",
  "schema",
  "extension",
  "grant",
]);

// What may refuse rows that code written before writes.
const REFUSES: ReadonlySet<CatalogObject["kind"]> = new Set(["constraint", "trigger", "policy", "rule"]);

// What concerns only things that are made later is gone before the plan makes some.
const FOR_LATER: ReadonlySet<CatalogObject["kind"]> = new Set(["default-privileges"]);

/** When a piece may run in a rollout, and whose code works once it has run. */
export function rolloutOf(piece: Piece): { readonly phase: Phase; readonly compatible: Step["compatible"] } {
  const { change, rebuild } = piece;
  if (change === null) return { phase: "expand", compatible: { old: true, new: true } };
  if (rebuild) return { phase: "migrate", compatible: { old: true, new: true } };
  // No application knows an index or a constraint by its name.
  if (change.type === "rename" && /^(?:index|constraint)$/.test(change.before.kind))
    return { phase: "expand", compatible: { old: true, new: true } };
  if (change.type === "rename") return { phase: "contract", compatible: { old: false, new: true } };
  if (change.type === "drop") {
    const old = !RELIED_ON.has(change.object.kind);
    // What refuses less is needed by code that relies on it.
    const soon = REFUSES.has(change.object.kind) || FOR_LATER.has(change.object.kind);
    return { phase: soon ? "expand" : "contract", compatible: { old, new: true } };
  }
  if (change.type === "create") {
    const { object } = change;
    const refuses = REFUSES.has(object.kind) || (object.kind === "index" && object.unique) || isDemanding(object);
    return refuses
      ? { phase: "contract", compatible: { old: false, new: true } }
      : { phase: "expand", compatible: { old: true, new: true } };
  }
  const { properties, after } = change;
  if (after.kind === "column" && properties.includes("type"))
    return { phase: "migrate", compatible: { old: false, new: true } };
  if (after.kind === "column" && properties.includes("notNull"))
    return after.notNull
      ? { phase: "contract", compatible: { old: false, new: true } }
      : { phase: "expand", compatible: { old: true, new: true } };
  return { phase: "expand", compatible: { old: true, new: true } };
}

// A new column that rows written by old code do not fill.
function isDemanding(object: CatalogObject): boolean {
  return (
    object.kind === "column" &&
    object.notNull &&
    object.default === null &&
    object.identity === null &&
    object.generated === null
  );
}
