import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "../../src/model/progress.ts";
import { openServer } from "../../src/twin/server/open.ts";
import type { TwinServer } from "../../src/twin/server.ts";

/** A server of its own for a bench, of the newest major; the caller closes it. */
export const openBenchServer = (): Promise<TwinServer> =>
  openServer({
    major: 18,
    url: null,
    cacheDir: join(tmpdir(), "dbwright-bench-cache"),
    searchPath: [],
    signal: new AbortController().signal,
    progress: silentProgress,
  });
