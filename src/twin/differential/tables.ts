import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { inOrder } from "../../model/order.ts";
import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";
import { lastName } from "./constants.ts";

/** The tables whose rows decide what statements answer, parents of foreign keys first; or why that is not known. */
export type InvolvedTables =
  | {
      readonly ok: true;
      readonly tables: readonly TableView[];
      /** The queries of the views that are read. */
      readonly definitions: readonly Node[];
    }
  | { readonly ok: false; readonly why: string };

/** More tables than this take more rows to meet than a trial makes. */
const TABLES_MAX = 20;

const SYSTEM_COLUMN = /^(?:ctid|xmin|xmax|cmin|cmax|tableoid)$/;
/** What is not among the rows: the session, its settings, files, sizes and locks. */
const SESSION =
  /^(?:current_setting|set_config|has_\w+_privilege|inet_\w+_(?:addr|port)|pg_\w+|current_schemas?|current_database|current_user|session_user|version|txid_\w+|row_security_active|getdatabaseencoding)$/;

const keyOf = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

/** Names of the server's functions that statements call. */
export function calledFunctions(statements: readonly Node[]): readonly string[] {
  const names = statements.flatMap((statement) =>
    [...nodesOf(statement)].flatMap(({ type, node }) => (type === "FuncCall" ? [lastName(node["funcname"])] : [])),
  );
  return [...new Set(names)];
}

/** Finds all tables that statements read, through views, with those that their foreign keys need. */
export async function involvedTables(statements: readonly Node[], view: CatalogView): Promise<InvolvedTables> {
  const found = new Map<string, TableView>();
  const seenViews = new Set<string>();
  const definitions: Node[] = [];
  const pending: Node[] = [...statements];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const inner = new Set<string>();
    for (const { type, node: one } of nodesOf(node))
      if (type === "CommonTableExpr" && typeof one["ctename"] === "string") inner.add(one["ctename"]);
    for (const { type, node: one } of nodesOf(node)) {
      if (type === "ColumnRef" && SYSTEM_COLUMN.test(lastName(one["fields"])))
        return { ok: false, why: "it asks where or when a row was written (a system column)" };
      if (type === "RangeTableSample") return { ok: false, why: "it reads a sample of the rows" };
      if (type === "SQLValueFunction" && /USER|ROLE|CATALOG|SCHEMA/.test(String(one["op"])))
        return { ok: false, why: "it asks who is asking" };
      if (type === "FuncCall") {
        const why = unknownFunction(one, view);
        if (why !== null) return { ok: false, why };
      }
      const [name, schema] = [one["relname"], one["schemaname"]];
      if (typeof name !== "string" || (schema === undefined && inner.has(name))) continue;
      if (schema === "pg_catalog" || schema === "information_schema")
        return { ok: false, why: "it reads the system catalog" };
      const table = tableNamed(view, typeof schema === "string" ? schema : null, name);
      if (table !== null) {
        for (const each of [table, ...childrenOf(table, view)])
          found.set(keyOf(each.table.schema, each.table.name), each);
        continue;
      }
      const other = view
        .of("view")
        .find((each) => each.name === name && (schema === undefined || each.schema === schema));
      if (other === undefined) return { ok: false, why: `there is no table or view ${name}` };
      if (other.materialised)
        return { ok: false, why: `it reads the materialised view ${name}, whose rows are of another time` };
      if (seenViews.has(keyOf(other.schema, other.name))) continue;
      seenViews.add(keyOf(other.schema, other.name));
      const parsed = await parseSql(other.definition);
      if (!parsed.ok) return { ok: false, why: `the view ${name} cannot be read` };
      definitions.push(...parsed.value.map((each) => each.node));
      pending.push(...parsed.value.map((each) => each.node));
    }
  }
  const all = withParents([...found.values()], view);
  if (all.length > TABLES_MAX)
    return { ok: false, why: `it needs rows in ${all.length} tables; at most ${TABLES_MAX} are filled` };
  return { ok: true, tables: all, definitions };
}

// A table that others inherit from is read with them; rows of partitions come by way of the whole.
function childrenOf(parent: TableView, view: CatalogView): readonly TableView[] {
  const { schema, name } = parent.table;
  return view.tables
    .filter(({ table }) => table.inherits.some((one) => one.schema === schema && one.table === name))
    .flatMap((child) => [child, ...childrenOf(child, view)]);
}

function tableNamed(view: CatalogView, schema: string | null, name: string): TableView | null {
  if (schema !== null) return view.table(schema, name) ?? null;
  return view.table("public", name) ?? view.tables.find(({ table }) => table.name === name) ?? null;
}

// What a function of the application reads or remembers is not among the rows that are made.
function unknownFunction(call: Readonly<Record<string, unknown>>, view: CatalogView): string | null {
  const name = lastName(call["funcname"]);
  if (SESSION.test(name) && name !== "pg_typeof") return `it calls ${name}, whose value is not among the rows`;
  const own = view.of("function").find((one) => one.name === name);
  const head = own?.definition.split(/\bAS\b/i, 1)[0] ?? "";
  return own !== undefined && !/\bIMMUTABLE\b/i.test(head) ? `it calls ${name}, which is not immutable` : null;
}

function withParents(tables: readonly TableView[], view: CatalogView): readonly TableView[] {
  const all = new Map(tables.map((one) => [keyOf(one.table.schema, one.table.name), one]));
  const pending = [...tables];
  for (let table = pending.pop(); table !== undefined; table = pending.pop()) {
    for (const { references } of table.constraints) {
      if (references === null || all.has(keyOf(references.schema, references.table))) continue;
      const parent = view.table(references.schema, references.table);
      if (parent === undefined) continue;
      all.set(keyOf(references.schema, references.table), parent);
      pending.push(parent);
    }
  }
  return inOrder(
    [...all].map(([id, table]) => ({
      id,
      table,
      needs: table.constraints.flatMap(({ references }) => {
        const key = references === null ? null : keyOf(references.schema, references.table);
        return key === null || key === id ? [] : [key];
      }),
    })),
  ).map(({ table }) => table);
}
