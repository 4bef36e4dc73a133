import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentProgress } from "../../src/model/progress.ts";
import { openServer } from "../../src/twin/server/open.ts";
import type { TwinServer } from "../../src/twin/server.ts";

/** A server of its own for a bench, of the newest major unless another is asked for; the caller closes it. */
export const openBenchServer = (major = 18): Promise<TwinServer> =>
  openServer({
    major,
    url: null,
    cacheDir: join(tmpdir(), "dbwright-bench-cache"),
    searchPath: [],
    signal: new AbortController().signal,
    progress: silentProgress,
  });
