import { createRequire } from "node:module";

const manifest = createRequire(import.meta.url)("../../package.json") as { readonly version: string };

/** The version of dbwright that runs. */
export const VERSION: string = manifest.version;
