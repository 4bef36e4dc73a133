import type { Catalog, ColumnObject, ConstraintObject } from "../model/catalog.ts";
import type { TableView } from "../model/catalog-view.ts";
import { viewOf } from "../model/catalog-view.ts";
import { invalid } from "../model/error.ts";
import type { ColumnMove, ColumnPlace } from "../model/plan.ts";
import { cutAtEquals, pathOf } from "./rename-requests.ts";

const EXPECTED =
  "SOURCE=TARGET [on COLUMN=COLUMN], e.g. public.task.title=public.task_detail.title on task_detail.task_id=task.id";

/** A move as somebody wrote it; `where` names the flag or the file. */
export interface MoveRequest {
  readonly text: string;
  readonly where: string;
}

/** Both tables of a move as they are before and after. */
interface Tables {
  readonly source: TableView;
  readonly sourceAfter: TableView;
  /** Null: the plan makes it. */
  readonly target: TableView | null;
  readonly targetAfter: TableView;
}

/**
 * The moves of columns to other tables that a person states. The names of FROM are those after its renames. Without
 * `on` the rows are joined by the one foreign key between both tables. Throws `invalid` (exit 2) for one that cannot be
 * read, whose columns are not as stated, or which cannot be made without losing values or holding up whoever writes.
 */
export function moveRequests(requests: readonly MoveRequest[], from: Catalog, to: Catalog): readonly ColumnMove[] {
  if (requests.length === 0) return [];
  const [before, after] = [viewOf(from), viewOf(to)];
  const moves = requests.map(({ text, where }) => {
    const refuse = (what: string, mend?: string): never => {
      throw invalid({ what: `${text}: ${what}`, where, expected: EXPECTED, ...(mend === undefined ? {} : { mend }) });
    };
    const [left, rest] = cutAtEquals(text) ?? ["", ""];
    const [right = "", condition = null] = splitOn(rest);
    const [source, target] = [placeOf(left), placeOf(right)];
    if (source === null || target === null) return refuse("this names no column and its new place");
    const tables = {
      source: before.table(source.schema, source.table) ?? refuse(`FROM has no table ${source.schema}.${source.table}`),
      sourceAfter:
        after.table(source.schema, source.table) ??
        refuse(
          `TO has no table ${source.schema}.${source.table}`,
          "keep the table in TO, and drop it in a later migration",
        ),
      target: before.table(target.schema, target.table) ?? null,
      targetAfter:
        after.table(target.schema, target.table) ?? refuse(`TO has no table ${target.schema}.${target.table}`),
    };
    if (tables.source.table === tables.target?.table) return refuse("both columns are of one table", "say --rename");
    checkColumns(source, target, tables, refuse);
    const on = condition === null ? joinOfKeys(tables, refuse) : statedJoin(condition, tables, refuse);
    checkJoin(on, tables, refuse);
    return { from: source, to: target, on };
  });
  for (const [index, { from: source, to: target }] of moves.entries()) {
    const twice = moves.findIndex((one) => same(one.from, source) || same(one.to, target));
    if (twice === index) continue;
    const { text = "", where = "" } = requests[index] ?? {};
    throw invalid({ what: `${text}: a column is moved twice`, where, expected: EXPECTED });
  }
  return moves;
}

type Refuse = (what: string, mend?: string) => never;

const same = (a: ColumnPlace, b: ColumnPlace): boolean =>
  a.schema === b.schema && a.table === b.table && a.column === b.column;

// `target on a = b`; the keyword stands outside of quotes.
function splitOn(text: string): readonly string[] {
  const found = /^((?:[^"\s]|"(?:[^"]|"")*")+)\s+on\s+(.+)$/is.exec(text.trim());
  return found === null ? [text.trim()] : [found[1] ?? "", found[2] ?? ""];
}

function placeOf(text: string): ColumnPlace | null {
  const path = pathOf(text);
  if (path?.length !== 2 && path?.length !== 3) return null;
  const [column = "", table = "", schema = "public"] = path.toReversed();
  return { schema, table, column };
}

const columnOf = (view: TableView | null, name: string): ColumnObject | undefined =>
  view?.columns.find((column) => column.name === name);

function checkColumns(source: ColumnPlace, target: ColumnPlace, tables: Tables, refuse: Refuse): void {
  const was =
    columnOf(tables.source, source.column) ?? refuse(`FROM has no column ${source.column} in ${source.table}`);
  const is =
    columnOf(tables.targetAfter, target.column) ?? refuse(`TO has no column ${target.column} in ${target.table}`);
  if (columnOf(tables.sourceAfter, source.column) !== undefined)
    refuse(`TO still has ${source.table}.${source.column}`, "leave the column out of TO");
  if (columnOf(tables.target, target.column) !== undefined)
    refuse(`FROM already has ${target.table}.${target.column}: its values would be mixed with those that come`);
  if (was.type !== is.type || was.collation !== is.collation)
    refuse(`the type changes from ${was.type} to ${is.type}`, "change the type in a migration before or after");
  if (was.generated !== null || is.generated !== null || is.identity !== null || was.identity !== null)
    refuse("generated and identity columns hold no values of their own to move");
  const views = [tables.source, tables.sourceAfter, tables.target ?? tables.targetAfter, tables.targetAfter];
  for (const { table } of views) {
    if (table.foreign !== undefined) refuse(`${table.name} is a foreign table`);
    if (table.partitionBy !== null || table.partitionOf !== null || table.inherits.length > 0)
      refuse(`${table.name} is partitioned, or inherits`);
    if (table.rowSecurity.forced)
      refuse(`row security is forced on ${table.name}, and would hide rows from the copying`);
  }
}

type Join = ColumnMove["on"];

function keysBetween(child: TableView, parent: TableView): readonly ConstraintObject[] {
  return child.constraints.filter(
    ({ type, references }) =>
      type === "foreign key" && references?.schema === parent.table.schema && references.table === parent.table.name,
  );
}

function joinOfKeys({ source, target, targetAfter }: Tables, refuse: Refuse): Join {
  const other = target ?? targetAfter;
  const down = keysBetween(other, source).map(({ columns, references }) =>
    columns.map((column, place) => ({ from: references?.columns[place] ?? "", to: column })),
  );
  const up = keysBetween(source, other).map(({ columns, references }) =>
    columns.map((column, place) => ({ from: column, to: references?.columns[place] ?? "" })),
  );
  const joins = [...down, ...up];
  const [only] = joins;
  const names = `${source.table.name} and ${other.table.name}`;
  if (only === undefined)
    return refuse(`no foreign key joins ${names}`, "say which columns are equal: … on task_detail.task_id=task.id");
  if (joins.length > 1)
    return refuse(
      `${joins.length} foreign keys join ${names}`,
      "say which columns are equal: … on task_detail.task_id=task.id",
    );
  return only;
}

function statedJoin(text: string, tables: Tables, refuse: Refuse): Join {
  return text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((pair) => {
    const [left, right] = (cutAtEquals(pair) ?? ["", ""]).map((side) => pathOf(side));
    if (left == null || right == null) return refuse(`“${pair.trim()}” names no two columns`);
    const ways = [
      [left, right],
      [right, left],
    ].flatMap(([one = [], two = []]) => {
      const [from, to] = [nameIn(one, tables.source), nameIn(two, tables.target ?? tables.targetAfter)];
      return from === null || to === null ? [] : [{ from, to }];
    });
    const [way, other] = ways;
    if (way === undefined) return refuse(`“${pair.trim()}” names no column of each of both tables`);
    if (other !== undefined && (other.from !== way.from || other.to !== way.to))
      return refuse(`“${pair.trim()}” can be read two ways`, "write table.column on both sides");
    return way;
  });
}

// The column that a path names in a table: by itself, or behind the table's name.
function nameIn(path: readonly string[], { table, columns }: TableView): string | null {
  const [name = "", owner = table.name, schema = table.schema] = path.toReversed();
  if (path.length > 3 || owner !== table.name || schema !== table.schema) return null;
  return columns.some((column) => column.name === name) ? name : null;
}

/** Whether at most one row of a table has given values in these columns. */
export function isUnique({ indexes }: TableView, columns: readonly string[]): boolean {
  return indexes.some(
    (index) =>
      index.unique &&
      index.valid &&
      index.predicate === null &&
      index.keys.every(({ column }) => column !== null && columns.includes(column)),
  );
}

function isFound({ indexes }: TableView, columns: readonly string[]): boolean {
  return indexes.some(({ keys, valid, predicate, method }) => {
    const first = keys[0]?.column ?? null;
    return (
      valid &&
      predicate === null &&
      (method === "btree" || method === "hash") &&
      first !== null &&
      columns.includes(first)
    );
  });
}

function checkJoin(on: Join, { source, target, targetAfter }: Tables, refuse: Refuse): void {
  const other = target ?? targetAfter;
  const sides = [
    { view: source, columns: on.map((pair) => pair.from) },
    { view: other, columns: on.map((pair) => pair.to) },
  ] as const;
  const [own, there] = sides;
  for (const { from, to } of on) {
    const types = [columnOf(source, from)?.type, columnOf(other, to)?.type];
    if (types[0] === undefined)
      refuse(`FROM has no column ${from} in ${source.table.name}: no row would find its other`);
    if (types[1] === undefined) refuse(`${other.table.name} has no column ${to} to join by`);
  }
  if (!isUnique(own.view, own.columns) && !isUnique(there.view, there.columns))
    refuse(
      "rows are joined many to many: neither side of the join is unique",
      "a unique key over it must be there before",
    );
  for (const { view, columns } of sides)
    if (!isFound(view, columns))
      refuse(
        `no index of ${view.table.name} begins with ${columns.join(" or ")}: each write would read the whole table`,
        "create one in a migration before this one",
      );
}

const COMMENT = /^[ \t]*--[ \t]*dbwright:[ \t]*move[ \t]+(.+?)[ \t\r]*$/gm;

/** The moves that a SQL file states in comments: `-- dbwright:move public.task.title=public.task_detail.title`. */
export function movesIn(text: string, file: string): readonly MoveRequest[] {
  return [...text.matchAll(COMMENT)].map((match) => ({
    text: match[1] ?? "",
    where: `${file}:${text.slice(0, match.index).split("\n").length}`,
  }));
}
