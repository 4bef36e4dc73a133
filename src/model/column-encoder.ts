import type { EncodedColumn } from "./dependency.ts";

const ROWS_AT_FIRST = 2000;

/** Turns the values of a column into numbers as they come, so that no value is kept beyond the reading. */
export class ColumnEncoder {
  readonly #name: string;
  readonly #type: string;
  readonly #numbers = new Map<string | null, number>();
  #codes = new Int32Array(ROWS_AT_FIRST);
  length = 0;

  /** `type` is the type as the engine names it. */
  constructor({ name, type }: Pick<EncodedColumn, "name" | "type">) {
    this.#name = name;
    this.#type = type;
  }

  /** Adds the value of the next row; texts that are equal here are equal for whoever looks for dependencies. */
  add(value: string | null): void {
    if (this.length === this.#codes.length) {
      const more = new Int32Array(this.#codes.length * 2);
      more.set(this.#codes);
      this.#codes = more;
    }
    const number = this.#numbers.get(value) ?? this.#numbers.size;
    if (number === this.#numbers.size) this.#numbers.set(value, number);
    this.#codes[this.length++] = number;
  }

  /** What was added so far. */
  column(): EncodedColumn {
    return {
      name: this.#name,
      type: this.#type,
      codes: this.#codes.slice(0, this.length),
      distinct: this.#numbers.size,
    };
  }
}
