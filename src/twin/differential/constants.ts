import type { Session } from "../../engines/postgres/driver.ts";
import type { Node } from "../../sql/nodes.ts";
import { nodesOf } from "../../sql/walk.ts";

/** Constants of both statements as text, those that conditions turn on. */
export function constantsOf(nodes: readonly Node[]): readonly string[] {
  const found = new Set<string>();
  for (const root of nodes) {
    for (const { type, node } of nodesOf(root)) {
      if (type !== "A_Const") continue;
      const { ival, fval, sval } = node as {
        ival?: { ival?: number };
        fval?: { fval?: string };
        sval?: { sval?: string };
      };
      const text = sval?.sval ?? fval?.fval ?? (ival === undefined ? undefined : String(ival.ival ?? 0));
      if (text !== undefined && text.length <= 200) found.add(text);
    }
  }
  return [...found].slice(0, 30);
}

const NOW =
  /^(?:now|statement_timestamp|transaction_timestamp|clock_timestamp|SVFOP_(?:CURRENT|LOCAL)(?:_?DATE|_?TIME(?:STAMP)?)(?:_N)?)$/;
const SPAN = /^\d{1,4} ?(?:second|minute|hour|day|week|month|year)s?$/i;

/** Moments that statements turn on which ask for the time: this one, and as far from it as their constants say. */
export async function momentsOf(session: Session, nodes: readonly Node[]): Promise<readonly string[]> {
  const asks = nodes.some((root) =>
    [...nodesOf(root)].some(({ type, node }) => {
      if (type === "SQLValueFunction") return NOW.test(String(node["op"]));
      const names = type === "FuncCall" ? (node["funcname"] as readonly { String?: { sval?: string } }[]) : [];
      return NOW.test(names.at(-1)?.String?.sval ?? "");
    }),
  );
  if (!asks) return [];
  const shifts = constantsOf(nodes).flatMap((text) =>
    /^\d{1,3}$/.test(text) ? [`${text} days`] : SPAN.test(text) ? [text] : [],
  );
  const { rows } = await session.query<{ moment: string }>(
    `SELECT DISTINCT to_char(localtimestamp + sign * shift::interval, 'YYYY-MM-DD HH24:MI:SS') AS moment
     FROM unnest($1::text[]) AS shift, (VALUES (1), (-1)) AS way (sign) ORDER BY moment`,
    [["0 days", ...new Set(shifts)].slice(0, 5)],
  );
  return rows.map(({ moment }) => moment);
}
