import { constants } from "node:buffer";
import { invalid } from "../../model/error.ts";

// PostgreSQL's names of encodings, for files that name theirs, to those of the WHATWG Encoding Standard.
const ENCODINGS: Readonly<Record<string, string>> = {
  latin1: "windows-1252",
  iso88591: "windows-1252",
  latin2: "iso-8859-2",
  latin9: "iso-8859-15",
  sqlascii: "windows-1252",
  win1250: "windows-1250",
  win1251: "windows-1251",
  win1252: "windows-1252",
  win1253: "windows-1253",
  win1254: "windows-1254",
  koi8r: "koi8-r",
  euc_jp: "euc-jp",
  eucjp: "euc-jp",
  sjis: "shift_jis",
  euckr: "euc-kr",
  gbk: "gbk",
  big5: "big5",
};

const NAMED_ENCODING = /(?:\bclient_encoding\s*(?:=|\bto\b)\s*|\bset\s+names\s+|^\\encoding\s+)'?([\w-]+)/im;

/** Starts of files that are no SQL text, with what to do about each. */
const OTHER_FILES: readonly { readonly start: readonly number[]; readonly what: string; readonly mend: string }[] = [
  {
    start: [...Buffer.from("PGDMP")],
    what: "a pg_dump archive",
    mend: "write it as SQL: pg_restore --schema-only --file=schema.sql ARCHIVE",
  },
  { start: [0x1f, 0x8b], what: "a gzip file", mend: "unpack it with gunzip" },
  { start: [0x28, 0xb5, 0x2f, 0xfd], what: "a zstd file", mend: "unpack it with zstd -d" },
  { start: [0x50, 0x4b, 0x03, 0x04], what: "a zip file", mend: "unpack it" },
  {
    start: [...Buffer.from("SQLite format 3\0")],
    what: "an SQLite database",
    mend: "name it as a database: sqlite:PATH",
  },
];

/**
 * A file's bytes as text: UTF-8, UTF-16 with its mark, or what the file itself names with client_encoding.
 * Throws `invalid` (exit 2) for an archive or another binary file, and for bytes in no known encoding.
 */
export function decodeText(bytes: Buffer, file: string): string {
  const other = OTHER_FILES.find(({ start }) => bytes.subarray(0, start.length).equals(Buffer.from(start)));
  if (other !== undefined)
    throw invalid({ what: `this is ${other.what}`, where: file, expected: "SQL text", mend: other.mend });
  if (bytes.length >= constants.MAX_STRING_LENGTH) {
    const size = Math.round(bytes.length / 1e6);
    throw invalid({
      what: `the file is too large to be read whole (${size} MB)`,
      where: file,
      expected: "at most 500 MB",
      mend: "leave the rows out: pg_dump --schema-only",
    });
  }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes.subarray(0, 8192).includes(0)) {
    throw invalid({ what: "this is a binary file", where: file, expected: "SQL text" });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const named = NAMED_ENCODING.exec(bytes.toString("latin1"))?.[1] ?? "";
    const label = ENCODINGS[named.toLowerCase().replaceAll("-", "")];
    if (label !== undefined) return new TextDecoder(label).decode(bytes);
    throw invalid({
      what: "the file is not in UTF-8",
      where: file,
      expected: "UTF-8, or a client_encoding set in the file (e.g. SET client_encoding = 'LATIN1')",
      mend: "convert it, e.g. iconv -f LATIN1 -t UTF-8",
    });
  }
}

const FOREIGN_SIGNS: readonly { readonly dialect: string; readonly signs: readonly RegExp[] }[] = [
  {
    dialect: "MySQL or MariaDB",
    signs: [
      /\bENGINE\s*=\s*(?:InnoDB|MyISAM|Aria|MEMORY)/i,
      /^\s*DELIMITER\s/im,
      /\bAUTO_INCREMENT\b/i,
      /^-- (?:MySQL|MariaDB) dump/m,
      /\bCREATE TABLE (?:IF NOT EXISTS )?`/i,
      /\bUNSIGNED\b/i,
    ],
  },
  { dialect: "SQLite", signs: [/\bAUTOINCREMENT\b/i, /^\s*PRAGMA\s/im, /\bWITHOUT ROWID\b/i] },
  {
    dialect: "SQL Server",
    signs: [/^\s*GO\s*$/m, /\[dbo\]\./i, /\bIDENTITY\s*\(\s*1\s*,\s*1\s*\)/i, /\bNVARCHAR\s*\(/i],
  },
  { dialect: "Oracle", signs: [/\bVARCHAR2\s*\(/i, /\bNUMBER\s*\(\s*\d+/i] },
];

/** The engine a script that PostgreSQL refuses seems to be written for, or null. */
export function foreignDialect(text: string): string | null {
  const head = text.slice(0, 200_000);
  const count = (signs: readonly RegExp[]): number => signs.filter((sign) => sign.test(head)).length;
  const [best] = FOREIGN_SIGNS.map(({ dialect, signs }) => ({ dialect, hits: count(signs) })).toSorted(
    (a, b) => b.hits - a.hits,
  );
  return best !== undefined && best.hits > 0 ? best.dialect : null;
}
