import type { QueryParameter } from "../model/design.ts";
import { columnNamed } from "./draft.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import { baseType } from "./needs.ts";

/** Collects the parameters of a query in the order of their numbers. */
export interface Parameters {
  readonly list: QueryParameter[];
  /** Adds a parameter for a column's values; returns its placeholder. */
  add(table: DraftTable, column: string, role: QueryParameter["role"], type?: string): string;
}

/** No parameters yet. */
export function parameters(draft: Draft): Parameters {
  const list: QueryParameter[] = [];
  return {
    list,
    add: (table, column, role, type) => {
      const own = type ?? baseType(draft, columnNamed(table, column).type);
      list.push({ schema: table.schema, table: table.name, column, type: role === "list" ? `${own}[]` : own, role });
      return `$${list.length}`;
    },
  };
}
