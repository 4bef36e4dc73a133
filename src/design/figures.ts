/** A count for people: `12`, `40 thousand`, `5 million`, `3.6 billion`. */
export function rowsText(count: number): string {
  const steps = [
    [1e9, "billion"],
    [1e6, "million"],
    [1e4, "thousand"],
  ] as const;
  for (const [size, word] of steps) {
    if (count >= size) return `${trimmed(count / (word === "thousand" ? 1e3 : size))} ${word}`;
  }
  return String(Math.round(count));
}

/** Bytes for people, in binary units: `16 B`, `1.5 GiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let at = 0;
  for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
  return `${trimmed(value)} ${units[at] ?? "B"}`;
}

/** A rate for people, in the unit that leaves no small fraction: `120/s`, `2/min`, `10/h`, `3/day`. */
export function rateText(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 0.1) return `${trimmed(perSecond)}/s`;
  if (perSecond >= 1 / 60) return `${trimmed(perSecond * 60)}/min`;
  return perSecond >= 1 / 3_600 ? `${trimmed(perSecond * 3_600)}/h` : `${trimmed(perSecond * 86_400)}/day`;
}

function trimmed(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

/** A list for people: `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}

/** A name with its article: `an order`, `a task`. By its first letter, which is right for most names. */
export function withArticle(name: string): string {
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`;
}

/** A name with its article at the beginning of a sentence. */
export function withCapitalArticle(name: string): string {
  const text = withArticle(name);
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
