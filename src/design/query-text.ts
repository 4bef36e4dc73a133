import type { BriefPattern } from "../model/brief.ts";
import type { RefKey } from "../model/ref.ts";
import { columnSql, ownKey } from "./conditions.ts";
import type { Draft, DraftTable } from "./draft-model.ts";
import type { Parameters } from "./parameters.ts";
import type { Scope } from "./scope.ts";

/** A query as text with its parameters. */
export interface QueryText {
  readonly sql: string;
  readonly binds: Parameters;
  /** Tables it reads beside the pattern's own. */
  readonly tables: readonly DraftTable[];
  readonly index?: RefKey | null;
  readonly note?: string;
}

/** The columns a read returns: those stated or all, and what it takes along through references. */
export function selectList(draft: Draft, pattern: BriefPattern, scope: Scope): readonly string[] {
  const { base } = scope;
  const own =
    pattern.fields === null
      ? base.table.columns
          .filter((column) => column.meaning !== "search")
          .map((column) => ({ at: base, column: column.name }))
      : [
          ...ownKey(draft, base).map((column) => ({ at: base, column })),
          ...pattern.fields.flatMap((path) => scope.columns(path)),
        ];
  const unique = [...new Set(own.map((target) => columnSql(draft, target)))];
  const along = pattern.with.flatMap((path) =>
    scope
      .columns(path)
      .map((target) => `${columnSql(draft, target)} AS ${draft.dialect.ident(`${target.at.alias}_${target.column}`)}`),
  );
  return [...unique, ...new Set(along)];
}

/** A list over several lines, a few items on each. */
export function wrapped(items: readonly string[]): string {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length < 96) lines[lines.length - 1] = `${last}, ${item}`;
    else lines.push(item);
  }
  return lines.join(",\n  ");
}

// A prefix is found by the operators of text_pattern_ops; only in their order does the index give sorted rows.
function directionSql(direction: "asc" | "desc", byPrefix: boolean): string {
  if (byPrefix) return direction === "desc" ? " USING ~>~" : " USING ~<~";
  return direction === "desc" ? " DESC" : "";
}

/** ORDER BY with the key as tie-break where a page ends by a limit, and LIMIT. */
export function orderAndLimit(draft: Draft, pattern: BriefPattern, scope: Scope): string {
  const prefixes = new Set(pattern.where.filter(({ comparison }) => comparison === "prefix").map(({ path }) => path));
  const keys = pattern.order.flatMap(({ path, direction }) =>
    scope.columns(path).map((target) => `${columnSql(draft, target)}${directionSql(direction, prefixes.has(path))}`),
  );
  const ties =
    pattern.limit !== null && pattern.limit > 1 && keys.length > 0
      ? ownKey(draft, scope.base).map(
          (column) =>
            `${columnSql(draft, { at: scope.base, column })}${pattern.order.at(-1)?.direction === "desc" ? " DESC" : ""}`,
        )
      : [];
  const order = [
    ...keys,
    ...ties.filter((tie) => !keys.some((key) => key.replace(/ DESC$/, "") === tie.replace(/ DESC$/, ""))),
  ];
  const limit = pattern.limit === null ? "" : `\nLIMIT ${pattern.limit}`;
  return `${order.length === 0 ? "" : `\nORDER BY ${order.join(", ")}`}${limit}`;
}
