import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { camelCase, edited, kebabCase, pascalCase, UnusableName } from "./scaffold.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "dbwright-new-"));

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function run(tool: string, ...words: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin", tool), words, {
    cwd: copy,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, output: `${stdout}${stderr}` };
}

const make = (...words: readonly string[]): Outcome => run("tsx", "scripts/new.ts", ...words);
const text = (path: string): string => readFileSync(join(copy, path), "utf8");

// Scaffolds are tried in a copy of the sources (without their tests), so that this checkout stays as it is.
beforeAll(() => {
  for (const entry of ["src", "scripts", "tests", "docs", "schemas", "package.json", "tsconfig.json"]) {
    const filter = (path: string): boolean => !path.endsWith(".test.ts");
    cpSync(join(root, entry), join(copy, entry), { recursive: true, filter });
  }
  cpSync(join(root, "vitest.config.ts"), join(copy, "vitest.config.ts"));
  cpSync(join(root, ".oxfmtrc.json"), join(copy, ".oxfmtrc.json"));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("names", () => {
  test("are told apart into words however they are written", () => {
    for (const name of ["backup create", "BackupCreate", "backup_create", "backup-create"]) {
      expect([kebabCase(name), camelCase(name), pascalCase(name)]).toEqual([
        "backup-create",
        "backupCreate",
        "BackupCreate",
      ]);
    }
    expect(kebabCase("Düsseldorf")).toBe("du-sseldorf");
  });

  test("of nothing usable are refused", () => {
    for (const name of ["", "  ", "../..", "42", "—"]) expect(() => kebabCase(name)).toThrow(UnusableName);
  });

  test("an edit whose anchor is gone or doubled is refused", () => {
    const edit = { path: "a.ts", anchor: "x", insert: "y", place: "after" } as const;
    expect(edited("axb", edit)).toBe("axyb");
    expect(edited("axb", { ...edit, place: "before" })).toBe("ayxb");
    expect(() => edited("ab", edit)).toThrow("found it 0 times");
    expect(() => edited("axxb", edit)).toThrow("found it 2 times");
  });
});

describe("npm run new", () => {
  test("without a known thing to make says what there is", () => {
    for (const words of [[], ["nonsense", "x"], ["action"], ["toString", "x"]]) {
      const { status, output } = make(...words);
      expect(status).toBe(2);
      expect(output).toContain("npm run new -- action NAME");
    }
  });

  test("writes what compiles, with tests that pass", () => {
    const made = [
      make("action", "count krakens"),
      make("format", "kraken-text"),
      make("rule", "kraken-has-no-comment"),
      make("adr", "Why krakens are counted"),
    ];
    expect(made.filter(({ status }) => status !== 0)).toEqual([]);

    const files = [
      "src/actions/count-krakens.ts",
      "src/actions/count-krakens.test.ts",
      "src/formats/kraken-text/write.ts",
      "src/formats/kraken-text/write.test.ts",
      "src/rules/kraken-has-no-comment.ts",
      "src/rules/examples.test.ts",
      "docs/rules/kraken-has-no-comment.md",
    ];
    expect(files.filter((file) => !existsSync(join(copy, file)))).toEqual([]);
    expect(text("src/actions/registry.ts")).toContain('await import("./count-krakens.ts")).countKrakensAction');
    expect(text("docs/reference/cli.md")).toContain("dbwright count krakens <source>");
    expect(text("src/rules/registry.ts")).toContain("krakenHasNoComment");

    expect(run("tsc", "-p", ".")).toEqual({ status: 0, output: "" });
    expect(run("oxfmt", "--list-different", ...files.filter((file) => file.endsWith(".ts"))).output).toBe("");
    // The rules' examples are one file for all of them; only those of the new one matter here.
    const own = files.filter((file) => file.endsWith(".test.ts") && !file.startsWith("src/rules/"));
    expect(run("vitest", "run", ...own)).toMatchObject({ status: 0 });
    const examples = run("vitest", "run", "src/rules/examples.test.ts", "-t", "kraken-has-no-comment");
    expect(examples).toMatchObject({ status: 0, output: expect.stringMatching(/[1-9]\d* passed/) as string });
  });

  test("a second time it refuses and leaves what is there", () => {
    const before = text("src/actions/count-krakens.ts");
    const { status, output } = make("action", "CountKrakens");
    expect({ status, output }).toEqual({
      status: 2,
      output: expect.stringContaining("src/actions/count-krakens.ts") as string,
    });
    expect(text("src/actions/count-krakens.ts")).toBe(before);
    expect(make("adr", "Why krakens are counted").status).toBe(2);
    expect(make("rule", "review").status).toBe(2);
  });

  // The server knows no such kind; all that it knows and that need no more than a name are modelled.
  test("a kind compiles, is refused a second time, and fails on the server by name until its query is written", () => {
    expect(make("kind", "sea monster").status).toBe(0);
    const files = ["src/engines/postgres/kinds/sea-monster.ts", "src/engines/postgres/kinds/sea-monster.test.ts"];
    expect(files.filter((file) => !existsSync(join(copy, file)))).toEqual([]);
    expect(text("src/model/ref.ts")).toContain('"sea-monster"');
    expect(run("tsc", "-p", ".")).toEqual({ status: 0, output: "" });
    expect(run("oxfmt", "--list-different", ...files).output).toBe("");
    expect(make("kind", "sea monster").status).toBe(2);
    const { status, output } = run("vitest", "run", "src/engines/postgres/kinds/sea-monster.test.ts");
    expect(status).toBe(1);
    expect(output).toMatch(/syntax error at or near "SEA"/);
  });
});

test("the copy was outside this checkout", () => {
  expect(copy.startsWith(root)).toBe(false);
  const status = execFileSync("git", ["status", "--short", "--", "src/engines/postgres/kinds/sea-monster.ts"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status).toBe("");
});
