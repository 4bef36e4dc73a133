/*
 * npm run bench [-- name …]: runs the benches of this folder (all, or those named), one after the other.
 * A bench is a file here that exports `run`. Absolute times mean little on a shared machine: figures stand
 * beside a peer measured in the same run, and the load of the machine is stated.
 */
import { readdirSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { endWithParents } from "./end-with-parents.ts";
import { figureText } from "./figure.ts";
import type { BenchResult } from "./figure.ts";

interface Bench {
  readonly run: () => Promise<BenchResult | void>;
}

const folder = fileURLToPath(new URL(".", import.meta.url));

async function findBenches(): Promise<ReadonlyMap<string, Bench>> {
  const benches = new Map<string, Bench>();
  const files = readdirSync(folder).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "run.ts",
  );
  for (const file of files.toSorted()) {
    const exported = (await import(`./${file}`)) as Partial<Bench>;
    if (typeof exported.run === "function") benches.set(file.replace(/\.ts$/, ""), { run: exported.run });
  }
  return benches;
}

function machine(): string {
  const load = loadavg().map((one) => one.toFixed(2));
  return `load ${load.join(" ")} on ${availableParallelism()} cpus (${cpus()[0]?.model ?? "unknown"}), Node ${process.versions.node}`;
}

endWithParents();
const benches = await findBenches();
// `--rows 1000` belongs to the bench that is named.
const wanted = process.argv
  .slice(2)
  .filter((word, index, all) => !word.startsWith("--") && !(all[index - 1] ?? "").startsWith("--"));
const unknown = wanted.filter((name) => !benches.has(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(", ")}\n  expected: ${[...benches.keys()].join(", ")}\n`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length === 0 ? benches.keys() : wanted) {
    process.stdout.write(`${name}: ${machine()}\n`);
    try {
      const result = await benches.get(name)?.run();
      if (result !== undefined) {
        process.stdout.write(`  ${result.method}\n${result.figures.map(figureText).join("\n")}\n`);
      }
    } catch (error) {
      process.stdout.write(`  FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
    process.stdout.write("\n");
  }
}
