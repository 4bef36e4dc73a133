import { spawn } from "node:child_process";
import { symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Design } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Dialect } from "../../model/statement.ts";
import type { TwinServer } from "../server.ts";
import { applyStatements } from "./apply.ts";
import { observe } from "./step.ts";

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function runTests(file: string, url: string, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--test", "--test-reporter=tap", file], {
      cwd: dirname(file),
      env: { DATABASE_URL: url },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

const countIn = (output: string, word: string): number =>
  Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(output)?.[1] ?? 0);

/**
 * Runs the written tests of a design with Node's test runner, as the user's project would, on a database
 * that has nothing but the schema. `folder` holds the tests and may get a link to `node_modules`.
 */
export function proveProjectTests(
  file: string,
  folder: string,
  trial: {
    readonly server: TwinServer;
    readonly design: Design;
    readonly dialect: Dialect;
    readonly signal: AbortSignal;
  },
): Promise<ProofStep> {
  const claim = { id: "tests/schema", claim: "The project's own tests of the schema pass", decision: null };
  return observe(claim, async () => {
    const database = await trial.server.createDatabase();
    try {
      for (const object of trial.design.catalog.objects) {
        if (object.kind === "role") await database.ensureRole(object.name);
      }
      const session = await database.connect("owner");
      try {
        await applyStatements(session, trial.dialect.create(trial.design.catalog));
      } finally {
        await session.close();
      }
      // The tests import `pg`; the user's project has its own, here dbwright's stands in.
      const modules = dirname(dirname(createRequire(import.meta.url).resolve("pg/package.json")));
      await symlink(modules, join(folder, "node_modules"), "junction");
      const { status, output } = await runTests(file, database.url("owner"), trial.signal);
      trial.signal.throwIfAborted();
      const [passed, failed] = [countIn(output, "pass"), countIn(output, "fail")];
      const first = /^\s*not ok \d+ - (.*)$/m.exec(output)?.[1];
      const held = status === 0 && passed > 0 && failed === 0;
      return {
        verdict: held ? "proved" : passed + failed === 0 ? "not-run" : "refuted",
        standing: passed + failed === 0 ? "not proved" : "proved",
        observed: `${passed} tests passed, ${failed} failed${first === undefined ? "" : `; the first: ${first}`}`,
        figures: { passed, failed },
        sql: ["-- DATABASE_URL=… node --test tests/"],
      };
    } finally {
      await database.drop();
    }
  });
}
