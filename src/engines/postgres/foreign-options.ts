import { WITHHELD } from "../../model/foreign-data.ts";
import type { Statement } from "../../model/statement.ts";
import type { Reading } from "./kinds/kind.ts";
import { optionsOf } from "./kinds/kind.ts";
import { ident, literal, remark, statement } from "./print.ts";

type Options = Readonly<Record<string, string>>;

// By the names that wrappers in use give to secrets. Rather one too many: a withheld value is named.
const SECRET =
  /pass(?:word|wd|phrase)?$|^pwd$|secret|token|credential|(?:access|api|account|private|client|server)_?key/i;

/** Whether an option of this name holds a secret. */
export function isSecret(name: string): boolean {
  return SECRET.test(name);
}

/** Options as read, without their secrets, each of which is reported; `what` names the object for people. */
export function readOptions(list: readonly (string | null)[] | null, what: string, reading: Reading): Options {
  const options = optionsOf(list);
  for (const name of Object.keys(options)) {
    if (!isSecret(name)) continue;
    options[name] = WITHHELD;
    reading.report("withheld option", `${name} of ${what}`);
  }
  return options;
}

const quotedOption = ([name, value]: readonly [string, string]): string => `${ident(name)} ${literal(value)}`;

/** ` OPTIONS (name 'value', …)`, or "" when there are none. */
export function optionsClause(options: Options): string {
  const entries = Object.entries(options);
  return entries.length === 0 ? "" : ` OPTIONS (${entries.map(quotedOption).join(", ")})`;
}

/** A remark for each secret that must be put in by hand; `what` names the object. */
export function withheldRemarks(options: Options, what: string): Statement[] {
  return Object.entries(options)
    .filter(([, value]) => value === WITHHELD)
    .map(([name]) => remark(`option ${name} of ${what} was not read, as it is a secret: put in its value`));
}

/** The clause that turns options into others, ` OPTIONS (ADD …, SET …, DROP …)`; "" when nothing differs. */
export function changedOptions(before: Options, after: Options): string {
  const changes = [
    ...Object.entries(after)
      .filter(([name, value]) => before[name] !== value)
      .map(([name, value]) => `${before[name] === undefined ? "ADD" : "SET"} ${quotedOption([name, value])}`),
    ...Object.keys(before)
      .filter((name) => after[name] === undefined)
      .map((name) => `DROP ${ident(name)}`),
  ];
  return changes.length === 0 ? "" : ` OPTIONS (${changes.join(", ")})`;
}

/** The statement that turns options into others; `target` is e.g. `SERVER s`. */
export function alterOptions(target: string, before: Options, after: Options): Statement[] {
  const clause = changedOptions(before, after);
  return clause === "" ? [] : [...withheldRemarks(after, target), statement(`ALTER ${target}${clause}`)];
}
