/*
 * The names of migration files: in which order they run, and which undo others.
 */

/** Names of scripts that undo others: golang-migrate, diesel, db-migrate, dbmate and Flyway (`U1__x.sql`). */
export const UNDOING: RegExp =
  /^(?:down|undo|rollback|revert)\.sql$|[._-](?:down|undo|rollback|revert)\.sql$|^U\d[\d._]*__.*\.sql$/i;

/**
 * Order of names in which runs of digits count as numbers, however long. Flyway's versioned scripts (V1__a,
 * V1.1__b) come first, compared part by part, and its repeatable ones (R__x) last.
 */
export function naturalOrder(left: string, right: string): number {
  const groups = groupOf(left) - groupOf(right);
  if (groups !== 0) return groups;
  return compareVersions(left, right) || compareParts(stem(left), stem(right)) || compareText(left, right);
}

/** The version of one of Flyway's versioned or baseline scripts, by name or id: `1.2` of `V1.2__x.sql`. */
export const VERSIONED: RegExp = /^[VB](\d+(?:[._]\d+)*)__/;

function groupOf(name: string): number {
  return VERSIONED.test(name) ? 0 : isRepeatable(name) ? 2 : 1;
}

/** Whether a name or id is that of one of Flyway's repeatable scripts (`R__x`), which runs whenever it was changed. */
export function isRepeatable(name: string): boolean {
  return name.startsWith("R__");
}

/** Whether it is one of Flyway's baseline scripts (`B3__x`), which stands for all versions up to its own in an empty database. */
export function isBaselineScript(name: string): boolean {
  return name.startsWith("B") && VERSIONED.test(name);
}

/** Whether a name or id is a version of Flyway's (`V3__x`), and if so whether `other` is one that is no later. */
export function coversVersion(name: string, other: string): boolean {
  return VERSIONED.test(name) && VERSIONED.test(other) && compareVersions(other, name) <= 0;
}

/** Whether two of Flyway's names have one version, whatever they say besides: `V1.1__a` and `V1_1__b`. */
export function sameVersion(name: string, other: string): boolean {
  return coversVersion(name, other) && coversVersion(other, name);
}

// `a.sql` before `a1.sql`: the ending is no part of the name.
function stem(name: string): string {
  return name.replace(/\.sql$/i, "");
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((name) => VERSIONED.exec(name)?.[1]?.split(/[._]/) ?? []);
  const length = Math.max(a?.length ?? 0, b?.length ?? 0);
  for (let index = 0; index < length; index++) {
    const order = compareNumbers(a?.[index] ?? "0", b?.[index] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

function compareParts(left: string, right: string): number {
  const leftParts = left.match(/\d+|\D+/g) ?? [];
  const rightParts = right.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(leftParts.length, rightParts.length); index++) {
    const x = leftParts[index] ?? "";
    const y = rightParts[index] ?? "";
    const order = /^\d/.test(x) && /^\d/.test(y) ? compareNumbers(x, y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return leftParts.length - rightParts.length;
}

function compareNumbers(left: string, right: string): number {
  const x = left.replace(/^0+(?=\d)/, "");
  const y = right.replace(/^0+(?=\d)/, "");
  return x.length - y.length || compareText(x, y);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
