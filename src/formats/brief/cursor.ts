/** A short form that cannot be read: what is wrong at which offset (UTF-16 units from its beginning). */
export class SpecError extends Error {
  override readonly name = "SpecError";
  readonly offset: number;
  readonly expected: string | null;
  readonly mend: string | null;

  constructor(what: string, offset: number, expected: string | null = null, mend: string | null = null) {
    super(what);
    this.offset = offset;
    this.expected = expected;
    this.mend = mend;
  }
}

/** Reads a short form from left to right. Every method but `rest` skips blanks first. */
export class Cursor {
  readonly text: string;
  #offset = 0;

  constructor(text: string) {
    this.text = text;
  }

  get offset(): number {
    this.#skipBlanks();
    return this.#offset;
  }

  get done(): boolean {
    return this.offset >= this.text.length;
  }

  /** What is not read yet. */
  get rest(): string {
    return this.text.slice(this.#offset);
  }

  #skipBlanks(): void {
    while (/\s/.test(this.text[this.#offset] ?? "x")) this.#offset += 1;
  }

  /** Whether the text goes on with this symbol; does not move. */
  sees(symbol: string): boolean {
    return this.text.startsWith(symbol, this.offset);
  }

  /** Moves past the symbol when it is next. */
  eat(symbol: string): boolean {
    if (!this.sees(symbol)) return false;
    this.#offset += symbol.length;
    return true;
  }

  /** Moves past the symbol or fails. */
  need(symbol: string, context: string): void {
    if (!this.eat(symbol)) throw this.unexpected(`"${symbol}" ${context}`);
  }

  /** The text that a sticky pattern matches here, moved past; null when it does not match. */
  match(pattern: RegExp): string | null {
    const sticky = new RegExp(pattern.source, `${pattern.flags.replace(/[uy]/g, "")}uy`);
    sticky.lastIndex = this.offset;
    const found = sticky.exec(this.text)?.[0] ?? null;
    if (found !== null) this.#offset += found.length;
    return found;
  }

  /** A word: a letter, then letters, digits, `_` and `-`. */
  word(): string | null {
    return this.match(/[\p{L}_][\p{L}\p{N}_-]*/u);
  }

  /** A text in single or double quotes, the quote doubled inside; null when none begins here. */
  quoted(): string | null {
    const from = this.offset;
    const quote = this.text[from];
    if (quote !== "'" && quote !== '"') return null;
    let value = "";
    for (let at = from + 1; at < this.text.length; at++) {
      if (this.text[at] !== quote) {
        value += this.text[at];
      } else if (this.text[at + 1] === quote) {
        value += quote;
        at += 1;
      } else {
        this.#offset = at + 1;
        return value;
      }
    }
    throw new SpecError("a quote is opened and not closed", from, `a closing ${quote}`);
  }

  /** Reads `item` once or more, separated by commas. */
  list<T>(item: () => T): T[] {
    const all = [item()];
    while (this.eat(",")) all.push(item());
    return all;
  }

  /** The error for whatever stands here. */
  unexpected(expected: string, mend: string | null = null): SpecError {
    const here = this.match(/[\p{L}\p{N}_-]+|./u);
    const offset = this.#offset - (here?.length ?? 0);
    const what = here === null ? "the text ends too early" : `unexpected "${here}"`;
    return new SpecError(what, here === null ? this.text.length : offset, expected, mend);
  }

  /** Fails unless everything is read. */
  end(expected: string): void {
    if (!this.done) throw this.unexpected(expected);
  }
}
