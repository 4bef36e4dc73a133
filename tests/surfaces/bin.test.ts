import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };

interface Expected {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

// The command alone, in a package that was never built: what it answers, it answers by itself.
function check(words: readonly string[], expected: Expected, nodeOptions: readonly string[] = []): void {
  const folder = mkdtempSync(join(tmpdir(), "dbwright bin "));
  try {
    for (const entry of ["bin", "package.json"]) cpSync(join(root, entry), join(folder, entry), { recursive: true });
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...nodeOptions, join(folder, "bin/dbwright.js"), ...words],
      { encoding: "utf8" },
    );
    expect({ status, stdout, stderr }).toEqual(expected);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each(["--version", "-V"])("%s needs nothing that is built", (word) => {
  check([word], { status: 0, stdout: `${version}\n`, stderr: "" });
});

test("a missing build is told with the command that mends it", () => {
  check(["design", "x.yaml"], {
    status: 3,
    stdout: "",
    stderr: "dbwright is not built\n  to mend it: run npm run build\n",
  });
});

test("an old Node is told before anything is loaded", () => {
  const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } })';
  check(
    ["--version"],
    {
      status: 3,
      stdout: "",
      stderr:
        "dbwright needs Node.js 20.19 or later; this is 20.18.3\n  to mend it: install a current Node.js, see https://nodejs.org\n",
    },
    ["--import", `data:text/javascript,${encodeURIComponent(old)}`],
  );
});
