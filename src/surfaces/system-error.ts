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

// PostgreSQL's classes for a connection that broke and a server that goes (errcodes.txt); what the client library says.
const LOST_CODE = /^(?:57P0[1-3]|08\w{3}|ECONNRESET)$/;
const LOST_TEXT = /^(?:Connection terminated|Client has encountered a connection error|Client was closed)/;

/** What a system's or a broken connection's error says about the environment; null where it is no such error. */
export function systemErrorText(error: unknown): string | null {
  const { code, path, syscall, message } = error as NodeJS.ErrnoException;
  if (LOST_CODE.test(code ?? "") || LOST_TEXT.test(message ?? ""))
    return `the connection to the database server was lost: ${message}`;
  if (syscall === "uv_cwd") return "the current directory is not there any more";
  const said = code === undefined ? undefined : SYSTEM[code];
  if (said === undefined) return null;
  return path === undefined ? said : `${path}: ${said}`;
}
