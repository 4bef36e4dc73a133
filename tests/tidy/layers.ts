import type { Import, SourceFile, Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

/*
 * Who may import whom: model <- sql <- { engines, formats }; model, sql <- { diff, lint, rules, tune, design };
 * all of these <- twin <- { operate, specialist } <- actions <- surfaces. See ARCHITECTURE.md.
 */
const MODEL = ["model"];
const SQL = [...MODEL, "sql"];
const KNOWING = [...SQL, "engines", "formats", "diff", "lint", "rules", "tune", "design"];
const TRYING = [...KNOWING, "twin"];
const DOING = [...TRYING, "operate", "specialist"];

/** Each layer with the layers it may import besides itself. A folder of `src` that is not here is a violation. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  sql: MODEL,
  engines: SQL,
  formats: SQL,
  diff: SQL,
  lint: SQL,
  rules: SQL,
  tune: SQL,
  design: SQL,
  twin: KNOWING,
  operate: TRYING,
  specialist: TRYING,
  actions: DOING,
  surfaces: [...DOING, "actions"],
  // The public API: what the package exports to other programs.
  index: [...DOING, "actions"],
};

/**
 * Layers whose folders do not know each other: one engine, one surface never imports the next. A file beside the
 * folders may know them all: there stands the list of them.
 */
const APART = new Set(["engines", "surfaces"]);

/** The layers that do no I/O. */
export const PURE: ReadonlySet<string> = new Set(["model", "diff", "lint", "rules", "tune", "design"]);

// Packages that only compute. Anything else in a pure layer may open files or sockets behind our back.
const PURE_PACKAGES = new Set(["zod"]);

// Node modules that only compute.
const PURE_NODE = new Set(["node:assert", "node:buffer", "node:crypto", "node:path", "node:url", "node:util"]);

/** The layer of a path: `src/engines/postgres/print.ts` is in `engines`; null outside `src`. */
export function layerOf(path: string): string | null {
  const parts = path.split("/");
  if (parts[0] !== "src") return null;
  return parts.length === 2 ? (parts[1] ?? "").replace(/\.ts$/, "") : (parts[1] ?? null);
}

/** Whether a file is a test or data for tests, which may use whatever its subject needs (a real server, for one). */
export function isTest(path: string): boolean {
  return /\.test(?:-data)?\.ts$/.test(path);
}

const folderOf = (path: string): string | null => {
  const parts = path.split("/");
  return parts.length > 3 ? (parts[2] ?? null) : null;
};

function layerViolation(file: SourceFile, layer: string, found: Import): Violation | null {
  if (found.target === null) return null;
  const to = layerOf(found.target);
  const at = { path: file.path, line: found.line, rule: "layers" };
  if (to === null) {
    return {
      ...at,
      what: `imports ${found.target}, which is outside src`,
      why: "only src is compiled and published; the import breaks in the package",
      mend: "move what is needed into src",
    };
  }
  if (to === layer) {
    const [ours, theirs] = [folderOf(file.path), folderOf(found.target)];
    if (!APART.has(layer) || ours === theirs || ours === null || theirs === null) return null;
    return {
      ...at,
      what: `${layer}/${ours ?? ""} imports ${found.target}`,
      why: `the folders of ${layer} do not know each other, so that each can be read, tested and dropped alone`,
      mend: `put what both need into a layer below ${layer}, or pass it in as a value`,
    };
  }
  if (MAY_IMPORT[layer]?.includes(to) === true) return null;
  const allowed = [layer, ...(MAY_IMPORT[layer] ?? [])].join(", ");
  return {
    ...at,
    what: `${layer} imports ${found.target}`,
    why: `${layer} may import ${allowed} only; the layers are what keeps a change local`,
    mend: "receive it as a value (a Dialect, Statistics, a port), or move the code to the layer it belongs to",
  };
}

function purityViolation(file: SourceFile, layer: string, found: Import): Violation | null {
  if (found.target !== null) return null;
  const at = { path: file.path, line: found.line, rule: "no-io" };
  const why = `${layer} does no I/O: what it decides depends on its arguments alone and can be tested without a server`;
  const mend = "receive the answer as a value, or ask a port that twin implements";
  if (found.specifier === null) return { ...at, what: "imports a computed name", why, mend: "write the name out" };
  if (found.specifier.startsWith("node:") ? PURE_NODE.has(found.specifier) : PURE_PACKAGES.has(found.specifier)) {
    return null;
  }
  return { ...at, what: `${layer} imports ${found.specifier}`, why, mend };
}

// The halves of an engine that are text alone, so that a Dialect can be handed to layers that do no I/O.
const PURE_HALF = /^src\/engines\/[^/]+\/(?:dialect|types|print|kinds\/.+)\.ts$/;

function halfViolation(file: SourceFile, found: Import): Violation | null {
  const { specifier, target, typeOnly, line } = found;
  if (typeOnly || !PURE_HALF.test(file.path)) return null;
  const wet = target?.endsWith("/driver.ts") === true;
  const outside = specifier?.startsWith("node:") === true && !PURE_NODE.has(specifier);
  if (!wet && !outside) return null;
  return {
    path: file.path,
    line,
    rule: "pure-half-of-an-engine",
    what: `imports ${specifier}`,
    why: "dialect, types, print and kinds are text alone; a Dialect is handed to layers that do no I/O",
    mend: "move what asks a server into introspect, explain or statistics",
  };
}

/** Layer order, engines that do not know each other, and pure layers that import nothing that does I/O. */
export function checkLayers(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  for (const file of tree.sources) {
    const layer = layerOf(file.path);
    if (layer === null || isTest(file.path)) continue;
    if (MAY_IMPORT[layer] === undefined) {
      violations.push({
        path: file.path,
        line: 1,
        rule: "layers",
        what: `src/${layer} is no layer`,
        why: "every folder of src has its place in the order of imports",
        mend: `use one of ${Object.keys(MAY_IMPORT).join(", ")}, or add the layer to ARCHITECTURE.md and tests/tidy/layers.ts`,
      });
      continue;
    }
    for (const found of file.imports) {
      const violation = layerViolation(file, layer, found);
      if (violation !== null) violations.push(violation);
      const impure = PURE.has(layer) ? purityViolation(file, layer, found) : null;
      if (impure !== null) violations.push(impure);
      const half = halfViolation(file, found);
      if (half !== null) violations.push(half);
    }
  }
  return violations;
}
