/** How the server names the multirange type of a range type (makeMultirangeTypeName in its typecmds.c). */
export function multirangeName(range: string): string {
  return range.includes("range") ? range.replace("range", "multirange") : `${range.slice(0, 52)}_multirange`;
}
