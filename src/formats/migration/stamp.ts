/** `20261120120000`: the moment in UTC as most tools begin the names of their migrations. */
export function stampOf(at: Date): string {
  return at.toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

const SLUG_CHARACTERS_MAX = 60;

/** A name as part of a file name that every file system takes: `add_title`. */
export function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, SLUG_CHARACTERS_MAX)
    .replaceAll(/^_+|_+$/g, "");
  return slug === "" ? "migration" : slug;
}
