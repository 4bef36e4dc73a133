import type { FolderFile } from "./writer.ts";

/** How a folder's scripts are written: the ending of their names, and what they are. */
export interface ScriptStyle {
  readonly ending: string;
  readonly language: "typescript" | "esm" | "commonjs";
}

/** The style of the last script in a folder, so that the next one is loaded as that is; null where there is none. */
export function scriptStyleOf(folder: readonly FolderFile[]): ScriptStyle | null {
  const last = folder.findLast(({ path }) => /^[^/]+\.[cm]?[jt]s$/.test(path) && !/\.d\.[cm]?ts$/.test(path));
  if (last === undefined) return null;
  const ending = last.path.slice(last.path.lastIndexOf(".") + 1);
  if (/^[cm]?ts$/.test(ending)) return { ending, language: "typescript" };
  const isModule = ending === "mjs" || (ending === "js" && /^\s*(?:export|import)\b/m.test(last.text));
  return { ending, language: isModule ? "esm" : "commonjs" };
}
