/** A count for people: `950`, `40 k`, `5 M`, `1.2 bn`. Three digits at most. */
export function count(value: number): string {
  const steps = [
    [1e9, " bn"],
    [1e6, " M"],
    [1e3, " k"],
  ] as const;
  for (const [size, unit] of steps) {
    if (value >= size * 0.9995) return `${three(value / size)}${unit}`;
  }
  return String(Math.round(value));
}

/** Bytes for people in binary units: `640 B`, `1.4 MiB`, `220 GiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let rest = value;
  let unit = 0;
  while (rest >= 1023.5 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : three(rest)} ${units[unit]}`;
}

/** A span of seconds for people: `30 s`, `5 min`, `1 h`, `2 days`. */
export function span(seconds: number): string {
  if (seconds < 120) return `${three(seconds)} s`;
  if (seconds < 3_600 || (seconds < 7_200 && seconds % 3_600 !== 0)) return `${three(seconds / 60)} min`;
  if (seconds < 172_800) return `${three(seconds / 3_600)} h`;
  return `${three(seconds / 86_400)} days`;
}

/** A share as a percentage: 0.2 is `20 %`. */
export function percent(share: number): string {
  return `${three(share * 100)} %`;
}

/** At most three significant digits, without trailing zeros. */
export function three(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(digits, 6))));
}
