import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT, contextIn } from "../../twin/server/testing.test-data.ts";
import { lintFiles } from "./lint-files.ts";
import type { LintRequest } from "./lint-files.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "dbwright-lint-"));
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"), "junction");
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

let folders = 0;

interface Linted {
  /** `file:line rule`, in order. */
  readonly found: readonly string[];
  readonly notes: readonly string[];
  readonly suppressed: number;
}

async function check(files: Readonly<Record<string, string>>, request: Partial<LintRequest> = {}): Promise<Linted> {
  const dir = `migrations-${folders++}`;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, dir, name)), { recursive: true });
    writeFileSync(join(place, dir, name), text);
  }
  const { report, notes } = await lintFiles(
    { files: [dir], fix: false, trace: false, down: false, ...request },
    contextIn({ cacheDir: place, temporary: place }),
  );
  for (const [name, text] of Object.entries(files)) expect(readFileSync(join(place, dir, name), "utf8")).toBe(text);
  return {
    found: report.findings.map(({ rule, file, line }) => `${file?.slice(dir.length + 1) ?? ""}:${line ?? ""} ${rule}`),
    notes: notes.map((note) => note.replaceAll(`${dir}/`, "")),
    suppressed: report.summary.suppressed,
  };
}

const KNEX = {
  "1_a.js": `exports.up = async (knex) => {
  await knex.schema.createTable("public.task", (t) => t.bigIncrements("id"));
};
exports.down = (knex) => knex.schema.dropTable("task");
`,
  "2_b.js": `exports.config = { transaction: true };

exports.up = async (knex) => {
  await knex.raw("SELECT 1");
  await knex.raw(\`
    CREATE INDEX CONCURRENTLY a
      ON public.task (id)
  \`);
  // dbwright-ignore drop-table: it was never used
  await knex.raw("DROP TABLE public.old");
};
`,
};

test("findings on what programs send stand on the program's lines", async () => {
  const rules = ["concurrently-in-transaction", "drop-table"];
  const { found, notes, suppressed } = await check(KNEX, { rules });
  expect(found).toEqual(["2_b.js:6 concurrently-in-transaction"]);
  expect(suppressed).toBe(1);
  expect(notes).toEqual([
    "2 programs of knex were run without a database, and what they send was looked at",
    "2_b.js:4: asks for rows, and was answered with none: what hangs on them is not seen",
  ]);
});

test("the ways down are looked at when asked for", async () => {
  const { found } = await check(KNEX, { rules: ["drop-table"], down: true });
  expect(found).toEqual(["1_a.js:4 drop-table"]);
});

test("programs are not rewritten, which is said", async () => {
  const { notes } = await check(KNEX, { rules: ["concurrently-in-transaction"], fix: true });
  expect(notes.filter((note) => note.includes("not rewritten"))).toHaveLength(2);
});

test("a program that ends early is not passed over in silence", async () => {
  const { notes } = await check({
    "1_a.js": 'exports.up = async (knex) => {\n  await knex.raw("CREATE TABLE a ()");\n  throw new Error("no");\n};',
  });
  expect(notes.at(-1)).toBe("1_a.js:3: was not run any further, and what follows was not seen: no");
  await expect(check({ "1_a.js": "exports.up = (knex) => {" })).rejects.toThrow(/send nothing[\s\S]*does not load/);
});

test("Drizzle's folder is read by its journal, and as one transaction", async () => {
  const index = (name: string): string => `CREATE INDEX CONCURRENTLY ${name} ON public.task (id);\n`;
  const { found, notes } = await check(
    {
      "0002_b.sql": index("b"),
      "0010_a.sql": `COMMIT; -- leaves the transaction that Drizzle began\n${index("a")}BEGIN; -- that Drizzle commits\n`,
      "0011_stray.sql": index("stray"),
      "meta/_journal.json": JSON.stringify({ entries: [{ tag: "0010_a" }, { tag: "0002_b" }] }),
    },
    { rules: ["concurrently-in-transaction", "nested-transaction", "transaction-left-open"] },
  );
  expect(found).toEqual(["0002_b.sql:1 concurrently-in-transaction"]);
  expect(notes).toEqual(["1 files that Drizzle's journal does not name were left out, e.g. 0011_stray.sql"]);
});

test("a project of Sqitch is read in the order of its plan, without the scripts that undo and verify", async () => {
  const names = ["deploy/b@v1", "deploy/b", "deploy/a", "deploy/stray", "revert/a", "revert/b", "verify/a"];
  const files = Object.fromEntries(names.map((name) => [`${name}.sql`, "DROP TABLE x;"]));
  const plan = "%project=p\n\nb 2026-01-01T00:00:00Z\n@v1 2026-01-01T00:00:00Z\na [b]\nb [b@v1]\n";
  const { found, notes } = await check({ ...files, "sqitch.plan": plan }, { rules: ["drop-table"] });
  expect(found).toEqual(["deploy/b@v1.sql:1 drop-table", "deploy/a.sql:1 drop-table", "deploy/b.sql:1 drop-table"]);
  expect(notes.at(-1)).toBe("1 files that Sqitch's plan does not name were left out, e.g. deploy/stray.sql");
});
