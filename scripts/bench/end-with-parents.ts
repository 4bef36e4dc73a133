import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 1000;

// The parent of a process as Linux tells it; null where it is gone or cannot be asked for.
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in brackets, may hold anything.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

/**
 * Ends this process, and with it the servers under their supervisors, on Ctrl-C, SIGTERM and SIGHUP, and when whoever
 * started it is gone: `npm run` stands behind a shell and a loader, and none of them passes on that it was killed.
 */
export function endWithParents(): void {
  for (const [name, number] of [["SIGHUP", 1] as const, ["SIGINT", 2] as const, ["SIGTERM", 15] as const])
    process.on(name, () => process.exit(128 + number));
  const parent = process.ppid;
  // This one, the loader, the shell: each is the child of the next.
  const chain = process.env["npm_lifecycle_event"] === undefined ? [] : [parent, parentOf(parent) ?? 0];
  const parents = chain.map(parentOf);
  setInterval(() => {
    const isAlone = process.ppid !== parent || chain.some((pid, index) => parentOf(pid) !== parents[index]);
    if (isAlone) process.exit(1);
  }, LOOK_EVERY_MS).unref();
}
