import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median } from "./figure.ts";
import type { BenchResult } from "./figure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = fileURLToPath(new URL("../../bin/dbwright.js", import.meta.url));
const ROUNDS = 11;
const ATTRIBUTES = 20;
const DEPENDENCIES = 30;

// Pseudo-random, the same each time (Lehmer 1951, with the constants of Park and Miller 1988).
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function document(target: "3NF" | "BCNF"): string {
  const draw = numbers(20_260_101);
  const attributes = Array.from({ length: ATTRIBUTES }, (_, at) => `a${at}`);
  const side = (most: number): string[] => [
    ...new Set(Array.from({ length: 1 + draw(most) }, () => attributes[draw(ATTRIBUTES)] ?? "a0")),
  ];
  const fds = Array.from({ length: DEPENDENCIES }, () => ({ from: side(3), to: side(2) }));
  return JSON.stringify({ attributes, fds, target });
}

// Ten pairs that determine each other: 2 to the 10th candidate keys.
function manyKeys(): string {
  const attributes = Array.from({ length: ATTRIBUTES }, (_, at) => `a${at}`);
  const fds = attributes.map((name, at) => ({ from: [name], to: [attributes[at ^ 1] ?? name] }));
  return JSON.stringify({ attributes, fds, target: "BCNF" });
}

function wholeProcess_s(words: readonly string[], input: string): number {
  const startedAt_ms = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8", input });
  const seconds = (performance.now() - startedAt_ms) / 1000;
  if (status !== 0) throw new Error(`node ${words.join(" ")} ended with ${status}:\n${stderr}`);
  return seconds;
}

/** How long `normalise` takes on 20 attributes with 30 dependencies, as a whole process, beside a Node that does nothing. */
export async function run(): Promise<BenchResult> {
  if (!existsSync(`${root}/dist/actions/normalise.js`)) throw new Error("dbwright is not built: npm run build");
  const words = [command, "normalise", "-", "--json", "--quiet"];
  const contenders = [
    { what: "node -e 0", words: ["-e", "0"], input: "", times: [] as number[] },
    { what: "20 attributes, 30 dependencies, to 3NF", words, input: document("3NF"), times: [] as number[] },
    { what: "20 attributes, 30 dependencies, to BCNF", words, input: document("BCNF"), times: [] as number[] },
    { what: "20 attributes, 1,024 candidate keys, to BCNF", words, input: manyKeys(), times: [] as number[] },
  ];
  // In turns, so that a change of the machine's load hits all alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of contenders) one.times.push(wholeProcess_s(one.words, one.input));
  }
  const [bare, ...measured] = contenders.map(({ what, times }) => ({ what, seconds: median(times) }));
  if (bare === undefined) throw new Error("nothing was measured");
  return {
    method: `whole process from start to exit, median of ${ROUNDS}, in turns with the peer`,
    figures: measured.map((one) => ({ ...one, peer: bare, goal: { seconds: 1 } })),
  };
}
