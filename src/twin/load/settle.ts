import type { Node } from "libpg-query";
import { namesMade } from "./classify.ts";
import { excuseFor, hintFor, lacksRows, namesMissing } from "./excuse.ts";
import { firstWords } from "./report.ts";
import type { LoadFailure } from "./report.ts";
import type { Loading, Refused } from "./state.ts";

// What a later statement can mend: an undefined table, column, function, object or schema, a foreign key
// without its key, and for rows a foreign key without its row.
const MENDABLE = /^(?:42P01|42703|42883|42704|3F000|42830|23503)$/;
// Statements that mean the same at the end as at their place.
const REPEATABLE =
  /^(?:Create|Define|Index|View|Rule|Grant|AlterDefaultPrivileges|AlterSeq|Composite|Comment|AlterFunction|AlterTable)/;

/**
 * Tries again what was refused, since a script may use what it defines later (psql fails there too, but
 * dumps of several files are often joined in such an order). Returns how many statements it helped.
 */
export async function retryRefused(loading: Loading): Promise<number> {
  const { refused, session } = loading;
  let helped = 0;
  for (let progress = true; progress;) {
    progress = false;
    for (const statement of refused.filter(canRepeat)) {
      const where = `${statement.file}:${statement.line}`;
      await session.restore(statement.session);
      const refusal =
        statement.data === null
          ? await session.run(statement.sql, where)
          : await session.copy(statement.sql, statement.data, where);
      const position = refused.indexOf(statement);
      if (refusal !== null) {
        refused[position] = { ...statement, refusal };
        continue;
      }
      refused.splice(position, 1);
      loading.loaded++;
      helped++;
      progress = true;
    }
  }
  return helped;
}

function canRepeat({ refusal, node, data, sql }: Refused): boolean {
  if (!MENDABLE.test(refusal.sqlstate)) return false;
  if (node === null) return data !== null || /^insert\b/i.test(sql);
  return REPEATABLE.test(Object.keys(node)[0] ?? "") && !isDrop(node);
}

function isDrop(node: Node): boolean {
  if ("DropStmt" in node) return true;
  if (!("AlterTableStmt" in node)) return false;
  return (node.AlterTableStmt.cmds ?? []).some(
    (one) => "AlterTableCmd" in one && (one.AlterTableCmd.subtype ?? "").startsWith("AT_Drop"),
  );
}

/** A dump made with --clean drops what it makes afterwards: such a DROP works now, and is no failure. */
export async function forgiveDrops(loading: Loading): Promise<void> {
  const { refused, session } = loading;
  for (const statement of refused.filter(({ node }) => node !== null && isDrop(node))) {
    if (!MENDABLE.test(statement.refusal.sqlstate)) continue;
    await session.restore(statement.session);
    if ((await session.attempt(statement.sql, `${statement.file}:${statement.line}`)) !== null) continue;
    refused.splice(refused.indexOf(statement), 1);
    const { file, line, sql } = statement;
    loading.skipped.push({
      file,
      line,
      what: firstWords(sql),
      why: "there is nothing to drop yet; the script makes it later",
    });
  }
}

/** Moves the refused statements that something absent excuses to the skipped ones; the rest are failures. */
export function sortOut(loading: Loading): readonly LoadFailure[] {
  const { refused, skipped, names, missing } = loading;
  for (let progress = true; progress;) {
    progress = false;
    for (const statement of refused.slice()) {
      const rowless = !loading.rows && lacksRows(statement.refusal, statement.node);
      const why = rowless
        ? `it works on rows, which were left out (${statement.refusal.sqlstate})`
        : excuseFor(statement.refusal, { extensions: missing, names });
      if (why === null) continue;
      refused.splice(refused.indexOf(statement), 1);
      skipped.push({ file: statement.file, line: statement.line, what: firstWords(statement.sql), why });
      if (statement.node !== null) for (const name of namesMade(statement.node)) names.set(name, why);
      progress = true;
    }
  }
  return failuresOf(refused);
}

function failuresOf(refused: readonly Refused[]): LoadFailure[] {
  const failed = new Map<string, string>();
  return refused.map((statement): LoadFailure => {
    const { file, line, sql, node, refusal } = statement;
    const origin = namesMissing(refusal.message)
      .map((name) => failed.get(name))
      .find((place) => place !== undefined);
    if (node !== null) for (const name of namesMade(node)) failed.set(name, origin ?? `${file}:${line}`);
    const onRows = node === null && (statement.data !== null || /^(?:insert|update|delete|merge)\b/i.test(sql));
    const rowMessage = `rows were refused: ${refusal.object ?? "see the SQLSTATE"} (SQLSTATE ${refusal.sqlstate})`;
    return {
      file,
      line,
      statement: firstWords(sql),
      message: onRows && /^2[23]/.test(refusal.sqlstate) ? rowMessage : refusal.message,
      hint: origin === undefined ? hintFor(refusal, sql, node) : null,
      followsFrom: origin ?? null,
      sqlstate: refusal.sqlstate,
    };
  });
}
