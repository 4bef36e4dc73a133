/** What the supervisor is told on its first line of standard input, as JSON. */
export interface Supervision {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly logFile: string;
  /** Directories removed when the server has ended. */
  readonly remove: readonly string[];
  /** Touched now and then, so that other machines see that this one lives. */
  readonly heartbeatFile: string;
  /** pg_ctl and the data directory, for systems without signals. */
  readonly pgCtl: string;
  readonly dataDir: string;
}

/**
 * The whole program of the supervisor: a process of its own that starts the server and outlives dbwright
 * just long enough to stop it. Its standard input is a pipe that dbwright holds open; however dbwright
 * ends, the pipe ends with it.
 *
 * Its source text is passed to `node --eval`, so that it runs the same from TypeScript, from `dist` and
 * from a bundle: it may use nothing from outside its own body.
 */
export function supervise(): void {
  const { spawn, spawnSync } = process.getBuiltinModule("node:child_process");
  const { openSync, rmSync, utimes } = process.getBuiltinModule("node:fs");
  process.title = "dbwright-supervisor";
  let task: Supervision | null = null;
  let server: ReturnType<typeof spawn> | null = null;
  let running = false;
  let stopping = false;

  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const finish = (): void => {
    for (const dir of task?.remove ?? []) rmSync(dir, { recursive: true, force: true, maxRetries: 20 });
    process.exit(0);
  };
  const start = (line: string): void => {
    task = JSON.parse(line) as Supervision;
    const { heartbeatFile } = task;
    setInterval(() => utimes(heartbeatFile, new Date(), new Date(), () => {}), 600_000).unref();
    const log = openSync(task.logFile, "a", 0o600);
    server = spawn(task.program, task.args, {
      env: task.env,
      stdio: ["ignore", log, log],
      windowsHide: true,
      ...(task.uid === null || task.gid === null ? {} : { uid: task.uid, gid: task.gid }),
    });
    running = true;
    server.on("spawn", () => say(`started ${server?.pid}`));
    server.on("error", (error) => {
      running = false;
      say(`failed ${error.message}`);
      if (stopping) finish();
    });
    server.on("exit", (code, signal) => {
      running = false;
      say(`ended ${signal ?? code}`);
      if (stopping) finish();
    });
  };
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    if (!running || server === null) return finish();
    // Nothing in the data directory is worth saving: the immediate shutdown is the right one.
    if (process.platform !== "win32") server.kill("SIGQUIT");
    else if (task !== null)
      spawnSync(task.pgCtl, ["stop", "-m", "immediate", "-D", task.dataDir], { windowsHide: true });
    // The server itself gives its children 5 s before it kills them.
    setTimeout(() => server?.kill("SIGKILL"), 8000);
  };

  let head = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (text: string) => {
    if (task !== null) return;
    head += text;
    const end = head.indexOf("\n");
    if (end >= 0) start(head.slice(0, end));
  });
  process.stdin.on("end", stop);
  process.stdin.on("error", stop);
  process.stdout.on("error", () => {});
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
}
