import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median } from "./figure.ts";
import type { BenchResult } from "./figure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = fileURLToPath(new URL("../../bin/dbwright.js", import.meta.url));
const ROUNDS = 20;

const CONTENDERS = {
  bare: ["-e", "0"],
  version: [command, "--version"],
  help: [command, "--help"],
} as const;

function wholeProcess_s(words: readonly string[]): number {
  const startedAt_ms = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
  const seconds = (performance.now() - startedAt_ms) / 1000;
  if (status !== 0) throw new Error(`node ${words.join(" ")} ended with ${status}:\n${stderr}`);
  return seconds;
}

/** How long a whole process takes that does next to nothing, beside a Node that does nothing. */
export async function run(): Promise<BenchResult> {
  if (!existsSync(`${root}/dist/cli/main.js`)) throw new Error("dbwright is not built: npm run build");
  const times: Record<keyof typeof CONTENDERS, number[]> = { bare: [], version: [], help: [] };
  // In turns, so that a change of the machine's load hits all alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["bare", "version", "help"] as const) times[name].push(wholeProcess_s(CONTENDERS[name]));
  }
  const peer = { what: "node -e 0", seconds: median(times.bare) };
  return {
    method: `whole process from start to exit, median of ${ROUNDS}, in turns with the peer`,
    figures: [
      { what: "dbwright --version", seconds: median(times.version), peer, goal: { seconds: 0.1 } },
      { what: "dbwright --help", seconds: median(times.help), peer, goal: null },
    ],
  };
}
