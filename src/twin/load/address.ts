import { extname } from "node:path";
import { nearest } from "../../formats/brief/nearest.ts";
import { invalid } from "../../model/error.ts";

/** A source as its text names it, before anything is looked at. */
export type SourceAddress =
  | { readonly kind: "live"; readonly url: string }
  | { readonly kind: "git"; readonly rev: string; readonly path: string }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "path"; readonly path: string };

const KNOWN =
  "a postgres:// URL, sqlite:PATH, a .sql file, a folder of .sql files, a saved catalog (.json) or git:REV:PATH";
const SQLITE_FILES: readonly string[] = [".db", ".db3", ".sqlite", ".sqlite3"];

// Sources of the grammar that this version does not read, with the form in which they can come.
const OTHER_SCHEMES: Readonly<Record<string, string>> = {
  mysql: "MySQL",
  mariadb: "MariaDB",
  mongodb: "MongoDB",
  "mongodb+srv": "MongoDB",
  redis: "Redis",
  sqlserver: "SQL Server",
  mssql: "SQL Server",
};
const OTHER_FILES: Readonly<Record<string, { readonly what: string; readonly mend: string }>> = {
  ".prisma": {
    what: "a Prisma schema",
    mend: "make SQL of it: npx prisma migrate diff --from-empty --to-schema-datamodel schema.prisma --script > schema.sql",
  },
  ".dbml": { what: "a DBML file", mend: "make SQL of it: npx -p @dbml/cli dbml2sql schema.dbml -o schema.sql" },
  ".yaml": { what: "a brief", mend: "design a schema from it first: dbwright design BRIEF" },
  ".yml": { what: "a brief", mend: "design a schema from it first: dbwright design BRIEF" },
  ".ts": { what: "a module of an ORM", mend: "run its migrations in a database and give that database's URL" },
  ".js": { what: "a module of an ORM", mend: "run its migrations in a database and give that database's URL" },
  ".rb": { what: "a Ruby schema", mend: "set config.active_record.schema_format = :sql and give db/structure.sql" },
};

/**
 * Reads the text of a source. Throws `invalid` (exit 2) for a scheme or kind of file that is not read, with
 * the form in which the schema could come. A password in it is never repeated.
 */
export function parseSource(source: string): SourceAddress {
  if (source.trim() === "") throw invalid({ what: "the source is empty", where: "SOURCE", expected: KNOWN });
  if (source.includes("\0"))
    throw invalid({ what: "the source has a NUL character", where: "SOURCE", expected: KNOWN });
  const scheme =
    /^([a-z][a-z0-9+.-]*):\/\//i.exec(source)?.[1]?.toLowerCase() ?? /^(sqlite):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme === "sqlite") return sqliteAddress(source);
  if (scheme === "postgres" || scheme === "postgresql") return liveAddress(source, scheme);
  if (scheme !== undefined) throw otherScheme(scheme);
  const git = /^git:(.*)$/s.exec(source);
  if (git !== null) return gitAddress(git[1] ?? "", source);
  if (isSqliteFile(source)) return { kind: "sqlite", path: source };
  refuseOtherFile(source, source);
  return { kind: "path", path: source };
}

// A password with a bare `@`, `/`, `?` or `#` moves the end of the host, so that its rest would be shown as
// a host or a database: such a URL is refused before any part of it is.
function liveAddress(source: string, scheme: string): SourceAddress {
  const url = URL.canParse(source) ? new URL(source) : null;
  const displaced =
    url?.username === "" && (url.pathname.includes("@") || (url.pathname === "" && url.search.includes("@")));
  if (url !== null && url.hash === "" && !displaced) return { kind: "live", url: source };
  throw invalid({
    what: "this URL cannot be read",
    where: `${scheme}://…`,
    expected: "postgres://USER@HOST:PORT/DATABASE",
    mend: "in user and password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25, or leave the password to PGPASSWORD",
  });
}

/**
 * Whether a text that names no file is meant as a connection: `user:password@host`, with or without half a
 * scheme, or libpq's `host=… password=…`. It may hold a password and is not to be repeated.
 */
export function meansConnection(source: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/?)?[^:/@\\]+:[^\\]+@[^@]+$/is.test(source) || /\bpass(?:word|file)\s*=/i.test(source);
}

const isSqliteFile = (path: string): boolean => SQLITE_FILES.includes(extname(path).toLowerCase());

// The path is taken as it is: `?`, `#` and `%` are parts of names.
function sqliteAddress(source: string): SourceAddress {
  const path = source.replace(/^sqlite:(?:\/\/)?/i, "");
  if (path !== "" && path !== ":memory:") return { kind: "sqlite", path };
  throw invalid({ what: "a path is needed", where: source, expected: "sqlite:PATH, e.g. sqlite:data/app.db" });
}

function gitAddress(rest: string, source: string): SourceAddress {
  const [, rev = "", path = ""] = /^([^:]*):(.*)$/s.exec(rest) ?? [];
  if (rev === "" || path === "") {
    throw invalid({
      what: "a revision and a path are needed",
      where: source,
      expected: "git:REV:PATH, e.g. git:main:db/schema.sql",
    });
  }
  if (isSqliteFile(path)) {
    const mend = `take it out of the repository first: git show ${rev}:${path} > copy.db`;
    throw invalid({ what: "an SQLite database is not read out of a commit", where: source, expected: KNOWN, mend });
  }
  refuseOtherFile(path, source);
  return { kind: "git", rev, path };
}

function refuseOtherFile(path: string, source: string): void {
  const other = OTHER_FILES[extname(path).toLowerCase()];
  if (other === undefined) return;
  throw invalid({ what: `this version does not read ${other.what}`, where: source, expected: KNOWN, mend: other.mend });
}

function otherScheme(scheme: string): Error {
  const engine = OTHER_SCHEMES[scheme];
  if (engine !== undefined) {
    return invalid({
      what: `this version does not read ${engine}`,
      where: `${scheme}://…`,
      expected: KNOWN,
      mend: "give its schema as a PostgreSQL script",
    });
  }
  const near = nearest(scheme, ["postgres", "postgresql", ...Object.keys(OTHER_SCHEMES)]);
  return invalid({
    what: `${JSON.stringify(scheme)} is no scheme of a source`,
    where: `${scheme}://…`,
    expected: KNOWN,
    ...(near === null ? {} : { mend: `did you mean ${near}://?` }),
  });
}
