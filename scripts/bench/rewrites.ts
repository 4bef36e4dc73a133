import type { Session } from "../../src/engines/postgres/driver.ts";
import { introspect } from "../../src/engines/postgres/introspect.ts";
import { viewOf } from "../../src/model/catalog-view.ts";
import type { CatalogView } from "../../src/model/catalog-view.ts";
import { tryEquivalent } from "../../src/twin/differential/differential.ts";
import { DIFFERENT_PAIRS, EQUAL_PAIRS, PAIRS_SCHEMA } from "../../src/twin/differential/pairs.test-data.ts";
import type { Pair } from "../../src/twin/differential/pairs.test-data.ts";
import { HOSTILE } from "../../src/twin/differential/pairs/read.test-data.ts";
import type { NamedPair } from "../../src/twin/differential/pairs/read.test-data.ts";
import { openBenchServer } from "./bench-server.ts";
import { numberOption } from "./number-option.ts";

const named = (pairs: readonly Pair[], equal: boolean): readonly NamedPair[] =>
  pairs.map(({ before, after, ordered = false }) => ({ name: before, equal, before, after, ordered }));

/**
 * The differential tester on all pairs of statements that are at hand, equal and different, as a user gets it: how many
 * different ones it called equivalent (there may be none), and how many equal ones it confirmed.
 * `--databases N` (400), `--seed N` (1), `--major N` (18).
 */
export async function run(): Promise<void> {
  const options = { databases: numberOption("--databases", 400), seed: numberOption("--seed", 1) };
  const server = await openBenchServer(numberOption("--major", 18));
  try {
    const sets = [
      { schema: PAIRS_SCHEMA, pairs: [...named(EQUAL_PAIRS, true), ...named(DIFFERENT_PAIRS, false)] },
      ...HOSTILE,
    ];
    for (const { schema, pairs } of sets) {
      const database = await server.createDatabase();
      const session = await database.connect("owner");
      await session.execute(schema);
      await tryPairs(session, viewOf(await introspect(session)), pairs, options);
      await session.close();
    }
  } finally {
    await server.close();
  }
}

async function tryPairs(
  session: Session,
  view: CatalogView,
  pairs: readonly NamedPair[],
  options: { readonly databases: number; readonly seed: number },
): Promise<void> {
  const counts = { wrong: 0, told: 0, untold: 0, confirmed: 0, unconfirmed: 0, denied: 0, longest_ms: 0 };
  for (const { name, equal, before, after, ordered } of pairs) {
    const startedAt_ms = performance.now();
    const found = await tryEquivalent(session, view, { before, after, ordered }, options);
    counts.longest_ms = Math.max(counts.longest_ms, performance.now() - startedAt_ms);
    const { verdict } = found;
    if (verdict === "equivalent-on-twin") counts[equal ? "confirmed" : "wrong"]++;
    else if (verdict === "not-equivalent") counts[equal ? "denied" : "told"]++;
    else counts[equal ? "unconfirmed" : "untold"]++;
    const note =
      verdict === "not-tried" ? found.why : verdict === "not-equivalent" ? JSON.stringify(found.counterexample) : "";
    const remarkable = equal ? verdict !== "equivalent-on-twin" : verdict !== "not-equivalent";
    if (remarkable || process.argv.includes("--all"))
      process.stdout.write(`  ${equal ? "equal" : "different"} but ${verdict}: ${name}\n    ${note}\n`);
  }
  process.stdout.write(
    `  different: ${counts.told} told apart, ${counts.untold} not proved, ${counts.wrong} wrongly called equivalent\n` +
      `  equal: ${counts.confirmed} confirmed, ${counts.unconfirmed} not proved, ${counts.denied} wrongly told apart\n` +
      `  longest ${(counts.longest_ms / 1000).toFixed(1)} s\n`,
  );
}
