import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./figure.ts";
import type { BenchResult } from "./figure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = fileURLToPath(new URL("../../bin/dbwright.js", import.meta.url));
const ROUNDS = 15;

const MIGRATION = `ALTER TABLE task ADD COLUMN state text;
CREATE INDEX task_state ON task (state);
ALTER TABLE task ADD CONSTRAINT task_customer FOREIGN KEY (customer_id) REFERENCES customer (id);
ALTER TABLE task ALTER COLUMN title SET NOT NULL;
`;

function wholeProcess_s(words: readonly string[]): number {
  const startedAt_ms = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
  const seconds = (performance.now() - startedAt_ms) / 1000;
  if (status !== 0) throw new Error(`node ${words.join(" ")} ended with ${status}:\\n${stderr}`);
  return seconds;
}

/** How long lint takes for one file and for a folder of 500, as whole processes, beside a Node that does nothing. */
export async function run(): Promise<BenchResult> {
  if (!existsSync(`${root}/dist/cli/main.js`)) throw new Error("dbwright is not built: npm run build");
  const folder = mkdtempSync(join(tmpdir(), "dbwright-bench-"));
  try {
    const file = join(folder, "one.sql");
    writeFileSync(file, MIGRATION);
    const many = mkdtempSync(join(folder, "many-"));
    for (let number = 0; number < 500; number++) writeFileSync(join(many, `${number}_change.sql`), MIGRATION);
    const contenders = {
      bare: ["-e", "0"],
      one: [command, "lint", file, "--fail-on", "never"],
      many: [command, "lint", many, "--fail-on", "never", "--json"],
    } as const;
    const times: Record<keyof typeof contenders, number[]> = { bare: [], one: [], many: [] };
    // In turns, so that a change of the machine's load hits all alike.
    for (let round = 0; round < ROUNDS; round++)
      for (const name of ["bare", "one", "many"] as const) times[name].push(wholeProcess_s(contenders[name]));
    const peer = { what: "node -e 0", seconds: median(times.bare) };
    return {
      method: `whole process from start to exit, median of ${ROUNDS}, in turns with the peer`,
      figures: [
        { what: "dbwright lint, one file", seconds: median(times.one), peer, goal: { seconds: 0.2 } },
        { what: "dbwright lint, 500 files, 2,000 statements", seconds: median(times.many), peer, goal: null },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
