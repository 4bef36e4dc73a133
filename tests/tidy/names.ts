import { layerOf } from "./layers.ts";
import type { Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

const EMPTY_NAMES = new Set(["util", "utils", "helper", "helpers", "common", "misc", "shared", "lib", "stuff"]);
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

// Folders under `tests`: everything else is a unit test and stands beside its source.
const TESTS_OF_THE_WHOLE = /^tests\/(?:tidy|scenarios|surfaces|fixtures)\/|^tests\/tidy\.test\.ts$/;

const stems = (path: string): string[] =>
  path.split("/").map((part) => part.replace(/(?:\.test(?:-data)?)?\.[^.]+$/, ""));

/** File and folder names say what is inside. */
export function checkNames(tree: Tree): Violation[] {
  return tree.sources.flatMap(({ path }) => {
    const at = { path, line: 1 };
    const empty = stems(path).find((stem) => EMPTY_NAMES.has(stem));
    const crooked = stems(path)
      .filter((stem) => !stem.startsWith("."))
      .find((stem) => !KEBAB.test(stem.replace(/\.config$/, "")));
    return [
      ...(empty === undefined
        ? []
        : [
            {
              ...at,
              rule: "telling-names",
              what: `\`${empty}\` says nothing about what is inside`,
              why: "such a file collects what belongs together with nothing",
              mend: "name it after the one thing it does, or move each part to where it is used",
            },
          ]),
      ...(crooked === undefined
        ? []
        : [
            {
              ...at,
              rule: "kebab-case",
              what: `\`${crooked}\` is not kebab-case`,
              why: "one spelling works on file systems with and without case, and nobody has to remember it",
              mend: "write it in lower case with hyphens",
            },
          ]),
    ];
  });
}

/** Unit tests stand beside their source; `tests` holds only what looks at the whole. */
export function checkTestPlaces(tree: Tree): Violation[] {
  const paths = new Set(tree.sources.map((file) => file.path));
  return tree.sources.flatMap((file) => {
    const at = { path: file.path, line: 1, rule: "tests-beside-source" };
    if (/\.spec\.ts$|(?:^|\/)__tests__\//.test(file.path)) {
      return [
        { ...at, what: "is a test under another name", why: "vitest does not run it", mend: "name it x.test.ts" },
      ];
    }
    if (!file.path.endsWith(".test.ts")) return [];
    if (file.path.startsWith("tests/")) {
      if (TESTS_OF_THE_WHOLE.test(file.path)) return [];
      return [
        {
          ...at,
          what: "is a unit test away from its source",
          why: "a test far from its source is forgotten when the source changes",
          mend: "put it beside the file it tests; tests/ holds tidy, scenarios and surfaces",
        },
      ];
    }
    if (layerOf(file.path) === null) return [];
    const folder = file.path.slice(0, file.path.lastIndexOf("/") + 1);
    const subject = file.path.replace(/\.test\.ts$/, ".ts");
    const reachesOwnFolder = file.imports.some((found) => found.target?.startsWith(folder) === true);
    if (paths.has(subject) || reachesOwnFolder) return [];
    return [
      {
        ...at,
        what: "tests nothing of its own folder",
        why: "whoever changes a file looks for its tests beside it",
        mend: `put it beside the file it tests`,
      },
    ];
  });
}
