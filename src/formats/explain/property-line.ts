import type { JsonNode } from "./node-line.ts";

const LISTS = new Set(["Output", "Sort Key", "Presorted Key", "Group Key"]);
const BUFFERS = /(shared|local|temp)((?: (?:hit|read|dirtied|written)=\d+)+)/g;

/** Puts what one line below a node's title says into the node, under the names of the JSON form. */
export function readProperty(node: JsonNode, line: string): void {
  const text = line.trim();
  const found = /^([A-Z][\w /()-]*?):\s*(.*)$/.exec(text);
  if (found === null) return;
  const [name, value] = [found[1] ?? "", found[2] ?? ""];
  const reader = READERS[name];
  if (reader !== undefined) reader(node, value);
  else if (LISTS.has(name)) node[name] = splitList(value);
  else if (/^-?\d+(?:\.\d+)?$/.test(value)) node[name] = Number(value);
  else if (value !== "") node[name] = value;
  // "Heap Fetches: 0" and the like stand alone; "Hits: 1  Misses: 2" and its kind are several in a line.
}

const kilobytes = (text: string, name: string): number => Number(new RegExp(`${name}: (\\d+)kB`).exec(text)?.[1] ?? 0);

const READERS: Readonly<Record<string, (node: JsonNode, value: string) => void>> = {
  "Sort Method": (node, value) => {
    const found = /^(.+?)\s+(Memory|Disk): (\d+)kB/.exec(value);
    node["Sort Method"] = found?.[1] ?? value;
    if (found !== null) Object.assign(node, { "Sort Space Type": found[2], "Sort Space Used": Number(found[3]) });
  },
  Buckets: (node, value) => {
    const text = `Buckets: ${value}`;
    const batches = /Batches: (\d+)(?: \(originally (\d+)\))?/.exec(text);
    node["Hash Buckets"] = Number(/Buckets: (\d+)/.exec(text)?.[1] ?? 0);
    node["Hash Batches"] = Number(batches?.[1] ?? 1);
    node["Original Hash Batches"] = Number(batches?.[2] ?? batches?.[1] ?? 1);
    node["Peak Memory Usage"] = kilobytes(text, "Memory Usage");
  },
  Batches: (node, value) => {
    const text = `Batches: ${value}`;
    node["HashAgg Batches"] = Number(/Batches: (\d+)/.exec(text)?.[1] ?? 0);
    node["Peak Memory Usage"] = kilobytes(text, "Memory Usage");
    if (text.includes("Disk Usage")) node["Disk Usage"] = kilobytes(text, "Disk Usage");
  },
  "Planned Partitions": (node, value) => {
    node["Planned Partitions"] = Number.parseInt(value, 10);
    READERS["Batches"]?.(node, /Batches: (.*)$/.exec(value)?.[1] ?? "0");
  },
  "Heap Blocks": (node, value) => {
    node["Exact Heap Blocks"] = Number(/exact=(\d+)/.exec(value)?.[1] ?? 0);
    node["Lossy Heap Blocks"] = Number(/lossy=(\d+)/.exec(value)?.[1] ?? 0);
  },
  Hits: (node, value) => {
    const text = `Hits: ${value}`;
    for (const name of ["Hits", "Misses", "Evictions", "Overflows"])
      node[`Cache ${name}`] = Number(new RegExp(`${name}: (\\d+)`).exec(text)?.[1] ?? 0);
  },
  Buffers: (node, value) => Object.assign(node, buffersOf(value)),
  Disabled: (node, value) => {
    node["Disabled"] = value === "true";
  },
};

/** `shared hit=1 read=2, temp written=3` under the names of the JSON form. */
function buffersOf(text: string): JsonNode {
  const node: JsonNode = {};
  for (const place of ["Shared", "Local", "Temp"])
    for (const what of ["Hit", "Read", "Dirtied", "Written"])
      if (place !== "Temp" || !/Hit|Dirtied/.test(what)) node[`${place} ${what} Blocks`] = 0;
  for (const match of text.matchAll(BUFFERS)) {
    const place = `${match[1]?.[0]?.toUpperCase() ?? ""}${match[1]?.slice(1) ?? ""}`;
    for (const part of (match[2] ?? "").trim().split(" ")) {
      const [what = "", count = "0"] = part.split("=");
      node[`${place} ${what[0]?.toUpperCase() ?? ""}${what.slice(1)} Blocks`] = Number(count);
    }
  }
  return node;
}

// Commas between parentheses and quotes separate nothing.
function splitList(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let quote: string | undefined = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quote !== "") quote = sign === quote ? "" : quote;
    else if (sign === "'" || sign === '"') quote = sign;
    else if (sign === "(" || sign === "[") depth++;
    else if (sign === ")" || sign === "]") depth--;
    else if (sign === "," && depth === 0) {
      items.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  items.push(text.slice(from).trim());
  return items.filter((item) => item !== "");
}
