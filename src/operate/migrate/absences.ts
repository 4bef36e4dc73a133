import type { Migration } from "../../model/migration.ts";
import { parseSql } from "../../sql/parse.ts";

type Loose = Readonly<Record<string, unknown>>;

// What code names, by the word of the statement that drops it.
const NAMED: Readonly<Record<string, string>> = {
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "view",
  OBJECT_TABLE: "table",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "function",
  OBJECT_ROUTINE: "function",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
};

const textOf = (node: unknown): string => {
  const { String: text } = node as { readonly String?: { readonly sval?: string } };
  return text?.sval ?? "";
};

const path = (names: readonly unknown[]): string => {
  const [schema, name] = names.slice(-2).map(textOf);
  return name === undefined ? `public.${schema ?? ""}` : `${schema}.${name}`;
};

const relation = (node: unknown): string => {
  const { schemaname, relname } = (node ?? {}) as { readonly schemaname?: string; readonly relname?: string };
  return `${schemaname ?? "public"}.${relname ?? ""}`;
};

function dropped(node: Loose): readonly string[] {
  const kind = NAMED[String(node["removeType"])];
  if (kind === undefined) return [];
  return ((node["objects"] ?? []) as readonly Loose[]).map((object) => {
    const { List: list, ObjectWithArgs: routine, TypeName: type } = object as Readonly<Record<string, Loose>>;
    const names = list?.["items"] ?? routine?.["objname"] ?? type?.["names"] ?? [];
    return `${kind} ${path(names as readonly unknown[])}`;
  });
}

function made(type: string, node: Loose): string | null {
  switch (type) {
    case "ViewStmt":
      return `view ${relation(node["view"])}`;
    case "CreateTableAsStmt":
      return `${node["objtype"] === "OBJECT_MATVIEW" ? "view" : "table"} ${relation((node["into"] as Loose | undefined)?.["rel"])}`;
    case "CreateStmt":
      return `table ${relation(node["relation"])}`;
    case "CreateSeqStmt":
      return `sequence ${relation(node["sequence"])}`;
    case "CompositeTypeStmt":
      return `type ${relation(node["typevar"])}`;
    case "CreateFunctionStmt":
      return `function ${path((node["funcname"] ?? []) as readonly unknown[])}`;
    case "CreateEnumStmt":
    case "CreateRangeStmt":
      return `type ${path((node["typeName"] ?? []) as readonly unknown[])}`;
    case "CreateDomainStmt":
      return `type ${path((node["domainname"] ?? []) as readonly unknown[])}`;
    default:
      return null;
  }
}

/**
 * What migrations drop in one transaction and build again in another: in between no code finds it. In words, each with
 * both places. An unqualified name counts as one of `public`.
 */
export async function absencesIn(migrations: readonly Migration[]): Promise<readonly string[]> {
  const gone = new Map<string, { readonly where: string; readonly transaction: string | null }>();
  const found: string[] = [];
  for (const { file, steps } of migrations) {
    for (const step of steps) {
      const where = `${file}:${step.line}`;
      const transaction = step.transaction === null ? null : `${file} ${step.transaction}`;
      const parsed = await parseSql(step.sql);
      for (const statement of parsed.ok ? parsed.value : []) {
        const [type, node] = Object.entries(statement.node)[0] as [string, Loose];
        if (type === "DropStmt") for (const key of dropped(node)) gone.set(key, { where, transaction });
        const key = made(type, node);
        const away = key === null ? undefined : gone.get(key);
        if (key === null || away === undefined) continue;
        gone.delete(key);
        if (transaction === null || transaction !== away.transaction)
          found.push(`${key} from ${away.where} to ${where}`);
      }
    }
  }
  return found;
}
