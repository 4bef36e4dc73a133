/*
 * Everything a change must pass, in one command: a line for each part with its time; the first part that
 * fails prints what its tool said and ends the run. `--fast` leaves the tests out; `--keep-going` goes on after
 * a failure.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runStep } from "./check/step.ts";
import { packFolder, steps } from "./check/steps.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name: string; version: string };
const isFast = process.argv.includes("--fast");
const keepsGoing = process.argv.includes("--keep-going");
const packed = packFolder();
const archive = join(packed, `${manifest.name}-${manifest.version}.tgz`);
const bin = (tool: string): string => join(root, "node_modules", ".bin", tool);

try {
  for (const step of steps(bin, packed, archive)) {
    if (isFast && step.title === "tests") continue;
    const { passed, seconds, output } = await runStep(step, root);
    process.stdout.write(
      `${passed ? "ok    " : "FAILED"} ${step.title.padEnd(16)} ${seconds.toFixed(1).padStart(6)} s\n`,
    );
    if (passed) continue;
    process.stdout.write(`\n${output.trimEnd()}\n\n${step.title} failed\n  to mend it: ${step.mend}\n`);
    process.exitCode = 1;
    if (!keepsGoing) break;
  }
} finally {
  rmSync(packed, { recursive: true, force: true });
}
