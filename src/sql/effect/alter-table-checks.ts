import type { ColumnDef, Constraint } from "libpg-query";
import { ident } from "../identifier.ts";
import type { Subcommand } from "./subcommand.ts";
import type { Scene } from "./scene.ts";
import { mayLoseValues, typeChangeCost } from "./type-change.ts";
import { isSerial, typeText } from "./type-text.ts";
import { isVolatile } from "./volatility.ts";

/** The constraints written at a column. */
export function constraintsOf(column: ColumnDef): Constraint[] {
  return (column.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
}

/**
 * Why adding this column writes the table anew, or null where it does not: since PostgreSQL 11 a default that is the
 * same for all rows is stored once.
 */
export function rewriteOfNewColumn(
  column: ColumnDef,
  major: number,
): "serial" | "identity" | "stored" | "volatile" | "default" | null {
  if (isSerial(column.typeName)) return "serial";
  const constraints = constraintsOf(column);
  if (constraints.some(({ contype }) => contype === "CONSTR_IDENTITY")) return "identity";
  const generated = constraints.find(({ contype }) => contype === "CONSTR_GENERATED");
  if (generated !== undefined) return generated.generated_kind === "v" ? null : "stored";
  const set = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT");
  if (set === undefined) return null;
  const isNull = set.raw_expr !== undefined && "A_Const" in set.raw_expr && set.raw_expr.A_Const.isnull === true;
  if (isNull) return null;
  if (major < 11) return "default";
  return isVolatile(set.raw_expr) ? "volatile" : null;
}

/** ADD COLUMN, with the constraints written at it. */
export function addColumn({ cmd, table, family, scene }: Subcommand): void {
  const column = cmd.def !== undefined && "ColumnDef" in cmd.def ? cmd.def.ColumnDef : {};
  if (cmd.missing_ok === true && scene.table(table)?.columns.has(column.colname ?? "") === true) return;
  const rewrites = rewriteOfNewColumn(column, scene.major) !== null;
  const constraints = constraintsOf(column);
  const has = (type: Constraint["contype"]): boolean => constraints.some(({ contype }) => contype === type);
  const notNull = has("CONSTR_NOTNULL") || has("CONSTR_PRIMARY");
  const virtual = constraints.some((one) => one.contype === "CONSTR_GENERATED" && one.generated_kind === "v");
  for (const one of family) {
    if (rewrites) scene.rewrite(one);
    const scans =
      has("CONSTR_CHECK") ||
      has("CONSTR_UNIQUE") ||
      has("CONSTR_PRIMARY") ||
      (notNull && (virtual || !has("CONSTR_DEFAULT")));
    if (scans || rewrites) scene.scan(one);
  }
  for (const { contype, pktable } of constraints)
    if (contype === "CONSTR_FOREIGN")
      for (const one of scene.family(scene.relation(pktable))) scene.lock(one, "SHARE ROW EXCLUSIVE");
  // The rows that get the default are checked against the other table one by one.
  if (has("CONSTR_FOREIGN") && has("CONSTR_DEFAULT")) for (const one of family) scene.scan(one);
}

/** ADD CONSTRAINT. */
export function addConstraint({ cmd, table, family, scene }: Subcommand): void {
  const constraint = cmd.def !== undefined && "Constraint" in cmd.def ? cmd.def.Constraint : {};
  const unchecked = constraint.skip_validation === true;
  switch (constraint.contype) {
    case "CONSTR_FOREIGN":
      for (const one of scene.family(scene.relation(constraint.pktable))) scene.lock(one, "SHARE ROW EXCLUSIVE");
      if (!unchecked) for (const one of family) if (scene.table(one)?.partitioned !== true) scene.scan(one);
      break;
    case "CONSTR_PRIMARY":
    case "CONSTR_UNIQUE":
    case "CONSTR_EXCLUSION":
      keyConstraint(constraint, table, family, scene);
      break;
    case "CONSTR_CHECK":
      if (!unchecked && constraint.is_enforced !== false) for (const one of stored(family, scene)) scene.scan(one);
      break;
    case "CONSTR_NOTNULL":
      if (!unchecked)
        for (const one of stored(family, scene)) scanUnlessProved(one, columnNames(constraint)[0] ?? "", scene);
      break;
    default:
      break;
  }
}

const columnNames = (constraint: Constraint): string[] =>
  (constraint.keys ?? []).map((key) => ("String" in key ? (key.String.sval ?? "") : ""));

// A partitioned table has no rows of its own.
function stored(family: readonly string[], scene: Scene): readonly string[] {
  return family.filter((one) => scene.table(one)?.partitioned !== true);
}

function keyConstraint(constraint: Constraint, table: string, family: readonly string[], scene: Scene): void {
  if (constraint.indexname === undefined) {
    for (const one of stored(family, scene)) scene.scan(one);
    return;
  }
  // The index takes the constraint's name.
  if (constraint.conname !== undefined && constraint.conname !== constraint.indexname)
    scene.lock(scene.relationOf([...schemaPath(table), constraint.indexname]), "SHARE UPDATE EXCLUSIVE");
  if (constraint.contype !== "CONSTR_PRIMARY") return;
  // A primary key sets its columns NOT NULL, and reads the table for it where they are not.
  const known = scene.table(table);
  const index = known?.indexes.find(({ relation }) => relation.endsWith(`.${ident(constraint.indexname ?? "")}`));
  const columns = index?.columns ?? [null];
  for (const column of columns)
    if (column === null || known === undefined) scene.scan(table);
    else scanUnlessProved(table, column, scene);
}

function schemaPath(relation: string): string[] {
  const schema = /^(?:"((?:[^"]|"")+)"|([^".]+))\./.exec(relation);
  return schema === null ? [] : [schema[1]?.replaceAll('""', '"') ?? schema[2] ?? ""];
}

function scanUnlessProved(relation: string, column: string, scene: Scene): void {
  const known = scene.table(relation);
  if (known?.columns.get(column)?.notNull === true) return;
  const proved =
    scene.major >= 12 &&
    known?.constraints.some(({ validated, provesNotNull }) => validated && provesNotNull.includes(column)) === true;
  if (!proved) scene.scan(relation);
}

/** SET NOT NULL. Since PostgreSQL 12 a validated check that says so spares the reading. */
export function setNotNull({ cmd, family, scene }: Subcommand): void {
  for (const one of stored(family, scene)) scanUnlessProved(one, cmd.name ?? "", scene);
}

/** ALTER COLUMN … TYPE. */
export function changeType({ cmd, table, family, scene }: Subcommand): void {
  const definition = cmd.def !== undefined && "ColumnDef" in cmd.def ? cmd.def.ColumnDef : {};
  const name = cmd.name ?? "";
  const to = typeText(definition.typeName);
  const using = definition.raw_default;
  const plain = using === undefined || ("ColumnRef" in using && using.ColumnRef.fields?.length === 1);
  const from = scene.table(table)?.columns.get(name)?.type;
  const rewrites = from === undefined || !plain || typeChangeCost(from, to) === "rewrite";
  for (const one of stored(family, scene)) {
    const known = scene.table(one);
    const on = known?.constraints.filter(({ columns }) => columns.includes(name)) ?? [];
    const indexed = known?.indexes.some(({ columns }) => columns.includes(name)) === true;
    if (rewrites) scene.rewrite(one);
    if (
      rewrites ||
      on.some(({ type, validated }) => type === "check" && validated) ||
      (indexed && definition.collClause !== undefined)
    )
      scene.scan(one);
    for (const { references } of on) if (references !== null) scene.lock(references, "ACCESS EXCLUSIVE");
    if (on.some(({ type }) => type === "primary key" || type === "unique"))
      for (const other of scene.schema.referencing(one)) {
        scene.lock(other, "ACCESS EXCLUSIVE");
        if (rewrites) scene.scan(other);
      }
  }
  if (!plain) scene.lose(`the values of ${table}.${ident(name)} as they are, which USING replaces`);
  else if (mayLoseValues(from, to) === true)
    scene.lose(`what ${to} cannot hold of the values of ${table}.${ident(name)}`);
}
