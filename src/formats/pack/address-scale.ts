import type { KeyedRandom } from "./random.ts";
import type { Scale } from "./scale.ts";

/** Values of so many bits in hexadecimal digits: `group` digits between two separators each. */
function hexadecimal(bits: number, print: (digits: string) => string): Scale {
  const digits = bits / 4;
  return {
    key: (text) => {
      const bare = text.replaceAll(/[-:]/g, "");
      if (bare.length !== digits || /[^0-9a-f]/i.test(bare)) throw new Error("these are no hexadecimal digits");
      return BigInt(`0x${bare}`);
    },
    text: (key) => print(key.toString(16).padStart(digits, "0")),
    step: () => 1n,
    range: () => [0n, 2n ** BigInt(bits) - 1n],
    spread: { bits, place: (random) => random },
  };
}

/** `uuid`: any 128 bits, so that version and moment are gone. */
export const UUID: Scale = hexadecimal(128, (digits) =>
  digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
);

const pairs = (digits: string): string => digits.match(/../g)?.join(":") ?? digits;

/** `macaddr`. */
export const MAC: Scale = hexadecimal(48, pairs);
/** `macaddr8`. */
export const MAC8: Scale = hexadecimal(64, pairs);

interface Address {
  readonly version: 4 | 6;
  readonly bits: string;
  readonly prefix: number;
}

function readAddress(text: string): Address {
  const [host = "", length] = text.split("/");
  const version = host.includes(":") ? 6 : 4;
  const bits = version === 4 ? bitsOf4(host) : bitsOf6(host);
  const prefix = length === undefined ? bits.length : Number(length);
  if (!(prefix >= 0 && prefix <= bits.length)) throw new Error("this is no address");
  return { version, bits, prefix };
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, "0");

function bitsOf4(host: string): string {
  const parts = host.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length !== 4 || !parts.every((part) => part <= 255)) throw new Error("this is no address");
  return parts.map((part) => binary(part, 8)).join("");
}

function bitsOf6(host: string): string {
  const [head = "", rest] = host.split("::");
  const groups = (text: string): string =>
    text === ""
      ? ""
      : text
          .split(":")
          .map((group) => (group.includes(".") ? bitsOf4(group) : groupBits(group)))
          .join("");
  const before = groups(head);
  const after = rest === undefined ? "" : groups(rest);
  const missing = 128 - before.length - after.length;
  if (rest === undefined ? missing !== 0 : missing < 0) throw new Error("this is no address");
  return `${before}${"0".repeat(missing)}${after}`;
}

function groupBits(group: string): string {
  if (!/^[0-9a-f]{1,4}$/i.test(group)) throw new Error("this is no address");
  return binary(Number.parseInt(group, 16), 16);
}

// As the server compares (network_cmp_internal): version, the bits both networks have, the shorter network first, then
// the whole address. The end of a network, "!", is in front of the digits.
function orderKey({ version, bits, prefix }: Address): string {
  return `${version}${bits.slice(0, prefix)}!${bits}`;
}

/**
 * The stand-ins of addresses (`inet`, `cidr`): hosts of 10.0.0.0/8 and fd00::/64, in the order of the values. What lies
 * in which network is gone. Throws for text that is no address.
 */
export function maskAddresses(texts: readonly string[], random: KeyedRandom): Map<string, string> {
  const addresses = texts.map((text) => ({ text, ...readAddress(text) }));
  const masked = new Map<string, string>();
  const originals = new Set(texts);
  for (const version of [4, 6] as const) {
    const own = addresses
      .filter((address) => address.version === version)
      .map((address) => ({ text: address.text, key: orderKey(address) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const drawn = new Set<bigint>();
    while (drawn.size < own.length) {
      const number = random.bits(version === 4 ? 24 : 64);
      if (!originals.has(hostText(version, number))) drawn.add(number);
    }
    const ordered = [...drawn].toSorted((a, b) => (a < b ? -1 : 1));
    for (const [at, { text }] of own.entries()) masked.set(text, hostText(version, ordered[at] ?? 0n));
  }
  return masked;
}

function hostText(version: 4 | 6, number: bigint): string {
  if (version === 4) return `10.${number >> 16n}.${(number >> 8n) & 255n}.${number & 255n}`;
  const groups = [48n, 32n, 16n, 0n].map((shift) => ((number >> shift) & 0xffffn).toString(16));
  return `fd00::${groups.join(":")}`;
}
