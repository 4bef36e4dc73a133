import { isSecret } from "./foreign-options.ts";

interface Split {
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly secrets: readonly string[];
}

// `name = value`, the value perhaps in quotes, with a backslash before a quote or a backslash: conninfo_parse in
// the server's fe-connect.c. Null for text that is something else.
function splitPairs(text: string): Split | null {
  const pair = /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)*))\s*/gsy;
  const pairs: [string, string][] = [];
  const secrets: string[] = [];
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (match === null) return null;
    const name = match[1] ?? "";
    if (isSecret(name)) secrets.push(name);
    else pairs.push([name, (match[2] ?? match[3] ?? "").replaceAll(/\\(.)/gs, "$1")]);
  }
  return { pairs, secrets };
}

const quotedValue = (value: string): string =>
  /^[^\s'\\]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`;

function openUri(text: string): { readonly text: string; readonly secrets: readonly string[] } | null {
  // By hand, as libpq's URIs may name several hosts. Passwords end at the last "@" before the path.
  const match = /^(postgres(?:ql)?:\/\/)(?:([^/?#]*)@)?([^?#]*)(?:\?([^#]*))?$/s.exec(text);
  if (match === null) return null;
  const [, scheme = "", account, place = "", query] = match;
  const secrets: string[] = [];
  const user = account?.split(":", 1)[0];
  if (account !== undefined && account !== user) secrets.push("password");
  const kept = (query ?? "").split("&").filter((part) => {
    const name = part.split("=", 1)[0] ?? "";
    if (!isSecret(name)) return part !== "";
    secrets.push(name);
    return false;
  });
  const login = user === undefined ? "" : `${user}@`;
  return { text: `${scheme}${login}${place}${kept.length === 0 ? "" : `?${kept.join("&")}`}`, secrets };
}

/**
 * A connection string as libpq takes it (a URI or `name=value` pairs) without what is secret in it, and the names of
 * what was left out. Null where the text is not understood, as it may then hold anything.
 */
export function withoutSecrets(text: string): { readonly text: string; readonly secrets: readonly string[] } | null {
  if (/^postgres(?:ql)?:\/\//.test(text)) return openUri(text);
  const split = splitPairs(text);
  if (split === null) return null;
  return {
    text: split.pairs.map(([name, value]) => `${name}=${quotedValue(value)}`).join(" "),
    secrets: split.secrets,
  };
}
