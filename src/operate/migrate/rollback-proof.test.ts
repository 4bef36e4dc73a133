import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Proof, ProofStep } from "../../model/proof.ts";
import { RollbackRecords, rollbackKey, rollbackOf } from "./rollback-proof.ts";
import { filesOf } from "./testing.test-data.ts";

const UP = "ALTER TABLE t ADD COLUMN a int;";
const DOWN = "ALTER TABLE t DROP COLUMN a;";

async function keyOf(up: string, down: string, base: readonly string[] = ["1_t"]): Promise<string> {
  const migrations = await filesOf({ "2_a.up.sql": up, "2_a.down.sql": down });
  return rollbackKey(
    base.map((id) => ({ id, checksum: id })),
    migrations,
  );
}

test.each([
  ["a comment", `-- why\n${UP}`, DOWN, ["1_t"], true],
  ["a statement more", `${UP} SELECT 1;`, DOWN, ["1_t"], false],
  ["another way back", UP, "ALTER TABLE t DROP a;", ["1_t"], false],
  ["another history", UP, DOWN, ["1_t", "1_u"], false],
] as const)("with %s a proof of the way back still holds: %s %s %s %s", async (_, up, down, base, same) => {
  expect((await keyOf(up, down, base)) === (await keyOf(UP, DOWN))).toBe(same);
});

const step = (id: string, verdict: ProofStep["verdict"], observed = "seen"): ProofStep => ({
  id,
  claim: id,
  verdict,
  standing: verdict === "not-run" ? "not proved" : "proved",
  observed,
  duration_ms: 1,
});
const proof = (steps: readonly ProofStep[], depth: "rows" | "schema" = "rows"): Proof => ({
  claim: "it runs",
  twin: { engine: "postgres", version: "18", depth, server: "a server" },
  steps,
  verdict: "proved",
  at: "2026-11-20T10:00:00.123Z",
  duration_ms: 1,
});

test.each<[readonly ProofStep[], string, string]>([
  [
    [step("undo/apply", "proved"), step("undo/equal", "proved")],
    "yes",
    "rollback tested on a server, 2026-11-20T10:00:00Z, with rows",
  ],
  [
    [step("undo/apply", "proved"), step("load/undo/apply", "proved")],
    "yes",
    "rollback tested on a server, 2026-11-20T10:00:00Z, with rows and under load",
  ],
  [
    [step("undo/apply", "proved"), step("undo/equal", "refuted", "an index is left")],
    "no",
    "rollback refuted on a server, 2026-11-20T10:00:00Z: an index is left",
  ],
  [
    [step("undo/apply", "not-run", "step 1 states no undoing")],
    "not looked at",
    "rollback not tested on a server, 2026-11-20T10:00:00Z: step 1 states no undoing",
  ],
  [
    [step("step/2_a/1", "refuted")],
    "not looked at",
    "rollback not tested: migrate prove did not get so far on a server, 2026-11-20T10:00:00Z",
  ],
])("what a proof says of the way back: %j", (steps, verdict, seen) => {
  expect(rollbackOf(proof(steps))).toEqual({ verdict, seen });
});

const dir = mkdtempSync(join(tmpdir(), "dbwright-rollback-"));
afterAll(() => rmSync(dir, { recursive: true }));

test("records are kept by key, the latest wins, and what cannot be read counts as none", async () => {
  const records = new RollbackRecords(dir);
  const [key, other] = [await keyOf(UP, DOWN), await keyOf(UP, "SELECT 1")];
  expect(await records.read(key)).toBeNull();
  await records.write(key, { verdict: "no", seen: "refuted" });
  await records.write(key, { verdict: "yes", seen: "tested" });
  expect(await records.read(key)).toEqual({ verdict: "yes", seen: "tested" });
  expect(await records.read(other)).toBeNull();
  const [file = ""] = readdirSync(join(dir, "rollback"));
  for (const text of ["", "{", "null", '{"verdict":"sure","seen":"x"}']) {
    writeFileSync(join(dir, "rollback", file), text);
    expect(await records.read(key)).toBeNull();
  }
});
