/** A file that a scaffold writes; paths are from the root of the repository. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** Text put beside an anchor in a file that is there already. */
export interface Edit {
  readonly path: string;
  /** Text that stands in the file exactly once. */
  readonly anchor: string;
  readonly insert: string;
  readonly place: "before" | "after";
}

/** What `npm run new -- <what> NAME` makes. `read` gives the text of a file of the repository, or null. */
export interface Scaffold {
  /** What NAME is, for the usage line: `NAME` or `TITLE`. */
  readonly argument: string;
  readonly about: string;
  files(name: string, repository: Repository): readonly NewFile[];
  /** Where else it has to be entered. */
  readonly edits?: (name: string) => readonly Edit[];
  /** What the author does next, one line each. */
  readonly next: readonly string[];
}

/** What a scaffold may look at. */
export interface Repository {
  exists(path: string): boolean;
  /** File names in a folder, sorted; none where there is no such folder. */
  list(folder: string): readonly string[];
}

/** The file's text with the edit made; throws where the anchor is not there exactly once. */
export function edited(text: string, { path, anchor, insert, place }: Edit): string {
  const parts = text.split(anchor);
  if (parts.length !== 2)
    throw new Error(`${path}: expected ${JSON.stringify(anchor)} once, found it ${parts.length - 1} times`);
  const middle = place === "before" ? `${insert}${anchor}` : `${anchor}${insert}`;
  return parts.join(middle);
}

/** A name that cannot be used, with what was expected. */
export class UnusableName extends Error {
  override readonly name = "UnusableName";
}

/** `backup create`, `BackupCreate`, `backup_create` as words: `["backup", "create"]`. */
export function wordsOf(name: string): readonly string[] {
  return name
    .normalize("NFKD")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** `backup-create`; throws `UnusableName` where nothing usable is left or it begins with a digit. */
export function kebabCase(name: string): string {
  const kebab = wordsOf(name).join("-");
  if (!/^[a-z]/.test(kebab)) throw new UnusableName(`"${name}" is no name: expected words that begin with a letter`);
  return kebab;
}

/** `backupCreate` */
export function camelCase(name: string): string {
  return kebabCase(name).replaceAll(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/** `BackupCreate` */
export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return `${camel.slice(0, 1).toUpperCase()}${camel.slice(1)}`;
}
