import { isTest, layerOf } from "./layers.ts";
import { walk } from "./tree.ts";
import type { SourceFile, SyntaxNode, Tree } from "./tree.ts";
import type { Violation } from "./violation.ts";

const SOCKETS = new Set(
  `
  node:net node:tls node:http node:https node:http2 node:dgram node:dns node:dns/promises node:sqlite
  pg pg-cursor pg-query-stream pg-copy-streams pg-native pg-pool postgres
  mysql mysql2 mysql2/promise mariadb better-sqlite3 libsql @photostructure/sqlite
  mongodb redis ioredis undici ws
  `.match(/\S+/g),
);

const PROCESSES = new Set(["node:child_process", "node:cluster"]);
const MAY_START_PROCESSES = new Set(["twin", "operate"]);

// What of `process` tells about or changes the surroundings; pid, platform, versions and the like tell facts.
const SURROUNDINGS = new Set(
  "argv argv0 env execArgv exit exitCode abort cwd chdir stdin stdout stderr loadEnvFile title".split(" "),
);

// Processes of their own that twin and operate start: what surrounds them is theirs, and nobody imports their run.
const PROGRAMS = new Set(["src/twin/server/supervisor.ts", "src/twin/sqlite/runner.ts", "src/twin/record/program.ts"]);

const BARE = /^(?:net|tls|https?|http2|dgram|dns|dns\/promises|child_process|cluster|process|console)$/;

// Node's own modules under the name with the prefix.
const bare = (specifier: string): string => (BARE.test(specifier) ? `node:${specifier}` : specifier);

// Takes sockets away instead of opening one.
const FORBIDS_SOCKETS = "src/twin/record/no-sockets.ts";

/** Whether a file is below the surfaces: the code that must not print, read its surroundings, or exit. */
function isBelowSurfaces(path: string): boolean {
  const layer = layerOf(path);
  return layer !== null && layer !== "surfaces" && !isTest(path);
}

/** Only a file named `driver.ts` opens sockets. */
export function checkSockets(tree: Tree): Violation[] {
  const files = tree.sources.filter(
    ({ path }) => isBelowSurfaces(path) && !path.endsWith("/driver.ts") && path !== FORBIDS_SOCKETS,
  );
  const imported = files.flatMap((file) =>
    file.imports
      .filter((found) => found.specifier !== null && !found.typeOnly && SOCKETS.has(bare(found.specifier)))
      .map((found) => socketViolation(file, found.line, `imports ${found.specifier}`)),
  );
  const used = files.flatMap((file) =>
    globalsUsed(file)
      .filter(({ name }) => /^(?:fetch|WebSocket|EventSource)$/.test(name))
      .map(({ name, line }) => socketViolation(file, line, `uses ${name}`)),
  );
  return [...imported, ...used];
}

function socketViolation(file: SourceFile, line: number, what: string): Violation {
  return {
    path: file.path,
    line,
    rule: "only-drivers-open-sockets",
    what: `${what}, but only a driver opens a socket`,
    why: "one place per engine decides how to connect, what a message may tell, and how a connection ends",
    mend: "take a Session as an argument; connect with the engine's driver.ts",
  };
}

/** Only twin and operate start processes. */
export function checkProcesses(tree: Tree): Violation[] {
  return tree.sources
    .filter((file) => layerOf(file.path) !== null && !isTest(file.path))
    .filter((file) => !MAY_START_PROCESSES.has(layerOf(file.path) ?? ""))
    .flatMap((file) =>
      file.imports
        .filter((found) => found.specifier !== null && PROCESSES.has(bare(found.specifier)))
        .map((found) => ({
          path: file.path,
          line: found.line,
          rule: "only-twin-and-operate-start-processes",
          what: `imports ${found.specifier}`,
          why: "whoever starts a process must end it, on Ctrl-C and after a crash too; two layers know how",
          mend: "let twin or operate start it, and pass in the result",
        })),
    );
}

// Free names of the runtime that a file uses: `console.log`, `process.env`, `fetch`; `globalThis.` is looked through.
function globalsUsed(file: SourceFile): { name: string; line: number }[] {
  const found: { name: string; line: number }[] = [];
  const push = (name: string, node: SyntaxNode): void => void found.push({ name, line: file.lineAt(node.start) });
  walk(file.program as unknown as SyntaxNode, (node, parent) => {
    if (node.type === "CallExpression") {
      const callee = node["callee"] as SyntaxNode;
      if (callee.type === "Identifier" && callee["name"] === "fetch") push("fetch", node);
    } else if (node.type === "NewExpression") {
      const callee = node["callee"] as SyntaxNode;
      if (callee.type === "Identifier") push(String(callee["name"]), node);
    } else if (isGlobal(node, "console")) {
      if (isReference(node, parent)) push("console", node);
    } else if (isGlobal(node, "process")) {
      if (parent?.type === "MemberExpression" && parent["object"] === node) push(`process.${member(parent)}`, node);
      else if (isReference(node, parent)) push("process", node);
    }
  });
  return found;
}

function isGlobal(node: SyntaxNode, name: string): boolean {
  if (node.type === "MemberExpression") {
    const object = node["object"] as SyntaxNode;
    return object.type === "Identifier" && object["name"] === "globalThis" && member(node) === name;
  }
  return node.type === "Identifier" && node["name"] === name;
}

// The name of the member, or `[…]` where it is computed.
function member(node: SyntaxNode): string {
  const property = node["property"] as SyntaxNode;
  if (node["computed"] !== true) return String(property["name"]);
  return property.type === "Literal" ? String(property["value"]) : "[…]";
}

// Not a property's own name (`x.process`, `{ process: 1 }`) nor a key of a type.
function isReference(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  if (parent === null) return true;
  if (parent.type === "MemberExpression") return parent["object"] === node || parent["computed"] === true;
  if (["Property", "TSPropertySignature", "TSMethodSignature", "MethodDefinition"].includes(parent.type)) {
    return parent["key"] !== node || parent["shorthand"] === true;
  }
  return !parent.type.startsWith("TS");
}

/** Nothing below surfaces prints, reads argv, the environment or the working directory, or exits. */
export function checkSurroundings(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  for (const file of tree.sources.filter(({ path }) => isBelowSurfaces(path) && !PROGRAMS.has(path))) {
    const report = (line: number, what: string): void => {
      violations.push({
        path: file.path,
        line,
        rule: "silent-below-surfaces",
        what,
        why: "the same action serves a terminal, an MCP client and a web page; only the surface knows its surroundings",
        mend: "return a value, report through Progress, or read it from the ActionContext",
      });
    };
    for (const found of file.imports) {
      if (found.specifier !== null && ["node:process", "node:console"].includes(bare(found.specifier))) {
        report(found.line, `imports ${found.specifier}`);
      }
    }
    for (const { name, line } of globalsUsed(file)) {
      const property = name.startsWith("process.") ? name.slice("process.".length) : null;
      if (property !== null && (SURROUNDINGS.has(property) || property === "[…]")) report(line, `uses ${name}`);
      else if (name === "console") report(line, "prints with console");
      else if (name === "process") report(line, "hands process on, so that nobody sees what is read of it");
    }
  }
  return violations;
}
