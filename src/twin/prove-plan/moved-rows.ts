import type { Session } from "../../engines/postgres/driver.ts";
import type { Catalog } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { ColumnMove } from "../../model/plan.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { refused } from "../prove/step.ts";

/**
 * Makes synthetic rows such that a column of theirs can move: rows that will share one row hold the same value, rows
 * that will have none hold none, and where TO wants a value there is one. What the server refuses stays as it is; the
 * plan then refuses the rows, and the proof says so.
 */
export async function fitRowsToMoves(
  session: Session,
  moves: readonly ColumnMove[],
  from: Catalog,
  to: Catalog,
): Promise<void> {
  const [before, after] = [viewOf(from), viewOf(to)];
  for (const move of moves) {
    const source = qualified(move.from.schema, move.from.table);
    const target = qualified(move.to.schema, move.to.table);
    const value = ident(move.from.column);
    const same = move.on.map((pair) => `o.${ident(pair.from)} = s.${ident(pair.from)}`).join(" AND ");
    const pairs = move.on.map((pair) => `t.${ident(pair.to)} = s.${ident(pair.from)}`).join(" AND ");
    const isThere = before.table(move.to.schema, move.to.table) !== undefined;
    const wanted = after
      .table(move.to.schema, move.to.table)
      ?.columns.some(({ name, notNull }) => name === move.to.column && notNull);
    const statements = [
      `UPDATE ${source} AS s SET ${value} = (SELECT o.${value} FROM ${source} AS o WHERE ${same} AND o.${value} IS NOT NULL ORDER BY o.ctid LIMIT 1)
        WHERE (SELECT pg_catalog.count(*) FROM ${source} AS o WHERE ${same}) > 1`,
      ...(wanted === true && isThere
        ? [
            `UPDATE ${source} SET ${value} = (SELECT o.${value} FROM ${source} AS o WHERE o.${value} IS NOT NULL LIMIT 1) WHERE ${value} IS NULL`,
            `DELETE FROM ${target} AS t WHERE NOT EXISTS (SELECT FROM ${source} AS s WHERE ${pairs})`,
          ]
        : []),
      ...(isThere
        ? [`UPDATE ${source} AS s SET ${value} = NULL WHERE NOT EXISTS (SELECT FROM ${target} AS t WHERE ${pairs})`]
        : []),
    ];
    for (const sql of statements)
      await session.execute(sql).catch((error: unknown) => {
        if (!refused(error)) throw error;
      });
  }
}
