import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hrefOf } from "../server/database.ts";

/** A way into a scratch database that can be shown: the password stands in a file that only this account reads. */
export interface ShownConnection {
  /** For psql and everything that uses libpq. */
  readonly url: string;
  remove(): Promise<void>;
}

/** Ends a query that would read through the empty pages of a table that pretends to be large. */
const STATEMENT_TIMEOUT = "60s";

/** Takes the password out of a connection string and puts it into a password file (libpq's `passfile`). */
export async function shownConnection(url: string): Promise<ShownConnection> {
  const target = new URL(url);
  const escaped = (text: string): string => text.replaceAll(/[\\:]/g, String.raw`\$&`);
  const line = [
    "*",
    "*",
    "*",
    escaped(decodeURIComponent(target.username)),
    escaped(decodeURIComponent(target.password)),
  ];
  const dir = await mkdtemp(join(tmpdir(), "dbwright-twin-"));
  const file = join(dir, "password");
  await writeFile(file, `${line.join(":")}\n`, { mode: 0o600 });
  target.password = "";
  target.searchParams.set("passfile", file);
  target.searchParams.set("options", `-c statement_timeout=${STATEMENT_TIMEOUT}`);
  return { url: hrefOf(target), remove: () => rm(dir, { recursive: true, force: true }) };
}
