/** A plan's node in the server's JSON form, as far as its text tells. */
export type JsonNode = Record<string, unknown>;

const JOIN = /^(Nested Loop|Hash|Merge)(?: (Left|Right|Full|Semi|Anti|Right Semi|Right Anti))?(?: Join)?$/;
const MODIFY = /^(Insert|Update|Delete|Merge) on (.+)$/;
const AGGREGATES: Readonly<Record<string, string>> = {
  HashAggregate: "Hashed",
  GroupAggregate: "Sorted",
  MixedAggregate: "Mixed",
  Aggregate: "Plain",
};

/** The JSON form's properties of a node from the title that the text form gives it, before its costs. */
export function nodeOfTitle(title: string): JsonNode {
  const node: JsonNode = {};
  let rest = title.trim();
  const partial = /^(Partial|Finalize) /.exec(rest);
  if (partial !== null) {
    node["Partial Mode"] = partial[1];
    rest = rest.slice(partial[0].length);
  }
  if (rest.startsWith("Parallel ")) {
    node["Parallel Aware"] = true;
    rest = rest.replace(/^Parallel /, "");
  }
  rest = rest.replace(/^Async /, "");
  return Object.assign(aggregate(rest) ?? join(rest) ?? modify(rest) ?? setOperation(rest) ?? scan(rest), node);
}

function aggregate(title: string): JsonNode | null {
  const strategy = AGGREGATES[title];
  return strategy === undefined ? null : { "Node Type": "Aggregate", Strategy: strategy, "Partial Mode": "Simple" };
}

function join(title: string): JsonNode | null {
  const found = JOIN.exec(title);
  if (found === null || title === "Hash") return null;
  const kind = found[1] === "Nested Loop" ? "Nested Loop" : `${found[1]} Join`;
  return { "Node Type": kind, "Join Type": found[2] ?? "Inner" };
}

function modify(title: string): JsonNode | null {
  const found = MODIFY.exec(title);
  return found === null ? null : { "Node Type": "ModifyTable", Operation: found[1], ...relation(found[2] ?? "") };
}

function setOperation(title: string): JsonNode | null {
  const found = /^(Hash)?SetOp (.+)$/.exec(title);
  return found === null
    ? null
    : { "Node Type": "SetOp", Strategy: found[1] === undefined ? "Sorted" : "Hashed", Command: found[2] };
}

function scan(title: string): JsonNode {
  const byIndex = /^(Index (?:Only )?Scan)( Backward)? using (.+?) on (.+)$/.exec(title);
  if (byIndex !== null) {
    return {
      "Node Type": byIndex[1],
      "Scan Direction": byIndex[2] === undefined ? "Forward" : "Backward",
      "Index Name": unquoted(byIndex[3] ?? ""),
      ...relation(byIndex[4] ?? ""),
    };
  }
  const bitmap = /^Bitmap Index Scan on (.+)$/.exec(title);
  if (bitmap !== null) return { "Node Type": "Bitmap Index Scan", "Index Name": unquoted(bitmap[1] ?? "") };
  const custom = /^(Custom Scan|Foreign Scan|Foreign (?:Insert|Update|Delete))(?: \((.+?)\))?(?: on (.+))?$/.exec(
    title,
  );
  if (custom !== null) {
    return {
      "Node Type": custom[1]?.startsWith("Foreign") === true ? "Foreign Scan" : custom[1],
      ...(custom[2] === undefined ? {} : { "Custom Plan Provider": custom[2] }),
      ...(custom[3] === undefined ? {} : relation(custom[3])),
    };
  }
  const on = /^(.+? Scan) on (.+)$/.exec(title);
  if (on === null) return { "Node Type": title };
  const [kind, target] = [on[1] ?? "", on[2] ?? ""];
  if (kind === "CTE Scan" || kind === "WorkTable Scan")
    return { "Node Type": kind, "CTE Name": words(target)[0], Alias: words(target).at(-1) };
  if (kind === "Function Scan")
    return { "Node Type": kind, "Function Name": words(target)[0], Alias: words(target).at(-1) };
  if (/^(?:Subquery|Values|Table Function|Named Tuplestore) Scan$/.test(kind))
    return { "Node Type": kind, Alias: words(target).at(-1) };
  return { "Node Type": kind, ...relation(target) };
}

/** `public.task t`, with names in quotes where they need them. */
function relation(text: string): JsonNode {
  const [name = "", alias] = words(text);
  const parts = partsOf(name);
  const own = parts.at(-1) ?? "";
  return {
    "Relation Name": own,
    ...(parts.length > 1 ? { Schema: parts[0] } : {}),
    Alias: alias === undefined ? own : unquoted(alias),
  };
}

const words = (text: string): readonly string[] => text.match(/(?:"(?:[^"]|"")*"|[^\s"])+/g) ?? [];
const partsOf = (name: string): readonly string[] => (name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? []).map(unquoted);

function unquoted(name: string): string {
  return name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
