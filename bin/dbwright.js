#!/usr/bin/env node
// What must work before anything is loaded: an old Node, a missing build, and the version.
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import { setFlagsFromString } from "node:v8";

const NODE_LEAST = [20, 19];

function nodeIsTooOld() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major < NODE_LEAST[0] || (major === NODE_LEAST[0] && minor < NODE_LEAST[1]);
}

// Two ways to start sooner, where Node has them: code compiled once is kept (22.1 on), and the SQL grammar's code is
// optimised only when a run is long (a short one would spend a third of its time on that). V8 complains of flags that
// it does not know, so later versions are left alone.
function startSooner() {
  module.enableCompileCache?.();
  if (Number.parseInt(process.versions.node, 10) <= 24) setFlagsFromString("--wasm-tiering-budget=100000000");
}

async function start() {
  const argv = process.argv.slice(2);
  if (nodeIsTooOld()) {
    process.stderr.write(
      `dbwright needs Node.js ${NODE_LEAST.join(".")} or later; this is ${process.versions.node}\n` +
        "  to mend it: install a current Node.js, see https://nodejs.org\n",
    );
    return 3;
  }
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  const main = new URL("../dist/cli/main.js", import.meta.url);
  if (!existsSync(main)) {
    process.stderr.write("dbwright is not built\n  to mend it: run npm run build\n");
    return 3;
  }
  startSooner();
  const cli = await import(main.href);
  return cli.main(argv);
}

// Not process.exit: what is still being written to a pipe must arrive.
process.exitCode = await start();
