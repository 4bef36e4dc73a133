const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Whether the text is a plain decimal number: digits, at most one point, perhaps a minus. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** Whether the text is a whole number. */
export function isWhole(text: string): boolean {
  return /^-?\d+$/.test(text);
}

/** Compares two decimal texts exactly, at any length: negative, 0 or positive. */
export function compareDecimals(left: string, right: string): number {
  const scale = Math.max(fraction(left).length, fraction(right).length);
  const difference = scaledTo(left, scale) - scaledTo(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** How many digits stand before and after the point, leading zeros not counted. */
export function digitsOf(text: string): { readonly whole: number; readonly fraction: number } {
  const before = (text.split(".")[0] ?? "").replace(/^-?0*/, "");
  return { whole: before.length, fraction: fraction(text).replace(/0+$/, "").length };
}

const fraction = (text: string): string => text.split(".")[1] ?? "";

function scaledTo(text: string, scale: number): bigint {
  const [before = "0", after = ""] = text.replace("-", "").split(".");
  const magnitude = BigInt(before + after.padEnd(scale, "0"));
  return text.startsWith("-") ? -magnitude : magnitude;
}
