import { FastRandom } from "./random.ts";
import {
  COLOURS,
  COMMENT_WORDS,
  CONTAINER_WORDS,
  INSTRUCTIONS,
  NATIONS,
  PRIORITIES,
  REGIONS,
  SEGMENTS,
  SHIP_MODES,
  TYPE_WORDS,
} from "./words.ts";

/*
 * Rows of the eight tables as COPY reads them. Cardinalities, ranges and dependencies between columns follow the
 * public specification of TPC-H; code and words are our own. The same scale gives the same rows.
 */

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(1992, 0, 1);
const DAYS: readonly string[] = Array.from({ length: 2600 }, (_, day) =>
  new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10),
);
const dayOf = (date: string): number => Math.round((Date.parse(`${date}T00:00:00Z`) - FIRST_DAY_MS) / DAY_MS);
/** The last order is 151 days before the end of 1998, so that all is delivered by then. */
const LAST_ORDER_DAY = dayOf("1998-12-31") - 151;
/** "Today" of the data: what is received by then may have been returned, what is shipped later is open. */
const TODAY = dayOf("1995-06-17");

const money = (cents: number): string => {
  const whole = Math.abs(cents);
  const rest = whole % 100;
  return `${cents < 0 ? "-" : ""}${(whole - rest) / 100}.${rest < 10 ? "0" : ""}${rest}`;
};
const padded = (number: number): string => String(number).padStart(9, "0");

const POOL_CHARACTERS = 2_000_000;

/** Comments are pieces of one long text, which costs less than making each. */
class Comments {
  readonly #pool: string;

  constructor() {
    const random = new FastRandom(7);
    const parts: string[] = [];
    for (let length = 0; length < POOL_CHARACTERS + 200;) {
      const word = random.of(COMMENT_WORDS) + (random.between(0, 9) === 0 ? ". " : " ");
      parts.push(word);
      length += word.length;
    }
    this.#pool = parts.join("");
  }

  of(random: FastRandom, low: number, high: number): string {
    const start = random.between(0, POOL_CHARACTERS);
    return this.#pool.slice(start, start + random.between(low, high));
  }
}

const comments = new Comments();
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,";

function address(random: FastRandom): string {
  let text = "";
  for (let left = random.between(10, 40); left > 0; left--) text += LETTERS[random.next() % LETTERS.length];
  return text;
}

const phone = (random: FastRandom, nation: number): string =>
  `${10 + nation}-${random.between(100, 999)}-${random.between(100, 999)}-${random.between(1000, 9999)}`;

/** Numbers of rows at a scale; of line items about. */
export function cardinalities(scale: number): Readonly<Record<"supplier" | "customer" | "part" | "orders", number>> {
  const at = (rows: number): number => Math.max(4, Math.round(rows * scale));
  return { supplier: at(10_000), customer: at(150_000), part: at(200_000), orders: at(1_500_000) };
}

/** The price of a part in cents. */
const retailPrice = (part: number): number => 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000);

/** The supplier of a part, of its four. */
const supplierOf = (part: number, which: number, suppliers: number): number =>
  ((part + which * (Math.floor(suppliers / 4) + Math.floor((part - 1) / suppliers))) % suppliers) + 1;

/** Rows of one table as lines for COPY, some thousand characters at a time. */
export function* linesOf(table: string, scale: number): Generator<string> {
  let chunk = "";
  for (const line of ROWS[table]?.(scale) ?? []) {
    chunk += line;
    if (chunk.length < 100_000) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

const ROWS: Readonly<Record<string, (scale: number) => Generator<string>>> = {
  *region() {
    const random = new FastRandom(1);
    for (const [key, name] of REGIONS.entries()) yield `${key}\t${name}\t${comments.of(random, 31, 115)}\n`;
  },
  *nation() {
    const random = new FastRandom(2);
    for (const [key, name] of NATIONS.entries())
      yield `${key}\t${name}\t${Math.floor(key / 5)}\t${comments.of(random, 31, 114)}\n`;
  },
  *supplier(scale) {
    const random = new FastRandom(3);
    for (let key = 1; key <= cardinalities(scale).supplier; key++) {
      const nation = random.between(0, 24);
      // Five in ten thousand have been complained about, as many praised.
      const told = key % 2000 === 77 ? "Customer had Complaints " : key % 2000 === 1077 ? "Customer had Praise " : "";
      yield (
        `${key}\tSupplier#${padded(key)}\t${address(random)}\t${nation}\t${phone(random, nation)}\t` +
          `${money(random.between(-99_999, 999_999))}\t${told}${comments.of(random, 25, 76)}\n`
      );
    }
  },
  *customer(scale) {
    const random = new FastRandom(4);
    for (let key = 1; key <= cardinalities(scale).customer; key++) {
      const nation = random.between(0, 24);
      yield (
        `${key}\tCustomer#${padded(key)}\t${address(random)}\t${nation}\t${phone(random, nation)}\t` +
          `${money(random.between(-99_999, 999_999))}\t${random.of(SEGMENTS)}\t${comments.of(random, 29, 116)}\n`
      );
    }
  },
  *part(scale) {
    const random = new FastRandom(5);
    for (let key = 1; key <= cardinalities(scale).part; key++) {
      const name = Array.from({ length: 5 }, () => random.of(COLOURS)).join(" ");
      const maker = random.between(1, 5);
      const type = TYPE_WORDS.map((words) => random.of(words)).join(" ");
      const container = CONTAINER_WORDS.map((words) => random.of(words)).join(" ");
      yield (
        `${key}\t${name}\tManufacturer#${maker}\tBrand#${maker}${random.between(1, 5)}\t${type}\t` +
          `${random.between(1, 50)}\t${container}\t${money(retailPrice(key))}\t${comments.of(random, 5, 22)}\n`
      );
    }
  },
  *partsupp(scale) {
    const random = new FastRandom(6);
    const { part, supplier } = cardinalities(scale);
    for (let key = 1; key <= part; key++) {
      for (let which = 0; which < 4; which++) {
        yield (
          `${key}\t${supplierOf(key, which, supplier)}\t${random.between(1, 9999)}\t` +
            `${money(random.between(100, 100_000))}\t${comments.of(random, 49, 198)}\n`
        );
      }
    }
  },
  *orders(scale) {
    for (const order of orderRows(scale)) yield order.line();
  },
  *lineitem(scale) {
    for (const order of orderRows(scale)) yield order.items();
  },
};

/** Rows of orders and their items come from one source, since an order's price is the sum of its items'. */
function* orderRows(scale: number): Generator<Order> {
  const counts = cardinalities(scale);
  const order = new Order(counts);
  for (let number = 0; number < counts.orders; number++) {
    order.draw(number);
    yield order;
  }
}

const ITEMS_MAX = 7;

/** One order with its items. Drawn into again and again: a million and a half objects would be slower. */
class Order {
  readonly #counts: ReturnType<typeof cardinalities>;
  #random = new FastRandom(0);
  #key = 0;
  #day = 0;
  #customer = 0;
  #items = 0;
  readonly #values = new Int32Array(ITEMS_MAX * 8);

  constructor(counts: ReturnType<typeof cardinalities>) {
    this.#counts = counts;
  }

  draw(number: number): void {
    const random = new FastRandom(number + 1000);
    this.#random = random;
    // Of each 32 keys the first 8 are used.
    this.#key = Math.floor(number / 8) * 32 + (number % 8) + 1;
    this.#day = random.between(0, LAST_ORDER_DAY);
    // Every third customer orders nothing.
    const third = random.between(0, Math.floor((this.#counts.customer * 2) / 3) - 1);
    this.#customer = Math.floor(third / 2) * 3 + (third % 2) + 1;
    this.#items = random.between(1, ITEMS_MAX);
    for (let item = 0; item < this.#items; item++) {
      const part = random.between(1, this.#counts.part);
      const shipped = this.#day + random.between(1, 121);
      this.#values.set(
        [
          part,
          supplierOf(part, random.between(0, 3), this.#counts.supplier),
          random.between(1, 50),
          random.between(0, 10),
          random.between(0, 8),
          shipped,
          this.#day + random.between(30, 90),
          shipped + random.between(1, 30),
        ],
        item * 8,
      );
    }
  }

  #value(item: number, field: number): number {
    return this.#values[item * 8 + field] as number;
  }

  line(): string {
    const random = new FastRandom(-this.#key);
    let total = 0;
    let open = 0;
    for (let item = 0; item < this.#items; item++) {
      const price = retailPrice(this.#value(item, 0)) * this.#value(item, 2);
      total += (price * (100 + this.#value(item, 4)) * (100 - this.#value(item, 3))) / 10_000;
      if (this.#value(item, 5) > TODAY) open += 1;
    }
    const status = open === 0 ? "F" : open === this.#items ? "O" : "P";
    const clerk = padded(random.between(1, Math.max(1, Math.round(this.#counts.orders / 1500))));
    return (
      `${this.#key}\t${this.#customer}\t${status}\t${money(Math.round(total))}\t${DAYS[this.#day]}\t` +
      `${random.of(PRIORITIES)}\tClerk#${clerk}\t0\t${comments.of(random, 19, 78)}\n`
    );
  }

  items(): string {
    const random = this.#random;
    let text = "";
    for (let item = 0; item < this.#items; item++) {
      const part = this.#value(item, 0);
      const quantity = this.#value(item, 2);
      const shipped = this.#value(item, 5);
      const received = this.#value(item, 7);
      const returned = received > TODAY ? "N" : random.next() % 2 === 0 ? "R" : "A";
      text +=
        `${this.#key}\t${part}\t${this.#value(item, 1)}\t${item + 1}\t${quantity}\t` +
        `${money(retailPrice(part) * quantity)}\t${money(this.#value(item, 3))}\t${money(this.#value(item, 4))}\t` +
        `${returned}\t${shipped > TODAY ? "O" : "F"}\t${DAYS[shipped]}\t${DAYS[this.#value(item, 6)]}\t` +
        `${DAYS[received]}\t${random.of(INSTRUCTIONS)}\t${random.of(SHIP_MODES)}\t${comments.of(random, 10, 43)}\n`;
    }
    return text;
  }
}
