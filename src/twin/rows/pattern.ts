import type { Random } from "./random.ts";

/*
 * Text that matches a regular expression, for checks such as `code ~ '^[A-Z]{2}[0-9]{4}$'`. Only the
 * constructs that such checks use are known; anything else makes `sampler` return null, and the text is
 * left to the server's judgement.
 */

type Piece = (random: Random) => string;

const CLASSES: Readonly<Record<string, string>> = {
  d: "0123456789",
  w: "abcdefghijklmnopqrstuvwxyz0123456789_",
  s: " ",
};
const ANY = "abcdefghijklmnopqrstuvwxyz0123456789";
const POSIX: Readonly<Record<string, string>> = {
  alpha: "abcdefghijklmnopqrstuvwxyz",
  digit: "0123456789",
  alnum: ANY,
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  space: " ",
  xdigit: "0123456789abcdef",
};

/** Thrown and caught inside this file: the pattern uses what is not known here. */
class Unknown extends Error {}

class PatternReader {
  private at = 0;
  constructor(source: string) {
    this.source = source;
  }
  private readonly source: string;

  all(): Piece {
    const piece = this.alternatives();
    if (this.at < this.source.length) throw new Unknown();
    return piece;
  }

  private alternatives(): Piece {
    const options = [this.sequence()];
    while (this.source[this.at] === "|") {
      this.at++;
      options.push(this.sequence());
    }
    return (random) => random.pick(options)(random);
  }

  private sequence(): Piece {
    const pieces: Piece[] = [];
    for (let next = this.source[this.at]; next !== undefined && next !== "|" && next !== ")";) {
      const atom = this.atom();
      if (atom !== null) pieces.push(this.repeated(atom));
      next = this.source[this.at];
    }
    return (random) => pieces.map((piece) => piece(random)).join("");
  }

  private atom(): Piece | null {
    const character = this.source[this.at++] ?? "";
    if (character === "^" || character === "$") return null;
    if (character === "(") {
      if (this.source[this.at] === "?") {
        if (this.source[this.at + 1] !== ":") throw new Unknown();
        this.at += 2;
      }
      const group = this.alternatives();
      if (this.source[this.at++] !== ")") throw new Unknown();
      return group;
    }
    if (character === "[") return oneOf(this.set());
    if (character === ".") return oneOf(ANY);
    if (character === "\\") return oneOf(this.escape());
    if ("*+?{".includes(character)) throw new Unknown();
    return () => character;
  }

  private escape(): string {
    const character = this.source[this.at++] ?? "";
    const known = CLASSES[character];
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(character)) throw new Unknown();
    return character;
  }

  private set(): string {
    const negated = this.source[this.at] === "^";
    if (negated) this.at++;
    let members = "";
    for (let first = true; first || this.source[this.at] !== "]"; first = false) {
      if (this.at >= this.source.length) throw new Unknown();
      const named = /^\[:(\w+):\]/.exec(this.source.slice(this.at));
      if (named !== null) {
        members += POSIX[named[1] ?? ""] ?? "";
        this.at += named[0].length;
        continue;
      }
      const character = this.source[this.at++] ?? "";
      const low = character === "\\" ? this.escape() : character;
      if (low.length === 1 && this.source[this.at] === "-" && (this.source[this.at + 1] ?? "]") !== "]") {
        const high = this.source[this.at + 1] ?? "";
        this.at += 2;
        for (let code = low.charCodeAt(0); code <= high.charCodeAt(0); code++) members += String.fromCharCode(code);
      } else members += low;
    }
    this.at++;
    const set = negated ? [...ANY].filter((character) => !members.includes(character)).join("") : members;
    if (set === "") throw new Unknown();
    return set;
  }

  private repeated(atom: Piece): Piece {
    const rest = this.source.slice(this.at);
    const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(rest);
    const sign = rest[0] ?? "";
    let [low, high] = [1, 1];
    if (counted !== null) {
      low = Number(counted[1]);
      high = counted[2] === undefined ? low : counted[3] === "" ? low + 6 : Number(counted[3]);
      this.at += counted[0].length;
    } else if ("*+?".includes(sign) && sign !== "") {
      [low, high] = sign === "*" ? [0, 6] : sign === "+" ? [1, 7] : [0, 1];
      this.at++;
    } else return atom;
    if (this.source[this.at] === "?") this.at++;
    const most = Math.min(high, low + 24);
    return (random) => Array.from({ length: low + random.int(most - low + 1) }, () => atom(random)).join("");
  }
}

function oneOf(characters: string): Piece {
  return (random) => characters[random.int(characters.length)] ?? "";
}

/** Draws texts that match `source`, or null when it uses a construct that is not known here. */
export function sampler(source: string): ((random: Random) => string) | null {
  try {
    return new PatternReader(source).all();
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

/** The pattern as JavaScript's, or null where the two languages part. */
export function asRegExp(source: string, ignoreCase: boolean): RegExp | null {
  if (/\\[mMyYAZ]|\[\[[.=]/.test(source)) return null;
  const translated = source.replaceAll(/\[:(\w+):\]/g, (_, name: string) => POSIX_RANGE[name] ?? "");
  try {
    return new RegExp(translated, ignoreCase ? "i" : "");
  } catch {
    return null;
  }
}

const POSIX_RANGE: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  xdigit: "0-9A-Fa-f",
};
