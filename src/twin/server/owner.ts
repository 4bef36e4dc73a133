import { readFileSync, readlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** Which process something belongs to, exactly enough to tell whether it still runs. */
export interface Owner {
  readonly host: string;
  /** The kernel's boot id; null where there is none. */
  readonly boot: string | null;
  /** The process number space (containers have their own); null where there is none. */
  readonly space: string | null;
  readonly pid: number;
  /** The process's start time in the kernel's own units; null where it cannot be had. */
  readonly started: string | null;
}

/** The file in a directory that says to whom it belongs. */
export const OWNER_FILE = "owner.json";

function readOrNull(read: () => string): string | null {
  try {
    return read().trim();
  } catch {
    return null;
  }
}

// Field 22 of /proc/PID/stat; field 2, the name, may itself hold spaces and parentheses. Field 3 is Z for a
// process that has ended and whose parent has not yet taken note.
function startTime(pid: number): string | null {
  const stat = readOrNull(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? null : (fields[19] ?? null);
}

/** A process of this machine as an {@link Owner}; this one unless told otherwise. */
export function ownerOf(pid: number = process.pid): Owner {
  return {
    host: hostname(),
    boot: readOrNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
    space: readOrNull(() => readlinkSync("/proc/self/ns/pid")),
    pid,
    started: startTime(pid),
  };
}

/** Marks a directory as this process's own. */
export async function claim(dir: string): Promise<void> {
  await writeFile(join(dir, OWNER_FILE), JSON.stringify(ownerOf()), { mode: 0o600 });
}

/** Reads an {@link Owner} from text that anybody may have written; null when it is none. */
export function parseOwner(text: string): Owner | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { host, boot, space, pid, started } = value as Record<string, unknown>;
  const textOrNull = (part: unknown): part is string | null => part === null || typeof part === "string";
  if (typeof host !== "string" || typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (!textOrNull(boot) || !textOrNull(space) || !textOrNull(started)) return null;
  return { host, boot, space, pid, started };
}

/**
 * Whether the owner still runs: `unknown` for a process of another machine or container, which cannot be
 * looked at from here.
 */
export function standingOf(owner: Owner): "alive" | "dead" | "unknown" {
  const here = ownerOf();
  if (owner.host !== here.host) return "unknown";
  if (owner.boot !== here.boot) return "dead";
  if (owner.space !== here.space) return "unknown";
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "dead";
  }
  return startTime(owner.pid) === owner.started ? "alive" : "dead";
}
