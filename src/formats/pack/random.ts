import { createCipheriv, createHash } from "node:crypto";

const BUFFER_BYTES = 65_536;

/** A stream of numbers that only who holds the key can repeat: AES-256 in counter mode. */
export class KeyedRandom {
  readonly #cipher: ReturnType<typeof createCipheriv>;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** `purpose` makes streams of the same key independent of each other. */
  constructor(key: string, purpose: string) {
    const secret = createHash("sha256")
      .update(JSON.stringify([key, purpose]))
      .digest();
    this.#cipher = createCipheriv("aes-256-ctr", secret, Buffer.alloc(16));
  }

  /** A number from 0 up to and without 1, in steps of 2^-48. */
  fraction(): number {
    return this.#take(6).readUIntBE(0, 6) / 2 ** 48;
  }

  /** A whole number of that many bits, a multiple of 8. */
  bits(count: number): bigint {
    return BigInt(`0x${this.#take(count / 8).toString("hex")}`);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.#take(4).readUInt32BE(0) / 2 ** 32) * limit);
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) {
      this.#bytes = this.#cipher.update(Buffer.alloc(BUFFER_BYTES));
      this.#at = 0;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
