/*
 * The laws of the differ on schemas drawn by chance: a schema does not differ from itself, the plan from one to another
 * ends at the other (by the reader and by the system catalogs), planning again finds nothing, and the undo returns.
 * `npm run corpus -- random --pairs 2000` tries many more, and makes what fails smaller.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Places } from "../../scripts/corpus/pool.ts";
import { drawPair } from "../../scripts/corpus/random-edit.ts";
import { schemaSql } from "../../scripts/corpus/random-sql.ts";
import { runCase } from "../../scripts/corpus/run-case.ts";
import type { Bench } from "../../scripts/corpus/run-case.ts";
import { openServer } from "../../src/twin/server/open.ts";
import { requestFor } from "../../src/twin/server/testing.test-data.ts";
import type { TwinServer } from "../../src/twin/server.ts";

const PAIRS = 50;
const SEED = 1;
let server: TwinServer;
let bench: Bench;

beforeAll(async () => {
  server = await openServer(requestFor(join(tmpdir(), "dbwright-test-cache")));
  bench = { places: new Places(server), direct: false, labels: false, dump: null };
});
afterAll(async () => {
  await server.close();
});

test.for(Array.from({ length: PAIRS }, (_, number) => SEED + number))("the pair of seed %i", async (seed) => {
  const pair = drawPair(seed);
  const one = {
    suite: "random",
    name: String(seed),
    setup: "",
    old: schemaSql(pair.from),
    new: schemaSql(pair.to),
    roles: false,
  };
  const result = await runCase(one, bench);
  expect(result.failures).toEqual([]);
  expect(result).toMatchObject({ loaded: true, converged: true, replanEmpty: true });
  expect(result.undone).not.toBe(false);
});
