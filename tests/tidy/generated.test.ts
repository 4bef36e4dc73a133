import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./repository.ts";

test("what is generated is current", () => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(ROOT, "scripts/gen.ts"), "--check"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
