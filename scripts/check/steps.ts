import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Step } from "./step.ts";

/** Where the packed package is laid down for the tools that look into it. Removed by the caller. */
export function packFolder(): string {
  return mkdtempSync(join(tmpdir(), "dbwright-pack-"));
}

/**
 * What `npm run check` looks at, cheapest first, so that what is wrong shows early.
 * `bin` finds a tool in node_modules; `archive` is where the package is packed to.
 */
export function steps(bin: (tool: string) => string, packed: string, archive: string): readonly Step[] {
  return [
    { title: "format", commands: [[bin("oxfmt"), "--check"]], mend: "npm run format" },
    {
      // An install that fails for a newcomer: entries missing for other platforms are the usual cause.
      title: "lock file",
      commands: [["npm", "ci", "--dry-run", "--ignore-scripts"]],
      mend: "rm package-lock.json, npm install --package-lock-only in a copy without node_modules",
    },
    { title: "types", commands: [[bin("tsc"), "-p", "."]], mend: "make the types hold" },
    { title: "lint", commands: [[bin("oxlint")]], mend: "npx oxlint --fix, or by hand" },
    { title: "generated files", commands: [[bin("tsx"), "scripts/gen.ts", "--check"]], mend: "npm run gen" },
    {
      title: "unused code",
      commands: [[bin("knip"), "--no-progress", "--treat-config-hints-as-errors"]],
      mend: "remove what nothing uses, or use it",
    },
    {
      title: "package",
      commands: [
        [bin("tsx"), "scripts/build.ts"],
        ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", packed],
        [bin("publint"), "run", "--strict", archive],
        [bin("attw"), archive, "--profile", "esm-only", "--no-color"],
      ],
      mend: "correct exports, types or files in package.json",
    },
    { title: "tests", commands: [[bin("vitest"), "run"]], mend: "npx vitest run <file>" },
  ];
}
