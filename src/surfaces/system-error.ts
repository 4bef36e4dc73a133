const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  EMFILE: "too many files are open",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "it is a directory",
};

/** What a system's error says about the environment, with its path; null where it is no such error. */
export function systemErrorText(error: unknown): string | null {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === "uv_cwd") return "the current directory is not there any more";
  const said = code === undefined ? undefined : SYSTEM[code];
  if (said === undefined) return null;
  return path === undefined ? said : `${path}: ${said}`;
}
