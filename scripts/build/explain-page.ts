/*
 * Makes the page of `explain --html`: one file with the viewer of plans (pev2, which is Vue's and Bootstrap's) put in,
 * so that it opens without a network. The plans are put in when it is written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Writes the page without plans to `file`, with the licences of what is in it. */
export async function buildExplainPage(root: string, file: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "scripts/build/explain-page/main.js")],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    outdir: join(root, "dist"),
    format: "iife",
    target: "es2022",
    loader: { ".svg": "dataurl", ".woff": "dataurl", ".woff2": "dataurl", ".ttf": "dataurl" },
    define: {
      "process.env.NODE_ENV": '"production"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    legalComments: "none",
    logLevel: "error",
  });
  const text = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  const licences = ["pev2", "vue", "bootstrap"].map((name) => {
    const manifest = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as {
      version: string;
      license: string;
    };
    return `${name} ${manifest.version} (${manifest.license})`;
  });
  writeFileSync(
    file,
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<title>Query plan</title>
<!-- Drawn by ${licences.join(", ")} and what they are made of. -->
<style>${text(".css").replaceAll("</", String.raw`<\/`)}</style>
<style>
body { margin: 0 }
header, .findings { max-width: 80rem; padding: 1rem 1.5rem }
.findings li { margin-bottom: .75rem }
.drawing { height: 85vh; border-top: 1px solid #ccc }
.drawing > * { height: 100% }
.drawing > iframe { width: 100%; border: 0 }
.drawing.whole { height: 100vh; border: 0 }
.plan { min-width: 0; overflow-wrap: anywhere }
@media (min-width: 75rem) { .plans-2 { display: grid; grid-template: auto 1fr / 1fr 1fr } .plans-2 .plan { display: contents }
  .plans-2 .findings { grid-row: 1 } .plans-2 .drawing { grid-row: 2; border-right: 1px solid #ccc } }
</style>
</head>
<body>
<!--body-->
<script type="application/json" id="data"><!--data--></script>
<script>${text(".js").replaceAll("</script", String.raw`<\/script`)}</script>
</body>
</html>
`,
  );
}
