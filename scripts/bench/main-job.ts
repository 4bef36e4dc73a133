import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchResult, Figure } from "./figure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const BRIEF = "examples/project-management.yaml";
const GOAL_S = 60;

interface DesignReport {
  readonly proof: { readonly verdict: string };
  readonly phases: readonly { readonly title: string; readonly seconds: number }[];
}

/** The main job as a newcomer runs it: one brief to a proved design, by phase. */
export async function run(): Promise<BenchResult> {
  const out = mkdtempSync(join(tmpdir(), "dbwright-bench-"));
  try {
    const startedAt_ms = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "bin/dbwright.js"), "design", BRIEF, "--out", out, "--json", "--quiet"],
      { cwd: root, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
    );
    const seconds = (performance.now() - startedAt_ms) / 1000;
    // 1: the design was refuted. That took its time too, and is said below.
    if (status !== 0 && status !== 1) throw new Error(`dbwright design ${BRIEF} ended with ${status}:\n${stderr}`);
    const { phases, proof } = JSON.parse(stdout) as DesignReport;
    const peer = { what: "the whole", seconds };
    const parts = phases.map((phase): Figure => ({
      what: `  ${phase.title}`,
      seconds: phase.seconds,
      peer,
      goal: null,
    }));
    return {
      method: `dbwright design ${BRIEF}, one run, the design ${proof.verdict}; the server's template is kept from an earlier run where there was one`,
      figures: [{ what: "whole process", seconds, peer: null, goal: { seconds: GOAL_S } }, ...parts],
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
