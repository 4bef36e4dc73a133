import type { TwinRequest, TwinServer } from "../server.ts";
import { openNamed } from "./named.ts";
import { openOwned } from "./owned.ts";

/**
 * Opens the server a twin runs on: the one the user names, or one of dbwright's own.
 * Throws a `DbwrightError` (exit 2: a major that is not offered; exit 3: no server to be had, or it does
 * not start) or, when aborted, the signal's reason. A failure leaves nothing behind.
 */
export async function openServer(request: TwinRequest): Promise<TwinServer> {
  return request.url === null ? openOwned(request) : openNamed(request, request.url);
}
