import { Writable } from "node:stream";
import type { Readable } from "node:stream";

/** The two ends of the protocol, and when the client let go of either. */
export interface ProtocolStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly closed: Promise<void>;
}

/**
 * Standard input and output for the protocol alone. Whatever else in this process writes to standard output (a
 * library, a configuration's `console.log`) goes to standard error from here on: one such line breaks the protocol.
 */
export function protocolStreams(): ProtocolStreams {
  const { stdin, stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => void write(chunk, (error) => done(error ?? null)),
  });
  const closed = new Promise<void>((resolve) => {
    for (const event of ["end", "close", "error"]) stdin.once(event, () => resolve());
    // Nobody reads any more: on some platforms the first that is heard of a client that was killed.
    for (const stream of [stdout, output]) stream.on("error", () => resolve());
  });
  stdout.write = stderr.write.bind(stderr);
  return { input: stdin, output, closed };
}
