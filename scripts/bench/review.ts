/*
 * How long the rules take over a generated schema, beside reading its catalog in the same run: rules and
 * printing of fixes alone, and with the safe fixes tried on a twin.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgres } from "../../src/engines/postgres/dialect.ts";
import { introspect } from "../../src/engines/postgres/introspect.ts";
import type { Catalog } from "../../src/model/catalog.ts";
import { silentProgress } from "../../src/model/progress.ts";
import { RULES } from "../../src/rules/registry.ts";
import { proveFixes } from "../../src/specialist/review/prove-fixes.ts";
import { reviewSchema } from "../../src/specialist/review/review-schema.ts";
import type { SchemaReview } from "../../src/specialist/review/review-schema.ts";
import { openServer } from "../../src/twin/server/open.ts";
import type { TwinServer } from "../../src/twin/server.ts";
import { median } from "./figure.ts";
import type { BenchResult, Figure } from "./figure.ts";
import { fill } from "./introspect.ts";

const ROUNDS = 5;
const GOAL_S = 3;
const SIZES = [370, 5000] as const;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt_ms = performance.now();
  await work();
  return (performance.now() - startedAt_ms) / 1000;
}

function reviewOf(catalog: Catalog, prove: SchemaReview["prove"]): SchemaReview {
  return {
    catalog,
    dialect: postgres,
    statistics: null,
    withoutStatistics: "not read",
    chosen: { rules: RULES, off: [] },
    all: RULES,
    configuration: {},
    configurationFile: null,
    places: null,
    baseline: null,
    unseen: [],
    prove,
  };
}

async function measure(server: TwinServer, size: number): Promise<readonly Figure[]> {
  const database = await server.createDatabase();
  const session = await database.connect("owner");
  let catalog: Catalog | undefined;
  const reading_s: number[] = [];
  const review_s: number[] = [];
  try {
    await fill(session, size);
    // Something to mend on each tenth table.
    for (let number = 0; number < size; number += 10)
      await session.execute(`create index on s${number % 8}.table_${number} (parent_id, created_at desc)`);
    for (let round = 0; round < ROUNDS; round++) {
      reading_s.push(await seconds(async () => (catalog = await introspect(session))));
      const read = catalog;
      if (read !== undefined) review_s.push(await seconds(() => reviewSchema(reviewOf(read, null))));
    }
  } finally {
    await session.close();
  }
  if (catalog === undefined) throw new Error("nothing was read");
  const read = catalog;
  let tried = 0;
  let proved = 0;
  const { signal } = new AbortController();
  const proof_s = await seconds(() =>
    reviewSchema(
      reviewOf(read, async (trials, input) => {
        const options = { server: async () => server, database, rules: RULES, input, signal, progress: silentProgress };
        const proofs = await proveFixes(trials, options);
        tried = trials.length;
        proved = [...proofs.values()].filter(({ verdict }) => verdict === "proved").length;
        return proofs;
      }),
    ),
  );
  const peer = { what: `introspection of ${size} tables`, seconds: median(reading_s) };
  return [
    { what: `review, ${size} tables`, seconds: median(review_s), peer, goal: { seconds: size === 370 ? GOAL_S : 30 } },
    { what: `  and ${proved} of ${tried} fixes proved, once`, seconds: proof_s, peer, goal: null },
  ];
}

/** Rules and fixes over generated schemas, beside introspection. */
export async function run(): Promise<BenchResult> {
  const server = await openServer({
    major: 18,
    url: null,
    cacheDir: join(tmpdir(), "dbwright-bench-cache"),
    searchPath: [],
    signal: new AbortController().signal,
    progress: silentProgress,
  });
  try {
    const figures: Figure[] = [];
    for (const size of SIZES) figures.push(...(await measure(server, size)));
    return { method: `${RULES.length} rules, the median of ${ROUNDS} rounds on one server`, figures };
  } finally {
    await server.close();
  }
}
