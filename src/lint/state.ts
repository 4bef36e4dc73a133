import { namePath } from "../sql/effect/scene.ts";
import type { LockMode } from "../model/plan.ts";
import { LOCK_MODES } from "../model/plan.ts";
import type { SchemaLookup } from "../sql/effect/known-schema.ts";
import { relationText } from "../sql/effect/known-schema.ts";
import { MAJOR_ASSUMED } from "../sql/effect/scene.ts";
import { aloneBecause } from "../sql/effect/transactional.ts";
import type { Node, RangeVar } from "../sql/nodes.ts";
import { ScriptSchema } from "./script-schema.ts";
import type { LintStatement, ReadStatement } from "./statement.ts";

/** What is known beside the scripts. Everything may be left out. */
export interface LintSurroundings {
  /** The server's major; 9 for 9.6. */
  readonly major?: number;
  /** Whether each script runs inside one transaction, whatever its own statements look like. */
  readonly assumeInTransaction?: boolean;
  readonly schema?: SchemaLookup;
  /** The rows of a relation as SQL spells it; null where nobody knows. */
  readonly rows?: (relation: string) => number | null;
}

/** Rows up to which reading or writing all of a table is no incident: some tens of milliseconds. */
export const SMALL_ROWS_MAX = 10_000;

/** A lock that the transaction holds since an earlier statement. */
export interface HeldLock {
  readonly relation: string;
  readonly mode: LockMode;
  readonly by: LintStatement;
}

/** A constraint that was added without looking at the rows that are there. */
export interface UncheckedConstraint {
  readonly table: string;
  readonly name: string;
  readonly statement: LintStatement;
  /** Which transaction added it. */
  readonly transaction: number;
}

/** A foreign key that a script added. */
export interface AddedForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly statement: LintStatement;
}

/**
 * What the statements before have brought about: the state that a statement meets. One value for all scripts; it
 * forgets at a script's end what ends with a script.
 */
export class LintState {
  readonly major: number;
  readonly schema: ScriptSchema;
  readonly #surroundings: LintSurroundings;
  readonly #created = new Set<string>();
  readonly #unchecked: UncheckedConstraint[] = [];
  #statements: readonly ReadStatement[] = [];
  /** Statements of this script that came before, bodies left out. */
  readonly before: LintStatement[] = [];
  /** The last ALTER TABLE of a table in this script. */
  readonly altered: Map<string, LintStatement> = new Map();
  /** Foreign keys that the scripts so far have added. */
  readonly foreignKeys: AddedForeignKey[] = [];
  #held: HeldLock[] = [];
  #transaction: "explicit" | "assumed" | null = null;
  #transactionNumber = 0;
  #said = false;
  #isWhole = true;
  #hasSearchPath = false;
  readonly #told = new Set<string>();
  readonly #enums = new Set<string>();
  #enumValues: string[] = [];
  readonly #added = new Set<string>();
  readonly #validatedUnseen = new Set<string>();
  readonly #composed = new Set<string>();
  #timeouts = { lock: false, statement: false };
  #localTimeouts = { lock: false, statement: false };

  constructor(surroundings: LintSurroundings) {
    this.#surroundings = surroundings;
    this.major = surroundings.major ?? MAJOR_ASSUMED;
    this.schema = new ScriptSchema(surroundings.schema, this);
  }

  /** Where the transaction comes from that the statement runs in; null when it runs by itself. */
  get transaction(): "explicit" | "assumed" | null {
    return this.#transaction;
  }

  /** Whether the transaction is more than our guess about files that say nothing. */
  get isTransactionSaid(): boolean {
    return this.#transaction === "explicit" || (this.#transaction === "assumed" && this.#said);
  }

  /** Whether the script has set the search_path. */
  get hasSearchPath(): boolean {
    return this.#hasSearchPath;
  }

  /** Values that this transaction added to enumerated types which were there before. */
  get newEnumValues(): readonly string[] {
    return this.#enumValues;
  }

  /** True the first time a rule asks in a script: what is said once stands for all of it. */
  first(rule: string): boolean {
    if (this.#told.has(rule)) return false;
    this.#told.add(rule);
    return true;
  }

  /** Whether the scripts themselves added that constraint. */
  hasAdded(table: string, constraint: string): boolean {
    return this.#added.has(`${table} ${constraint}`);
  }

  /** Whether this script validated a constraint of that table which no script made. */
  hasValidatedUnseen(table: string): boolean {
    return this.#validatedUnseen.has(table);
  }

  /** Tells transactions apart; changes with each that begins, and with each statement outside of one. */
  get transactionNumber(): number {
    return this.#transactionNumber;
  }

  /** Relations that this script made. */
  get created(): ReadonlySet<string> {
    return this.#created;
  }

  /** Locks that the transaction holds on relations it did not make, of statements before this one. */
  get held(): readonly HeldLock[] {
    return this.#held;
  }

  get unchecked(): readonly UncheckedConstraint[] {
    return this.#unchecked;
  }

  get hasLockTimeout(): boolean {
    return this.#timeouts.lock || this.#localTimeouts.lock;
  }

  get hasStatementTimeout(): boolean {
    return this.#timeouts.statement || this.#localTimeouts.statement;
  }

  relation(range: RangeVar | undefined): string {
    const temporary = range?.relpersistence === "t" && range.schemaname === undefined;
    return relationText(range?.schemaname ?? (temporary ? "pg_temp" : "public"), range?.relname ?? "");
  }

  relationOf(path: readonly string[]): string {
    const [schema, name] = path.length > 1 ? path.slice(-2) : ["public", path[0]];
    return relationText(schema ?? "public", name ?? "");
  }

  /** Whether this script made the relation, or it is temporary: nobody else waits for it. */
  isNew(relation: string): boolean {
    return this.#created.has(relation) || relation.startsWith("pg_temp.");
  }

  /** Statements of the script that come after one, each with whether its transaction is still that of the one. */
  *after(statement: ReadStatement): Generator<{ readonly next: ReadStatement; readonly together: boolean }> {
    let together = this.#transaction !== null;
    for (const next of this.#statements) {
      if (statement.body !== null || next.start <= statement.start) continue;
      if ("TransactionStmt" in next.node && /COMMIT|ROLLBACK$|BEGIN|START/.test(next.node.TransactionStmt.kind ?? ""))
        together = false;
      yield { next, together };
    }
  }

  /** Whether the relation is known to hold few rows. */
  isSmall(relation: string): boolean {
    const rows = this.#surroundings.rows?.(relation) ?? null;
    return rows !== null && rows <= SMALL_ROWS_MAX;
  }

  rows(relation: string): number | null {
    return this.#surroundings.rows?.(relation) ?? null;
  }

  /** Takes note of what a statement of any of the scripts will do to what others leave half done. */
  foresee({ node }: ReadStatement): void {
    if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_INDEX") return;
    for (const cmd of node.AlterTableStmt.cmds ?? [])
      if ("AlterTableCmd" in cmd && cmd.AlterTableCmd.subtype === "AT_AttachPartition")
        this.#composed.add(this.relation(node.AlterTableStmt.relation));
  }

  /** Whether a script attaches indexes of partitions to an index: it is one of a partitioned table. */
  isComposed(index: string): boolean {
    return this.#composed.has(index);
  }

  /** Whether all of the script parses. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Begins a script, all of which was read or not. */
  begin(statements: readonly ReadStatement[], isWhole: boolean): void {
    this.#statements = statements;
    this.#isWhole = isWhole;
    this.#created.clear();
    this.before.length = 0;
    this.altered.clear();
    this.#held = [];
    this.#timeouts = { lock: false, statement: false };
    this.#localTimeouts = { lock: false, statement: false };
    this.#hasSearchPath = false;
    this.#told.clear();
    this.#enums.clear();
    this.#enumValues = [];
    this.#validatedUnseen.clear();
    this.#transaction = this.#assumes(statements) ? "assumed" : null;
    this.#said = this.#surroundings.assumeInTransaction === true || statements[0]?.script.transaction === "yes";
    this.#transactionNumber++;
  }

  // A file is one transaction unless it says otherwise, has its own, or holds a statement that may not run in one.
  #assumes(statements: readonly ReadStatement[]): boolean {
    const said = statements[0]?.script.transaction ?? "unsaid";
    if (said !== "unsaid") return said === "yes";
    if (this.#surroundings.assumeInTransaction !== undefined) return this.#surroundings.assumeInTransaction;
    return !statements.some(({ node }) => "TransactionStmt" in node || aloneBecause(node, this.major) !== null);
  }

  /** Takes in a statement after the rules have looked at it. */
  take(statement: LintStatement): void {
    const { node, body } = statement;
    if (body?.kind === "function") return;
    if (this.#transaction === null) this.#transactionNumber++;
    this.#takeTransaction(node);
    this.#takeSetting(node);
    this.#takeLocks(statement);
    this.#takeObjects(statement);
    this.#takeEnum(node);
    this.schema.apply(node);
    if (body === null) this.before.push(statement);
  }

  #takeTransaction(node: Node): void {
    if (!("TransactionStmt" in node)) return;
    const { kind } = node.TransactionStmt;
    if (kind === "TRANS_STMT_BEGIN" || kind === "TRANS_STMT_START") this.#transaction = "explicit";
    else if (kind !== "TRANS_STMT_COMMIT" && kind !== "TRANS_STMT_ROLLBACK") return;
    else this.#transaction = null;
    this.#held = [];
    this.#enumValues = [];
    this.#localTimeouts = { lock: false, statement: false };
    this.#transactionNumber++;
  }

  #takeSetting(node: Node): void {
    const setting = settingOf(node);
    if (setting === null) return;
    if (setting.name === "search_path") this.#hasSearchPath = true;
    const which = setting.name === "lock_timeout" ? "lock" : setting.name === "statement_timeout" ? "statement" : null;
    if (which === null) return;
    // SET LOCAL outside of a transaction does nothing but warn.
    if (!setting.local) this.#timeouts = { ...this.#timeouts, [which]: setting.on };
    else if (this.#transaction !== null) this.#localTimeouts = { ...this.#localTimeouts, [which]: setting.on };
  }

  #takeLocks(statement: LintStatement): void {
    if (this.#transaction === null) return;
    for (const { relation, mode } of statement.effect.locks) {
      if (this.isNew(relation)) continue;
      const held = this.#held.find((one) => one.relation === relation);
      if (held === undefined) this.#held.push({ relation, mode, by: statement });
      else if (LOCK_MODES.indexOf(held.mode) < LOCK_MODES.indexOf(mode))
        this.#held = [...this.#held.filter((one) => one !== held), { relation, mode, by: statement }];
    }
  }

  #takeObjects(statement: LintStatement): void {
    const { node } = statement;
    if (
      "CreateStmt" in node &&
      !(node.CreateStmt.if_not_exists === true && this.schema.table(this.relation(node.CreateStmt.relation)))
    )
      this.#created.add(this.relation(node.CreateStmt.relation));
    else if ("CreateTableAsStmt" in node) this.#created.add(this.relation(node.CreateTableAsStmt.into?.rel));
    else if ("ViewStmt" in node && node.ViewStmt.replace !== true) this.#created.add(this.relation(node.ViewStmt.view));
    else if ("IndexStmt" in node && node.IndexStmt.idxname !== undefined)
      this.#created.add(relationText(node.IndexStmt.relation?.schemaname ?? "public", node.IndexStmt.idxname));
    else if ("RenameStmt" in node && node.RenameStmt.relation !== undefined) {
      const { relation, renameType, newname = "" } = node.RenameStmt;
      if (renameType === "OBJECT_TABLE" && this.isNew(this.relation(relation)))
        this.#created.add(relationText(relation.schemaname ?? "public", newname));
    }
    if ("CreateStmt" in node) {
      this.#takeForeignKeysOfTable(statement);
      // What was dropped under that name before is another table.
      const made = this.relation(node.CreateStmt.relation);
      if (this.isNew(made)) this.#held = this.#held.filter(({ relation }) => relation !== made);
    }
    if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") return;
    const table = this.relation(node.AlterTableStmt.relation);
    this.altered.set(table, statement);
    for (const cmd of node.AlterTableStmt.cmds ?? []) {
      if ("AlterTableCmd" in cmd && cmd.AlterTableCmd.subtype === "AT_ValidateConstraint") {
        const name = cmd.AlterTableCmd.name ?? "";
        if (this.schema.table(table)?.constraints.some((one) => one.name === name) !== true)
          this.#validatedUnseen.add(table);
      }
      const def = "AlterTableCmd" in cmd ? cmd.AlterTableCmd.def : undefined;
      if (def !== undefined && "Constraint" in def) {
        const { conname, skip_validation: skips, contype, fk_attrs: columns } = def.Constraint;
        this.#added.add(`${table} ${conname ?? ""}`);
        if (skips === true)
          this.#unchecked.push({ table, name: conname ?? "", statement, transaction: this.#transactionNumber });
        if (contype === "CONSTR_FOREIGN") this.foreignKeys.push({ table, columns: namePath(columns), statement });
      } else if (def !== undefined && "ColumnDef" in def)
        this.#takeColumnKeys(table, def.ColumnDef.constraints, def.ColumnDef.colname, statement);
    }
  }

  #takeEnum(node: Node): void {
    if ("CreateEnumStmt" in node) this.#enums.add(namePath(node.CreateEnumStmt.typeName).join("."));
    if (!("AlterEnumStmt" in node) || this.#transaction === null) return;
    const { oldVal, newVal, typeName } = node.AlterEnumStmt;
    if (oldVal === undefined && newVal !== undefined && !this.#enums.has(namePath(typeName).join(".")))
      this.#enumValues.push(newVal);
  }

  #takeForeignKeysOfTable(statement: LintStatement): void {
    if (!("CreateStmt" in statement.node)) return;
    const { relation, tableElts = [] } = statement.node.CreateStmt;
    const table = this.relation(relation);
    for (const node of tableElts) {
      if ("ColumnDef" in node)
        this.#takeColumnKeys(table, node.ColumnDef.constraints, node.ColumnDef.colname, statement);
      else if ("Constraint" in node && node.Constraint.contype === "CONSTR_FOREIGN")
        this.foreignKeys.push({ table, columns: namePath(node.Constraint.fk_attrs), statement });
    }
  }

  #takeColumnKeys(
    table: string,
    constraints: readonly Node[] | undefined,
    column: string | undefined,
    statement: LintStatement,
  ): void {
    for (const node of constraints ?? [])
      if ("Constraint" in node && node.Constraint.contype === "CONSTR_FOREIGN")
        this.foreignKeys.push({ table, columns: [column ?? ""], statement });
  }
}

/** A setting that a statement changes, by SET or by set_config(); null for any other statement. */
export function settingOf(node: Node): { readonly name: string; readonly local: boolean; readonly on: boolean } | null {
  if ("VariableSetStmt" in node) {
    const { name = "", kind, is_local: local, args = [] } = node.VariableSetStmt;
    const value = args[0];
    const text =
      value !== undefined && "A_Const" in value
        ? (value.A_Const.sval?.sval ?? String(value.A_Const.ival?.ival ?? 0))
        : "";
    return { name: name.toLowerCase(), local: local === true, on: kind === "VAR_SET_VALUE" && !/^0\s*\w*$/.test(text) };
  }
  if (!("SelectStmt" in node)) return null;
  const [target] = node.SelectStmt.targetList ?? [];
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (value === undefined || !("FuncCall" in value) || namePath(value.FuncCall.funcname).at(-1) !== "set_config")
    return null;
  const texts = (value.FuncCall.args ?? []).map((arg) => ("A_Const" in arg ? arg.A_Const : {}));
  const name = texts[0]?.sval?.sval ?? "";
  return {
    name: name.toLowerCase(),
    local: texts[2]?.boolval?.boolval === true,
    on: !/^0\s*\w*$/.test(texts[1]?.sval?.sval ?? ""),
  };
}
