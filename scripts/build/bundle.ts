/*
 * Puts the command line into few files. Node takes some 0.3 ms to find, read and link a module, and a command needs
 * hundreds of ours: bundled, it starts in about a third of the time. What each command needs alone stays in files of its
 * own, loaded when it is run. The modules that other programs import, and what is run in other processes, stay as tsc
 * wrote them.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Plugin } from "esbuild";
import { build, transformSync } from "esbuild";

/** Small and needed by every command: they are put in. All other packages are loaded from where npm put them. */
const BUNDLED = ["commander", "zod"] as const;

/** Bundles the command line that tsc compiled to `dist` into `dist/cli`, with the licences of what is put in. */
export async function bundleCommandLine(root: string, dist: string): Promise<void> {
  const outdir = join(dist, "cli");
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, object | undefined>;
  const packages = Object.keys({ ...manifest["dependencies"], ...manifest["optionalDependencies"] });
  await build({
    entryPoints: { main: join(dist, "surfaces/cli/main.js") },
    outdir,
    absWorkingDir: dist,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    chunkNames: "[name]-[hash]",
    external: packages.filter((name) => !BUNDLED.some((one) => one === name)),
    // commander is CommonJS, and requires modules of Node.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "warning",
    plugins: [ownPlaces(dist, outdir), englishOnly, withoutPrograms],
  });
  for (const name of BUNDLED)
    copyFileSync(join(root, "node_modules", name, "LICENSE"), join(outdir, `LICENSE-${name}.txt`));
}

// A module that looks for files beside itself still finds them: its own URL is put for that of the bundle.
function ownPlaces(dist: string, outdir: string): Plugin {
  return {
    name: "own-places",
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!path.startsWith(dist)) return null;
        const text = readFileSync(path, "utf8");
        if (!text.includes("import.meta.url")) return null;
        const place = JSON.stringify(relative(outdir, path).replaceAll("\\", "/"));
        // By the parser: programs that we write for others say import.meta.url in their texts, which must stay.
        const { code } = transformSync(text, {
          define: { "import.meta.url": "ownModuleUrl" },
          format: "esm",
          target: "node20.19",
        });
        return { contents: `const ownModuleUrl = new URL(${place}, import.meta.url).href;\n${code}` };
      });
    },
  };
}

// zod loads its messages in fifty languages; it is set to English, and our messages are our own.
const englishOnly: Plugin = {
  name: "english-only",
  setup({ onLoad }) {
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: dirname(path),
    }));
  },
};

// commander loads what starts processes for commands that are programs of their own; none of ours is.
const withoutPrograms: Plugin = {
  name: "without-programs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: "nothing" } : null,
    );
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "module.exports = {};" }));
  },
};
