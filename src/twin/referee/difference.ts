import { invalid } from "../../model/error.ts";
import type { Fingerprint, FingerprintRow } from "./fingerprint.ts";

const shown = (value: string | null | undefined): string => (value == null ? "-" : JSON.stringify(value));

/** A fingerprint as sorted lines `catalog | identity | column = value`; columns without a value are left out. */
export function fingerprintLines(of: Fingerprint): readonly string[] {
  return of.rows.flatMap(({ catalog, identity, values }) => {
    const columns = Object.entries(values).filter(([, value]) => value !== null);
    if (columns.length === 0) return [`${catalog} | ${identity}`];
    return columns.map(([column, value]) => `${catalog} | ${identity} | ${column} = ${shown(value)}`);
  });
}

type Rows = ReadonlyMap<string, readonly string[]>;

// Rows may share an identity (two entries of one dependency): all that they say is compared as a set.
function rowsOf(of: Fingerprint): { rows: Rows; first: ReadonlyMap<string, FingerprintRow> } {
  const rows = new Map<string, string[]>();
  const first = new Map<string, FingerprintRow>();
  for (const row of of.rows) {
    const key = `${row.catalog} | ${row.identity}`;
    const known = rows.get(key);
    const text = JSON.stringify(row.values);
    if (known === undefined) {
      rows.set(key, [text]);
      first.set(key, row);
    } else if (!known.includes(text)) known.push(text);
  }
  return { rows, first };
}

/**
 * What differs between two databases of the same major, one line each: `- row` only the first has, `+ row` only the
 * second, `row | column: a -> b`. Empty when nothing does. Throws `invalid` for servers of different majors.
 */
export function fingerprintDifferences(a: Fingerprint, b: Fingerprint): readonly string[] {
  const [majorA, majorB] = [a, b].map(({ versionNumber }) => Math.trunc(versionNumber / 10_000));
  if (majorA !== majorB)
    throw invalid({
      what: `system catalogs of PostgreSQL ${majorA} and ${majorB} are not comparable`,
      expected: "two databases on servers of the same major",
    });
  const [left, right] = [rowsOf(a), rowsOf(b)];
  const lines: string[] = [];
  for (const [key, rows] of left.rows) {
    const others = right.rows.get(key);
    if (others === undefined) lines.push(`- ${key}`);
    else if (rows.toSorted().join("\n") !== others.toSorted().join("\n"))
      lines.push(...changed(key, left.first.get(key)?.values ?? {}, right.first.get(key)?.values ?? {}));
  }
  for (const key of right.rows.keys()) if (!left.rows.has(key)) lines.push(`+ ${key}`);
  return lines;
}

function changed(key: string, a: FingerprintRow["values"], b: FingerprintRow["values"]): string[] {
  const columns = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const differing = columns.filter((column) => (a[column] ?? null) !== (b[column] ?? null));
  if (differing.length === 0) return [`${key}: several rows of this identity, not all equal`];
  return differing.map((column) => `${key} | ${column}: ${shown(a[column])} -> ${shown(b[column])}`);
}
