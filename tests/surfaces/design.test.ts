import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { designAction } from "../../src/actions/design.ts";
import type { ActionContext } from "../../src/model/action.ts";
import { silentProgress } from "../../src/model/progress.ts";
import type { Proof } from "../../src/model/proof.ts";
import { requestFor } from "../../src/twin/server/testing.test-data.ts";

interface Output {
  readonly files: readonly { readonly path: string; readonly outcome: string }[];
  readonly proof: Proof;
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "dbwright design "));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const blog = fileURLToPath(new URL("../../examples/blog.yaml", import.meta.url));

async function designed(options: Record<string, unknown>, signal?: AbortSignal): Promise<Output> {
  const { cacheDir, searchPath } = requestFor(join(tmpdir(), "dbwright-test-cache"));
  const context: ActionContext = {
    cwd: dir,
    cacheDir,
    searchPath,
    signal: signal ?? new AbortController().signal,
    progress: silentProgress,
    stdin: async () => "",
  };
  const input = designAction.input.parse({ brief: blog, rowsMax: 1000, ...options });
  return (await designAction.run(input, context)) as Output;
}

const outcomes = (output: Output): Record<string, string> =>
  Object.fromEntries(output.files.map((file) => [file.path.replace(/\d{14}/, "STAMP"), file.outcome]));

const EXPECTED = [
  "ai_docs/database-design.md",
  "migrations/STAMP_initial_schema.ts",
  "migrations/sql/STAMP_initial_schema.down.sql",
  "migrations/sql/STAMP_initial_schema.up.sql",
  "prisma/schema.prisma",
  "proof.json",
  "schema.sql",
  "tests/schema.cases.json",
  "tests/schema.test.mjs",
];

describe("the main job", () => {
  test("a brief becomes a proved design; a second run keeps a person's edits", async () => {
    const first = await designed({ out: "out" });
    expect(first.proof.steps.filter((step) => step.verdict === "refuted")).toEqual([]);
    expect(first.proof.verdict).toBe("proved");
    expect(designAction.exitCode(first)).toBe(0);
    expect(Object.keys(outcomes(first)).toSorted()).toEqual(EXPECTED);
    const families = new Set(first.proof.steps.map((step) => step.id.split("/")[0]));
    for (const family of ["apply", "rows", "constraints", "plan", "latency", "prisma", "knex", "tests"]) {
      expect(families).toContain(family);
    }
    await writeFile(join(dir, "out/schema.sql"), "-- mine\n");
    const second = outcomes(await designed({ out: "out" }));
    // What depends on the time of day may differ; what depends on the brief may not.
    const { "ai_docs/database-design.md": document, "proof.json": proof, ...rest } = second;
    expect([document, proof].every((outcome) => outcome === "updated" || outcome === "unchanged")).toBe(true);
    expect(rest).toEqual(
      Object.fromEntries(Object.keys(rest).map((path) => [path, path === "schema.sql" ? "kept" : "unchanged"])),
    );
    expect(await readFile(join(dir, "out/schema.sql"), "utf8")).toBe("-- mine\n");
  });

  test("stopped on the way, the folder is as it was", async () => {
    const controller = new AbortController();
    const run = designed({ out: "stopped" }, controller.signal);
    setTimeout(() => controller.abort(new Error("stop")), 1_500);
    await expect(run).rejects.toThrow("stop");
    await expect(readFile(join(dir, "stopped/schema.sql"))).rejects.toThrow("ENOENT");
  });

  test("a missing brief is named", async () => {
    await expect(designed({ brief: "none.yaml" })).rejects.toThrow(/none\.yaml: there is no such file[\s\S]*examples/);
    await expect(designed({ brief: dir })).rejects.toThrow(/the brief is a folder/);
  });
});
