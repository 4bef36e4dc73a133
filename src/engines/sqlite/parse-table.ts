import type { ReferentialAction } from "../../model/catalog.ts";
import { byCommas, Cursor, NotUnderstood } from "./cursor.ts";
import { isOperator, isWord, nameOf, tokensOf } from "./lex.ts";
import type { Token } from "./lex.ts";

/*
 * Reads the CREATE TABLE text that SQLite keeps in sqlite_schema, for what no PRAGMA tells: names, checks,
 * generated expressions, collations, conflict clauses and when foreign keys are looked at. The grammar is that of
 * https://sqlite.org/lang_createtable.html with the liberties of SQLite's own parse.y.
 */

/** A column of a key as its list of columns says it. */
export interface ParsedKey {
  readonly column: string;
  readonly collation: string | null;
  readonly descending: boolean;
}

/** A constraint as it is written, on a column or on the table. */
export type ParsedConstraint = { readonly name: string | null } & (
  | {
      readonly type: "primary key" | "unique";
      readonly keys: readonly ParsedKey[];
      /** Upper case; null for the default, ABORT. */
      readonly onConflict: string | null;
      /** Whether it stands on its column. */
      readonly onColumn: boolean;
    }
  | { readonly type: "check"; readonly expression: readonly Token[] }
  | {
      readonly type: "foreign key";
      readonly columns: readonly string[];
      readonly table: string;
      /** Empty when the text leaves them out, which means the parent's primary key. */
      readonly references: readonly string[];
      readonly onUpdate: ReferentialAction;
      readonly onDelete: ReferentialAction;
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
    }
);

/** What the text says of a column besides what PRAGMA table_xinfo does. */
export interface ParsedColumn {
  readonly name: string;
  readonly collation: string | null;
  /** The expression of a generated column. */
  readonly generated: readonly Token[] | null;
  /** The conflict clause of NOT NULL, upper case. */
  readonly notNullOnConflict: string | null;
}

/** A CREATE TABLE as it is written. */
export interface ParsedTable {
  readonly columns: readonly ParsedColumn[];
  readonly constraints: readonly ParsedConstraint[];
  readonly autoincrement: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type ForeignKey = Mutable<Extract<ParsedConstraint, { type: "foreign key" }>>;

/** Reads a CREATE TABLE statement. Throws {@link NotUnderstood}. */
export function parseTable(sql: string): ParsedTable {
  const cursor = new Cursor(tokensOf(sql));
  if (!cursor.word("CREATE")) throw new NotUnderstood("no CREATE TABLE");
  if (!cursor.word("TEMP")) cursor.word("TEMPORARY");
  if (!cursor.word("TABLE")) throw new NotUnderstood("no CREATE TABLE");
  cursor.word("IF", "NOT", "EXISTS");
  cursor.name();
  if (cursor.operator(".")) cursor.name();
  return new TableReader().read(cursor.parenthesised());
}

const COLUMN_CONSTRAINTS = [
  "CONSTRAINT",
  "PRIMARY",
  "NOT",
  "NULL",
  "UNIQUE",
  "CHECK",
  "DEFAULT",
  "COLLATE",
  "REFERENCES",
  "GENERATED",
  "AS",
  "DEFERRABLE",
] as const;
const TABLE_CONSTRAINTS = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"] as const;

class TableReader {
  readonly #columns: ParsedColumn[] = [];
  readonly #constraints: ParsedConstraint[] = [];
  #autoincrement = false;

  read(body: readonly Token[]): ParsedTable {
    for (const part of byCommas(body)) {
      const cursor = new Cursor(part);
      if (TABLE_CONSTRAINTS.some((word) => isWord(cursor.peek(), word))) this.#tableConstraints(cursor);
      else this.#column(cursor);
    }
    return { columns: this.#columns, constraints: this.#constraints, autoincrement: this.#autoincrement };
  }

  #column(cursor: Cursor): void {
    const name = cursor.name();
    while (cursor.peek() !== undefined && !COLUMN_CONSTRAINTS.some((word) => isWord(cursor.peek(), word)))
      cursor.next();
    const column: Mutable<ParsedColumn> = { name, collation: null, generated: null, notNullOnConflict: null };
    let given: string | null = null;
    let foreignKey: ForeignKey | null = null;
    while (cursor.peek() !== undefined) {
      if (cursor.word("CONSTRAINT")) {
        given = cursor.name();
        continue;
      }
      if (cursor.word("COLLATE")) column.collation = cursor.name();
      else if (cursor.word("DEFAULT")) passDefault(cursor);
      else if (cursor.word("NOT", "NULL")) column.notNullOnConflict = onConflict(cursor);
      else if (cursor.word("NULL")) onConflict(cursor);
      else if (cursor.word("GENERATED", "ALWAYS", "AS") || cursor.word("AS")) {
        column.generated = cursor.parenthesised();
        if (!cursor.word("STORED")) cursor.word("VIRTUAL");
      } else if (cursor.word("REFERENCES")) {
        foreignKey = references(cursor, given, [name]);
        this.#constraints.push(foreignKey);
      } else if (foreignKey === null || !deferral(cursor, foreignKey)) this.#columnKeyOrCheck(cursor, given, name);
      given = null;
    }
    this.#columns.push(column);
  }

  #columnKeyOrCheck(cursor: Cursor, name: string | null, column: string): void {
    if (cursor.word("CHECK")) this.#constraints.push(check(cursor, name));
    else if (cursor.word("UNIQUE")) {
      const keys = [{ column, collation: null, descending: false }];
      this.#constraints.push({ type: "unique", name, keys, onConflict: onConflict(cursor), onColumn: true });
    } else if (cursor.word("PRIMARY", "KEY")) {
      const descending = cursor.word("DESC");
      if (!descending) cursor.word("ASC");
      const keys = [{ column, collation: null, descending }];
      this.#constraints.push({ type: "primary key", name, keys, onConflict: onConflict(cursor), onColumn: true });
      if (cursor.word("AUTOINCREMENT")) this.#autoincrement = true;
    } else throw new NotUnderstood(`the column ${column} has an unknown constraint`);
  }

  // Between table constraints SQLite does not insist on the comma.
  #tableConstraints(cursor: Cursor): void {
    let given: string | null = null;
    while (cursor.peek() !== undefined) {
      if (cursor.word("CONSTRAINT")) {
        given = cursor.name();
        continue;
      }
      if (cursor.word("CHECK")) this.#constraints.push(check(cursor, given));
      else if (cursor.word("UNIQUE")) this.#key(cursor, "unique", given);
      else if (cursor.word("PRIMARY", "KEY")) this.#key(cursor, "primary key", given);
      else if (cursor.word("FOREIGN", "KEY")) {
        const columns = byCommas(cursor.parenthesised()).map((part) => new Cursor(part).name());
        if (!cursor.word("REFERENCES")) throw new NotUnderstood("a foreign key without REFERENCES");
        const foreignKey = references(cursor, given, columns);
        deferral(cursor, foreignKey);
        this.#constraints.push(foreignKey);
      } else throw new NotUnderstood("an unknown table constraint");
      given = null;
    }
  }

  #key(cursor: Cursor, type: "unique" | "primary key", name: string | null): void {
    const keys = byCommas(cursor.parenthesised()).map((part): ParsedKey => {
      const one = new Cursor(part);
      const column = one.name();
      const collation = one.word("COLLATE") ? one.name() : null;
      const descending = one.word("DESC");
      if (!descending) one.word("ASC");
      if (one.word("AUTOINCREMENT")) this.#autoincrement = true;
      if (one.peek() !== undefined) throw new NotUnderstood("a key is more than a column");
      return { column, collation, descending };
    });
    this.#constraints.push({ type, name, keys, onConflict: onConflict(cursor), onColumn: false });
  }
}

function passDefault(cursor: Cursor): void {
  if (isOperator(cursor.peek(), "(")) cursor.parenthesised();
  else {
    if (!cursor.operator("-")) cursor.operator("+");
    cursor.next();
  }
}

function check(cursor: Cursor, name: string | null): ParsedConstraint {
  const expression = cursor.parenthesised();
  // Accepted by the grammar and without effect.
  onConflict(cursor);
  return { type: "check", name, expression };
}

function onConflict(cursor: Cursor): string | null {
  if (!cursor.word("ON", "CONFLICT")) return null;
  const word = cursor.name().toUpperCase();
  return word === "ABORT" ? null : word;
}

const ACTIONS: readonly (readonly [readonly string[], ReferentialAction])[] = [
  [["NO", "ACTION"], "no action"],
  [["RESTRICT"], "restrict"],
  [["CASCADE"], "cascade"],
  [["SET", "NULL"], "set null"],
  [["SET", "DEFAULT"], "set default"],
];

function action(cursor: Cursor): ReferentialAction {
  for (const [words, meaning] of ACTIONS) if (cursor.word(...words)) return meaning;
  throw new NotUnderstood("an unknown action of a foreign key");
}

function references(cursor: Cursor, name: string | null, columns: readonly string[]): ForeignKey {
  const table = cursor.name();
  const listed = isOperator(cursor.peek(), "(") ? byCommas(cursor.parenthesised()) : [];
  const key: ForeignKey = {
    type: "foreign key",
    name,
    columns,
    table,
    references: listed.map((part) => new Cursor(part).name()),
    onUpdate: "no action",
    onDelete: "no action",
    deferrable: false,
    initiallyDeferred: false,
  };
  for (;;) {
    if (cursor.word("ON", "DELETE")) key.onDelete = action(cursor);
    else if (cursor.word("ON", "UPDATE")) key.onUpdate = action(cursor);
    else if (cursor.word("ON", "INSERT")) action(cursor);
    else if (cursor.word("MATCH")) cursor.name();
    else return key;
  }
}

// NOT DEFERRABLE INITIALLY DEFERRED is immediate, as the manual says.
function deferral(cursor: Cursor, key: ForeignKey): boolean {
  const not = cursor.word("NOT", "DEFERRABLE");
  if (!not && !cursor.word("DEFERRABLE")) return false;
  const deferred = cursor.word("INITIALLY", "DEFERRED");
  if (!deferred) cursor.word("INITIALLY", "IMMEDIATE");
  key.deferrable = !not;
  key.initiallyDeferred = !not && deferred;
  return true;
}

/** The columns that an expression reads, of those given, in their order. */
export function columnsRead(expression: readonly Token[], columns: readonly string[]): string[] {
  const named = new Set<string>();
  for (const [index, token] of expression.entries()) {
    // A string is never a column here, and a name before a parenthesis is a function.
    if (token.kind === "string") continue;
    const next = expression.slice(index + 1, index + 3).find((other) => other.kind !== "space");
    if (isOperator(next, "(")) continue;
    const name = nameOf(token);
    if (name !== null) named.add(name.toLowerCase());
  }
  return columns.filter((column) => named.has(column.toLowerCase()));
}
