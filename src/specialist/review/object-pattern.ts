/**
 * What matches the keys of the objects that a dotted pattern names: `*` is anything but a dot and `**` anything. Kind and
 * signature of a key do not count.
 */
export function objectPattern(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^.]*" : part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&")))
    .join("");
  return new RegExp(`^(?:\\w+ )?${source}(?:\\(.*\\))?$`, "s");
}
