import { constraintsOf } from "../sql/effect/alter-table-checks.ts";
import type { KnownColumn, KnownConstraint, KnownIndex, KnownTable, SchemaLookup } from "../sql/effect/known-schema.ts";
import { NOTHING_KNOWN, relationText } from "../sql/effect/known-schema.ts";
import { namePath } from "../sql/effect/scene.ts";
import { isSerial, typeText } from "../sql/effect/type-text.ts";
import type { AlterTableCmd, ColumnDef, Constraint, Node, RangeVar } from "../sql/nodes.ts";
import { nodesOf } from "../sql/walk.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Table extends Omit<Mutable<KnownTable>, "columns" | "constraints" | "indexes" | "children" | "parents"> {
  columns: Map<string, KnownColumn>;
  constraints: KnownConstraint[];
  indexes: KnownIndex[];
  children: string[];
  parents: string[];
}

/**
 * What is known of the schema while scripts are read: a catalog, where there is one, and what the statements before
 * have done to it. A table that a script alters without anybody knowing it is known in part.
 */
export class ScriptSchema implements SchemaLookup {
  readonly #base: SchemaLookup;
  readonly #relation: (range: RangeVar | undefined) => string;
  readonly #relationOf: (path: readonly string[]) => string;
  readonly #tables = new Map<string, Table | null>();
  readonly #indexes = new Map<string, string>();

  constructor(
    base: SchemaLookup | undefined,
    naming: { relation(range: RangeVar | undefined): string; relationOf(path: readonly string[]): string },
  ) {
    this.#base = base ?? NOTHING_KNOWN;
    this.#relation = (range) => naming.relation(range);
    this.#relationOf = (path) => naming.relationOf(path);
  }

  table(relation: string): KnownTable | undefined {
    const own = this.#tables.get(relation);
    return own === null ? undefined : (own ?? this.#base.table(relation));
  }

  tableOfIndex(index: string): string | undefined {
    return this.#indexes.get(index) ?? this.#base.tableOfIndex(index);
  }

  referencing(table: string): readonly string[] {
    const own = [...this.#tables.values()].filter(
      (one) => one?.constraints.some(({ references }) => references === table) === true,
    );
    return [
      ...new Set([...this.#base.referencing(table), ...own.flatMap((one) => (one === null ? [] : [one.relation]))]),
    ];
  }

  usersOfType(type: string): readonly string[] {
    const bare = type.replace(/^public\./, "");
    const own = [...this.#tables.values()].filter(
      (one) => one !== null && [...one.columns.values()].some((column) => column.type === type || column.type === bare),
    );
    return [
      ...new Set([...this.#base.usersOfType(type), ...own.flatMap((one) => (one === null ? [] : [one.relation]))]),
    ];
  }

  tablesOf(schema: string): readonly string[] {
    return this.#base.tablesOf(schema);
  }

  /** Every table that scripts made or changed and that is still there. */
  touched(): readonly KnownTable[] {
    return [...this.#tables.values()].filter((one) => one !== null);
  }

  /** Takes in what a statement does to the schema. */
  apply(node: Node): void {
    if ("CreateStmt" in node) this.#create(node.CreateStmt);
    else if ("IndexStmt" in node) {
      const { relation, idxname, indexParams = [], unique, whereClause } = node.IndexStmt;
      const table = this.#own(this.#relation(relation));
      const columns = indexParams.map((param) => ("IndexElem" in param ? (param.IndexElem.name ?? null) : null));
      const name = idxname ?? `${relation?.relname ?? ""}_${columns.map((one) => one ?? "expr").join("_")}_idx`;
      this.#index(table, {
        relation: this.#beside(table, name),
        columns,
        unique: unique === true,
        partial: whereClause !== undefined,
      });
    } else if ("AlterTableStmt" in node) this.#alter(node.AlterTableStmt);
    else if ("DropStmt" in node) this.#drop(node.DropStmt);
    else if ("RenameStmt" in node) this.#rename(node.RenameStmt);
    else if ("AlterObjectSchemaStmt" in node) {
      const { relation, newschema } = node.AlterObjectSchemaStmt;
      if (relation !== undefined)
        this.#move(this.#relation(relation), relationText(newschema ?? "", relation.relname ?? ""));
    }
  }

  // A copy that may change, of a table that is known or else of one of which nothing is known.
  #own(relation: string): Table {
    const held = this.#tables.get(relation);
    if (held != null) return held;
    const base = held === null ? undefined : this.#base.table(relation);
    const table: Table =
      base === undefined
        ? emptyTable(relation, false)
        : {
            ...base,
            columns: new Map(base.columns),
            constraints: [...base.constraints],
            indexes: [...base.indexes],
            children: [...base.children],
            parents: [...base.parents],
          };
    this.#tables.set(relation, table);
    return table;
  }

  #create(statement: Extract<Node, { CreateStmt: unknown }>["CreateStmt"]): void {
    const relation = this.#relation(statement.relation);
    if (statement.if_not_exists === true && this.table(relation) !== undefined) return;
    const table = emptyTable(
      relation,
      (statement.inhRelations ?? []).length === 0 && statement.ofTypename === undefined,
    );
    table.partitioned = statement.partspec !== undefined;
    table.unlogged = statement.relation?.relpersistence === "u";
    this.#tables.set(relation, table);
    for (const node of statement.inhRelations ?? []) {
      if (!("RangeVar" in node)) continue;
      const parent = this.#relation(node.RangeVar);
      table.parents.push(parent);
      const above = this.#own(parent);
      above.children.push(relation);
      if (statement.partbound !== undefined) above.partitioned = true;
      if (statement.partbound?.is_default === true) above.defaultPartition = relation;
    }
    for (const node of statement.tableElts ?? []) {
      if ("ColumnDef" in node) this.#addColumn(table, node.ColumnDef);
      else if ("Constraint" in node) this.#addConstraint(table, node.Constraint, null);
      else table.complete = false;
    }
  }

  #addColumn(table: Table, column: ColumnDef): void {
    const constraints = constraintsOf(column);
    const has = (...types: readonly Constraint["contype"][]): boolean =>
      constraints.some(({ contype }) => types.includes(contype));
    const notNull = has("CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY") || isSerial(column.typeName);
    table.columns.set(column.colname ?? "", { type: typeText(column.typeName), notNull });
    for (const constraint of constraints) this.#addConstraint(table, constraint, column.colname ?? "");
  }

  #addConstraint(table: Table, constraint: Constraint, ofColumn: string | null): void {
    const type = CONSTRAINT_TYPES[constraint.contype ?? "CONSTR_NULL"];
    if (type === undefined) return;
    const columns =
      ofColumn !== null ? [ofColumn] : namePath(type === "foreign key" ? constraint.fk_attrs : constraint.keys);
    const bare = table.relation.slice(table.relation.indexOf(".") + 1);
    const suffix = {
      "primary key": "pkey",
      unique: "key",
      check: "check",
      "foreign key": "fkey",
      exclusion: "excl",
      "not null": "not_null",
    };
    const stem = type === "primary key" ? "" : `${columns.join("_")}_`;
    const name = constraint.conname ?? constraint.indexname ?? `${bare}_${stem}${suffix[type]}`;
    const nulls = type === "check" && constraint.raw_expr !== undefined ? notNullColumns(constraint.raw_expr) : [];
    table.constraints.push({
      name,
      type,
      columns: type === "check" ? checkedColumns(constraint.raw_expr) : columns,
      references: type === "foreign key" ? this.#relation(constraint.pktable) : null,
      onDelete: DELETES[constraint.fk_del_action ?? "a"] ?? "no action",
      inherited: false,
      validated: constraint.skip_validation !== true,
      provesNotNull: type === "not null" ? columns : nulls,
    });
    const notNull = type === "primary key" || type === "not null" ? columns : [];
    for (const column of notNull)
      table.columns.set(column, { type: table.columns.get(column)?.type ?? "", notNull: true });
    if ((type === "primary key" || type === "unique") && constraint.indexname === undefined)
      this.#index(table, { relation: this.#beside(table, name), columns, unique: true, partial: false });
  }

  #beside(table: Table, name: string): string {
    const schema = table.relation.slice(0, table.relation.length - bareName(table.relation).length);
    return `${schema}${relationText("x", name).slice(2)}`;
  }

  #index(table: Table, index: KnownIndex): void {
    table.indexes.push(index);
    this.#indexes.set(index.relation, table.relation);
  }

  #alter({ relation, cmds = [], objtype }: Extract<Node, { AlterTableStmt: unknown }>["AlterTableStmt"]): void {
    if (objtype !== "OBJECT_TABLE") return;
    const table = this.#own(this.#relation(relation));
    for (const node of cmds) if ("AlterTableCmd" in node) this.#command(table, node.AlterTableCmd);
  }

  #command(table: Table, cmd: AlterTableCmd): void {
    const name = cmd.name ?? "";
    const { def } = cmd;
    switch (cmd.subtype) {
      case "AT_AddColumn":
        if (def !== undefined && "ColumnDef" in def) this.#addColumn(table, def.ColumnDef);
        break;
      case "AT_DropColumn":
        table.columns.delete(name);
        table.constraints = table.constraints.filter(({ columns }) => !columns.includes(name));
        table.indexes = table.indexes.filter(({ columns }) => !columns.includes(name));
        break;
      case "AT_AlterColumnType":
        if (def !== undefined && "ColumnDef" in def)
          table.columns.set(name, {
            type: typeText(def.ColumnDef.typeName),
            notNull: table.columns.get(name)?.notNull === true,
          });
        break;
      case "AT_SetNotNull":
      case "AT_DropNotNull":
        table.columns.set(name, {
          type: table.columns.get(name)?.type ?? "",
          notNull: cmd.subtype === "AT_SetNotNull",
        });
        break;
      case "AT_AddConstraint":
        if (def !== undefined && "Constraint" in def) this.#addConstraint(table, def.Constraint, null);
        break;
      case "AT_DropConstraint":
        table.constraints = table.constraints.filter((one) => one.name !== name);
        break;
      case "AT_ValidateConstraint":
        table.constraints = table.constraints.map((one) => (one.name === name ? { ...one, validated: true } : one));
        break;
      case "AT_AttachPartition":
        table.partitioned = true;
        if (def !== undefined && "PartitionCmd" in def) table.children.push(this.#relation(def.PartitionCmd.name));
        break;
      case "AT_DetachPartition":
        if (def !== undefined && "PartitionCmd" in def) {
          const part = this.#relation(def.PartitionCmd.name);
          table.children = table.children.filter((one) => one !== part);
        }
        break;
      default:
        break;
    }
  }

  #drop({ objects = [], removeType }: Extract<Node, { DropStmt: unknown }>["DropStmt"]): void {
    for (const object of objects) {
      const name = "List" in object ? this.#relationOf(namePath(object.List.items)) : "";
      if (removeType === "OBJECT_TABLE") this.#tables.set(name, null);
      if (removeType !== "OBJECT_INDEX") continue;
      const table = this.tableOfIndex(name);
      if (table === undefined) continue;
      const own = this.#own(table);
      own.indexes = own.indexes.filter(({ relation }) => relation !== name);
    }
  }

  #rename({ relation, renameType, subname, newname = "" }: Extract<Node, { RenameStmt: unknown }>["RenameStmt"]): void {
    if (relation === undefined) return;
    const named = this.#relation(relation);
    if (renameType === "OBJECT_TABLE") this.#move(named, this.#beside(this.#own(named), newname));
    else if (renameType === "OBJECT_COLUMN") {
      const table = this.#own(named);
      const held = table.columns.get(subname ?? "");
      table.columns.delete(subname ?? "");
      if (held !== undefined) table.columns.set(newname, held);
      // What hangs on the column follows its name.
      const after = <N extends string | null>(names: readonly N[]): readonly (N | string)[] =>
        names.map((name) => (name === subname ? newname : name));
      table.constraints = table.constraints.map((one) => ({
        ...one,
        columns: after(one.columns),
        provesNotNull: after(one.provesNotNull),
      }));
      table.indexes = table.indexes.map((one) => ({ ...one, columns: after(one.columns) }));
    }
  }

  #move(from: string, to: string): void {
    const table = this.#own(from);
    this.#tables.set(from, null);
    this.#tables.set(to, { ...table, relation: to });
    for (const { relation } of table.indexes) this.#indexes.set(relation, to);
  }
}

const bareName = (relation: string): string => /(?:"(?:[^"]|"")+"|[^".]+)$/.exec(relation)?.[0] ?? relation;

const CONSTRAINT_TYPES: Partial<Record<NonNullable<Constraint["contype"]>, KnownConstraint["type"]>> = {
  CONSTR_PRIMARY: "primary key",
  CONSTR_UNIQUE: "unique",
  CONSTR_CHECK: "check",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_EXCLUSION: "exclusion",
  CONSTR_NOTNULL: "not null",
};

const DELETES: Readonly<Record<string, KnownConstraint["onDelete"]>> = {
  a: "no action",
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
};

function emptyTable(relation: string, complete: boolean): Table {
  return {
    relation,
    complete,
    columns: new Map(),
    constraints: [],
    indexes: [],
    children: [],
    parents: [],
    partitioned: false,
    defaultPartition: null,
    unlogged: false,
  };
}

// Columns of which a conjunction says IS NOT NULL.
function notNullColumns(expression: Node): readonly string[] {
  if ("BoolExpr" in expression && expression.BoolExpr.boolop === "AND_EXPR")
    return (expression.BoolExpr.args ?? []).flatMap(notNullColumns);
  if (!("NullTest" in expression) || expression.NullTest.nulltesttype !== "IS_NOT_NULL") return [];
  const { arg } = expression.NullTest;
  return arg !== undefined && "ColumnRef" in arg ? namePath(arg.ColumnRef.fields).slice(-1) : [];
}

function checkedColumns(expression: Node | undefined): readonly string[] {
  if (expression === undefined) return [];
  const found = [...nodesOf(expression)].filter(({ type }) => type === "ColumnRef");
  return [...new Set(found.map(({ node }) => namePath((node as { fields?: Node[] }).fields).at(-1) ?? ""))];
}
