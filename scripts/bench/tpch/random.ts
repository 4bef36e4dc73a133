/** Numbers that are the same for the same seed: xorshift of 32 bits (Marsaglia, 2003), which is fast. */
export class FastRandom {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not give similar numbers: the finaliser of MurmurHash3 (Appleby). Zero would stay zero.
    let state = Math.imul(seed + 1, 0x9e3779b1);
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    this.#state = state ^ (state >>> 16) || 1;
  }

  /** An unsigned number of 32 bits. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** An integer between two, both included. */
  between(low: number, high: number): number {
    return low + Math.floor((this.next() / 4_294_967_296) * (high - low + 1));
  }

  /** One of a list. */
  of(list: readonly string[]): string {
    return list[this.between(0, list.length - 1)] as string;
  }
}
