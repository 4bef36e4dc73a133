import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SettingAdvice } from "../../model/advice.ts";
import { catalogOf } from "../../model/catalog-view.ts";
import { writeAdvice } from "./write-advice.ts";

const setting = (parts: Pick<SettingAdvice, "what" | "sql" | "follow" | "undo">): SettingAdvice =>
  ({ reason: "because\n-- dbwright:step 9", figures: {}, proof: {}, ...parts }) as unknown as SettingAdvice;

const ALTER = "ALTER TABLE public.t ALTER COLUMN a SET STATISTICS";

test("statistics and storage parameters go into the migration with their undo; settings of the server do not", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dbwright advice "));
  try {
    const written = await writeAdvice({
      catalog: catalogOf({ name: "postgres", version: "15.4" }, []),
      advice: {
        indexes: [],
        drops: [],
        settings: [
          setting({
            what: "extended-statistics",
            sql: "CREATE STATISTICS public.s ON a, b FROM public.t",
            follow: ["ANALYZE public.t"],
            undo: ["DROP STATISTICS public.s"],
          }),
          setting({ what: "setting", sql: "ALTER SYSTEM SET random_page_cost = 1.1", follow: [], undo: null }),
          setting({
            what: "statistics-target",
            sql: `${ALTER} 1000`,
            follow: ["ANALYZE public.t"],
            undo: [`${ALTER} -1`, "ANALYZE public.t"],
          }),
        ],
      },
      dir,
      name: "advice",
      format: null,
      at: new Date("2026-01-01T00:00:00Z"),
    });
    const [up = "", down = ""] = await Promise.all(
      (written?.files ?? []).map((file) => readFile(join(dir, file), "utf8")),
    );
    const statements = (text: string): string[] => text.split("\n").filter((line) => /^[A-Z]/.test(line));
    expect(statements(up)).toEqual([
      "BEGIN;",
      "SET LOCAL lock_timeout = '2000ms';",
      "CREATE STATISTICS public.s ON a, b FROM public.t;",
      `${ALTER} 1000;`,
      "ANALYZE public.t;",
      "COMMIT;",
    ]);
    expect(statements(down)).toEqual([`${ALTER} -1;`, "ANALYZE public.t;", "DROP STATISTICS public.s;"]);
    expect(up).toContain("-- because -- dbwright:step 9");
    expect(written?.notes.join("\n")).toMatch(/not in the migration: ALTER SYSTEM SET random_page_cost = 1\.1/);
    expect(written?.notes.join("\n")).toMatch(/holds no other migration/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
