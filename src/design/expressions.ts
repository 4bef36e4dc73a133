import type { BriefEntity, BriefPosition } from "../model/brief.ts";
import { DbwrightError } from "../model/error.ts";
import { columnReferences } from "../sql/expression.ts";
import { parseExpression } from "../sql/parse.ts";
import { nodesOf } from "../sql/walk.ts";
import { columnOf, fieldOf, problemAt } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { fieldColumns } from "./fields.ts";

/** An expression of the brief in the design's columns. */
export interface BoundExpression {
  readonly sql: string;
  /** The columns it reads, in order of first use. */
  readonly columns: readonly string[];
}

/**
 * The column a name of the brief stands for in its own table: a field's, a single-column reference's, or one
 * that design added (`id`, `created_at`). Null where there is none.
 */
export function ownColumn(draft: Draft, table: DraftTable, entity: BriefEntity, name: string): string | null {
  const field = fieldOf(entity, name);
  if (field !== undefined) {
    const columns = fieldColumns(draft, field);
    const [column] = columns;
    return columns.length === 1 && column !== undefined && columnOf(table, column) !== undefined ? column : null;
  }
  const columns = relationColumns(table, entity, name);
  if (columns.length === 1) return columns[0] ?? null;
  return columnOf(table, name) === undefined ? null : name;
}

/** The columns of a reference of an entity, without the tenant's; empty where the name is no reference. */
export function relationColumns(table: DraftTable, entity: BriefEntity, name: string): readonly string[] {
  const relation = entity.belongsTo.find((candidate) => candidate.name === name);
  if (relation === undefined) return [];
  const key = table.foreignKeys.find((candidate) => candidate.relation === relation);
  if (key === undefined) return [];
  const own = key.columns.filter((column) => columnOf(table, column)?.meaning !== "tenant");
  return own.length === 0 ? key.columns : own;
}

// Words that an expression needs for itself; a field of such a name cannot be told from them.
const EXPRESSION_WORDS = new Set(
  "all and any between case cast distinct else end exists false from ilike in is isnull like not notnull null or overlaps similar some symmetric then true when".split(
    " ",
  ),
);

// A field may bear a name that SQL reserves (`user`, `order`): bare, it would be read as the keyword.
function quoteReserved(draft: Draft, entity: BriefEntity, expression: string): string {
  const names = [...entity.fields, ...entity.belongsTo].map(({ name }) => name);
  const reserved = new Set(names.filter((name) => draft.dialect.ident(name) !== name && !EXPRESSION_WORDS.has(name)));
  if (reserved.size === 0) return expression;
  return expression.replaceAll(/'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*/g, (word) =>
    reserved.has(word) ? draft.dialect.ident(word) : word,
  );
}

/**
 * Rewrites an expression over the brief's names, with the alias before each column where one is given. Throws
 * `invalid` for a name that is none of the entity's.
 */
export async function bindExpression(
  draft: Draft,
  table: DraftTable,
  entity: BriefEntity,
  stated: string,
  at: BriefPosition,
  alias: string | null = null,
): Promise<BoundExpression> {
  const expression = quoteReserved(draft, entity, stated);
  const prefix = alias === null ? "" : `${draft.dialect.ident(alias)}.`;
  const references = await namesIn(draft, expression, at);
  const columns: string[] = [];
  let sql = "";
  let done = 0;
  for (const reference of references) {
    const path = reference.path[0] === entity.name ? reference.path.slice(1) : reference.path;
    const [name] = path;
    const column = path.length === 1 && name !== undefined ? ownColumn(draft, table, entity, name) : null;
    if (column === null) {
      const known = [...entity.fields.map((field) => field.name), ...entity.belongsTo.map((relation) => relation.name)];
      throw problemAt(
        draft.brief,
        at,
        `the rule of ${entity.name} names ${reference.path.join(".")}, which is no field of it`,
        {
          expected: known.length === 0 ? "the name of a field" : `one of ${known.join(", ")}`,
        },
      );
    }
    if (!columns.includes(column)) columns.push(column);
    sql += expression.slice(done, reference.start) + prefix + draft.dialect.ident(column);
    done = reference.end;
  }
  return { sql: sql + expression.slice(done), columns };
}

async function namesIn(draft: Draft, expression: string, at: BriefPosition): ReturnType<typeof columnReferences> {
  try {
    const found = await columnReferences(expression);
    const parsed = await parseExpression(expression);
    if (parsed.ok && [...nodesOf(parsed.value.node)].some(({ type }) => type === "SubLink")) {
      throw problemAt(draft.brief, at, "the rule holds a sub-query", {
        expected: "a condition on the fields of one row",
        mend: "state it as a reference, a unique rule or a no-overlap rule",
      });
    }
    return found;
  } catch (error) {
    if (!(error instanceof DbwrightError) || error.problems[0]?.where?.startsWith(draft.brief.file) === true)
      throw error;
    const [problem] = error.problems;
    throw problemAt(draft.brief, at, problem?.what ?? "the rule is no expression", {
      expected: problem?.expected ?? "one SQL expression over the entity's fields",
    });
  }
}
