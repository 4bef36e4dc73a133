import type { Catalog } from "../model/catalog.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Effect } from "../model/plan.ts";
import type { Dialect } from "../model/statement.ts";
import type { Draft } from "./steps.ts";

const NO_EFFECT: Effect = { locks: [], rewrites: [], scans: [], losesData: null };

/**
 * What each step locks, rewrites and scans, told from its SQL and the catalog it meets. What cannot be told, the
 * body of a DO block for instance, is left empty.
 */
export async function effectsOfDrafts(
  drafts: readonly Draft[],
  from: Catalog,
  dialect: Dialect,
): Promise<readonly Effect[]> {
  if (drafts.length === 0 || dialect.engine !== "postgres") return drafts.map(() => NO_EFFECT);
  const { parseSql } = await import("../sql/parse.ts");
  const { effectsOf } = await import("../sql/effect/effects.ts");
  const { lookupOf } = await import("../sql/effect/catalog-lookup.ts");
  const schema = lookupOf(viewOf(from));
  const major = Number.parseInt(from.engine.version, 10);
  const created = new Set<string>();
  const effects: Effect[] = [];
  for (const { sql, cause, batch } of drafts) {
    const parsed = await parseSql(sql);
    const context = { ...(Number.isNaN(major) ? {} : { major }), schema, created };
    const effect = merged(parsed.ok ? parsed.value.map(({ node }) => effectsOf(node, context)) : []);
    // A slice finds its rows by the key; as one statement the step looks at every row.
    const whole = batch === null ? [] : [dialect.qualified(batch.schema, batch.table)];
    effects.push({ ...effect, scans: [...new Set([...effect.scans, ...whole])] });
    if (cause?.type === "create" && (cause.object.kind === "table" || cause.object.kind === "view"))
      created.add(dialect.qualified(cause.object.schema, cause.object.name));
  }
  return effects;
}

function merged(effects: readonly Effect[]): Effect {
  const [first, ...rest] = effects;
  if (first === undefined) return NO_EFFECT;
  if (rest.length === 0) return first;
  return {
    locks: effects.flatMap(({ locks }) => locks),
    rewrites: [...new Set(effects.flatMap(({ rewrites }) => rewrites))],
    scans: [...new Set(effects.flatMap(({ scans }) => scans))],
    losesData: effects.map(({ losesData }) => losesData).find((loss) => loss !== null) ?? null,
  };
}
