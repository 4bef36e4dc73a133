import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import { inOrder } from "../../model/order.ts";
import type { Node } from "../../sql/nodes.ts";
import { parseSql } from "../../sql/parse.ts";
import { nodesOf } from "../../sql/walk.ts";

/** The tables whose rows decide what statements answer, parents of foreign keys first; or why that is not known. */
export type InvolvedTables =
  | { readonly ok: true; readonly tables: readonly TableView[] }
  | { readonly ok: false; readonly why: string };

/** More tables than this take more rows to meet than a trial makes. */
const TABLES_MAX = 20;

const keyOf = (schema: string | null, name: string): string => JSON.stringify([schema, name]);

/** Finds all tables that statements read, through views, with those that their foreign keys need. */
export async function involvedTables(statements: readonly Node[], view: CatalogView): Promise<InvolvedTables> {
  const found = new Map<string, TableView>();
  const seenViews = new Set<string>();
  const pending: Node[] = [...statements];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const inner = new Set<string>();
    for (const { type, node: one } of nodesOf(node))
      if (type === "CommonTableExpr" && typeof one["ctename"] === "string") inner.add(one["ctename"]);
    for (const { type, node: one } of nodesOf(node)) {
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
        found.set(keyOf(table.table.schema, table.table.name), table);
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
      pending.push(...parsed.value.map((each) => each.node));
    }
  }
  const all = withParents([...found.values()], view);
  if (all.length > TABLES_MAX)
    return { ok: false, why: `it needs rows in ${all.length} tables; at most ${TABLES_MAX} are filled` };
  return { ok: true, tables: all };
}

function tableNamed(view: CatalogView, schema: string | null, name: string): TableView | null {
  if (schema !== null) return view.table(schema, name) ?? null;
  return view.table("public", name) ?? view.tables.find(({ table }) => table.name === name) ?? null;
}

// What a function of the application reads or remembers is not among the rows that are made.
function unknownFunction(call: Readonly<Record<string, unknown>>, view: CatalogView): string | null {
  const names = (call["funcname"] as readonly { String?: { sval?: string } }[] | undefined) ?? [];
  const name = names.at(-1)?.String?.sval ?? "";
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
