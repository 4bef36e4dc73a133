/** What a backslash command of psql means for a load. */
export type MetaCommand =
  | { readonly do: "connect"; readonly database: string }
  /** The rest of the file is not read. */
  | { readonly do: "quit" }
  | { readonly do: "ignore" }
  | { readonly do: "set"; readonly name: string; readonly value: string }
  | { readonly do: "skip"; readonly why: string };

// Commands that change what psql shows, or guard a dump; they touch no database.
const HARMLESS =
  /^\\(?:unset|echo|qecho|warn|pset|timing|restrict|unrestrict|encoding|x|a|t|f|C|H|conninfo|prompt|errverbose|d\S*|l\+?|z|h|\?|g|;)?(?:\s|;|$)/;

/** Reads one command, e.g. `\connect shop`. Nothing that opens a file or starts a program is ever done. */
export function metaCommand(text: string): MetaCommand {
  const line = text.trim();
  const connect = /^\\c(?:onnect)?(?:\s+(.*))?$/s.exec(line);
  if (connect !== null) return { do: "connect", database: databaseOf(connect[1] ?? "") };
  const set = /^\\set(?:\s+(\w+)(?:\s+(.*))?)?$/s.exec(line);
  if (set?.[1] !== undefined) return { do: "set", name: set[1], value: valueOf(set[2] ?? "") };
  if (set !== null) return { do: "ignore" };
  if (/^\\q(?:uit)?\b/.test(line)) return { do: "quit" };
  if (HARMLESS.test(line)) return { do: "ignore" };
  if (/^\\(?:i|ir|include|include_relative)\s/.test(line))
    return { do: "skip", why: "the file it includes was not found in the folder of this one, or lies outside it" };
  if (/^\\copy\s/i.test(line)) return { do: "skip", why: "it reads or writes files" };
  if (/^\\(?:if|elif|else|endif)\b/.test(line))
    return { do: "skip", why: "conditions are not evaluated: the statements of every branch run" };
  if (/^\\gexec\b/.test(line)) return { do: "skip", why: "the statements it would make are not known beforehand" };
  return { do: "skip", why: "this command of psql is not carried out" };
}

// The database of \connect: a name, or dbname in a connection string; "" when it stays the same.
function databaseOf(argumentsText: string): string {
  const words = argumentsText.replace(/;\s*$/, "").match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
  const target = words.find((word) => !word.startsWith("-reuse-previous")) ?? "";
  const bare = target.replaceAll(/^["']|["']$/g, "");
  const named = /\bdbname\s*=\s*'?((?:\\.|[^'\s])*)/.exec(bare)?.[1];
  if (named !== undefined) return named.replaceAll(/\\(.)/g, "$1");
  if (/^postgres(?:ql)?:\/\//.test(bare)) return /^[^:]+:\/\/[^/]*\/([^?]*)/.exec(bare)?.[1] ?? "";
  return bare === "-" ? "" : bare;
}

// The words of \set's value, without their quotes, joined as psql joins them. A value in backquotes would be
// the output of a program: it is not run, and the variable is empty.
function valueOf(words: string): string {
  return words.replaceAll(/'((?:''|\\.|[^'])*)'|`[^`]*`?|\s+/g, (_, quoted: string | undefined) =>
    quoted === undefined ? "" : quoted.replaceAll("''", "'").replaceAll(/\\(.)/g, "$1"),
  );
}
