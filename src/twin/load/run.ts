import type { Node } from "libpg-query";
import { parseSql } from "../../sql/parse.ts";
import { isCopyIn, scriptParts } from "../../sql/split.ts";
import { giftIn } from "../owners/lend.ts";
import { decide, namesMade, rolesIn } from "./classify.ts";
import type { Decision, TransactionKind } from "./classify.ts";
import { commentOnExtension, extensionStatement } from "./extensions.ts";
import { metaCommand } from "./meta.ts";
import { firstWords } from "./report.ts";
import type { ScriptText } from "./report.ts";
import { withVariables } from "./variables.ts";
import { ensureRole } from "./state.ts";
import type { Loading } from "./state.ts";
import type { Refusal } from "./session.ts";
import { withUserTriggers, withoutLeakproof, withoutTablespace } from "./clauses.ts";

// Statements on rows alone, told by their first word: large scripts hold hundred thousands of them.
const ROW_STATEMENT = /^(?:insert|update|delete|merge|truncate)\b/i;

/** What happens around one statement. */
interface Current {
  readonly file: string;
  readonly line: number;
  readonly sql: string;
  /** The rows that belong to a COPY. */
  readonly data: string | null;
}

/** Runs the pieces of one script in order; `tick` is called after each with the characters done. */
export async function runScript(
  loading: Loading,
  script: ScriptText,
  last: boolean,
  tick: (characters: number) => void,
): Promise<void> {
  const { file } = script;
  let copy: Omit<Current, "data"> | null = null;
  let done = 0;
  for (const part of scriptParts(script.text, file)) {
    const line = part.line + script.line - 1;
    if (copy !== null) {
      // The blank rest of a COPY line cannot stand between it and its data.
      await runStatement(loading, { ...copy, data: part.text });
      copy = null;
    } else if (part.kind === "meta") {
      const command = metaCommand(part.text);
      if (command.do === "quit") break;
      if (command.do === "set") loading.variables.set(command.name, command.value);
      if (command.do === "skip") loading.skipped.push({ file, line, what: firstWords(part.text), why: command.why });
      if (command.do === "connect") {
        const name = withVariables(command.database, loading.variables);
        if (name !== "") loading.connected = name;
        if (loading.session.inTransaction()) await loading.session.control("rollback", "ROLLBACK", file);
        loading.transaction = null;
        await loading.session.reset();
      }
    } else if (part.kind === "statement") {
      loading.statements++;
      const current = { file, line, sql: withVariables(part.text, loading.variables) };
      if (isCopyIn(part.text)) copy = current;
      else await runStatement(loading, { ...current, data: null });
    }
    tick((done += part.text.length));
  }
  if (last && loading.session.inTransaction()) await closeTransaction(loading, file);
}

// A script that ends inside a transaction is cut off: what ran is kept, and the report says so.
async function closeTransaction(loading: Loading, file: string): Promise<void> {
  const line = loading.transaction?.line ?? 1;
  loading.transaction = null;
  const refusal = await loading.session.control("commit", "COMMIT", `${file}:${line}`);
  const message = refusal?.message ?? "the script ends inside the transaction that begins here";
  await refuse(loading, { file, line, sql: "BEGIN", data: null }, null, {
    sqlstate: "25P01",
    message,
    hint: "the file may be cut off: it should end with COMMIT",
    index: null,
    object: null,
  });
}

async function runStatement(loading: Loading, current: Current): Promise<void> {
  const { node, decision } = await decisionFor(loading, current);
  const place = { file: current.file, line: current.line, what: firstWords(current.sql) };
  const where = `${current.file}:${current.line}`;
  if (decision.do === "ignore") {
    loading.ignored[decision.as]++;
    if (decision.as === "ownership" && node !== null) await noteGift(loading, current.sql, node);
  } else if (decision.do === "skip") {
    loading.skipped.push({ ...place, why: decision.why });
    for (const name of decision.names) loading.names.set(name, decision.why);
  } else if (decision.do === "transaction") await control(loading, current, node, decision.kind);
  else if (decision.do === "set") {
    const refusal = await loading.session.run(current.sql, where);
    if (refusal === null) loading.loaded++;
    else loading.skipped.push({ ...place, why: `the server refuses this setting: ${refusal.message}` });
  } else if (decision.do === "run") {
    for (const role of decision.roles) await ensureRole(loading, role, place);
    await runAsOwner(loading, current, node);
  } else await runRebuilt(loading, current, decision, place);
}

async function noteGift(loading: Loading, sql: string, node: Node): Promise<void> {
  const gift = giftIn(node);
  if (gift === null || !rolesIn(node).includes(gift.role)) return;
  const searchPath = gift.schema === null ? (await loading.session.state()).searchPath : null;
  loading.gifts.push({ sql, role: gift.role, searchPath });
}

async function control(loading: Loading, current: Current, node: Node | null, kind: TransactionKind): Promise<void> {
  const { file, line, sql } = current;
  const refusal = await loading.session.control(kind, sql, `${file}:${line}`);
  if (refusal !== null) await refuse(loading, current, node, refusal);
  const { transaction } = loading;
  if (kind === "begin") loading.transaction = transaction ?? { line, refused: loading.refused.length };
  else if (kind !== "savepoint") loading.transaction = null;
  if (kind === "rollback" && transaction !== null) {
    loading.refused.splice(transaction.refused);
    const why = `the script takes back what it did from line ${transaction.line} on`;
    loading.skipped.push({ file, line, what: firstWords(sql), why });
  }
}

// Statements of which only the names are taken over.
async function runRebuilt(
  loading: Loading,
  current: Current,
  decision: Extract<Decision, { do: "extension" | "drop extension" | "comment on extension" | "role" }>,
  place: { readonly file: string; readonly line: number; readonly what: string },
): Promise<void> {
  if (decision.do === "role") {
    await ensureRole(loading, decision.name, place);
    loading.loaded++;
  } else if (decision.do === "drop extension") {
    for (const name of decision.extensions) loading.wanted.set(name, false);
    loading.loaded++;
  } else if (decision.do === "comment on extension") {
    if (loading.missing.has(decision.extension)) return;
    await commentOnExtension(loading.admin, decision.extension, decision.comment).then(
      () => loading.loaded++,
      (error: Error) => loading.skipped.push({ ...place, why: error.message }),
    );
  } else {
    const { extension } = decision;
    loading.wanted.set(extension.name, true);
    if (loading.missing.has(extension.name)) return;
    // It is there already, unless the script has dropped it since: one that is trusted comes back.
    const refusal = await loading.session.run(extensionStatement(extension), `${current.file}:${current.line}`);
    if (refusal === null) loading.loaded++;
    else await refuse(loading, { ...current, sql: extensionStatement(extension) }, null, refusal);
  }
}

async function decisionFor(loading: Loading, current: Current): Promise<{ node: Node | null; decision: Decision }> {
  const onRows = current.data !== null || ROW_STATEMENT.test(current.sql);
  if (onRows) return { node: null, decision: loading.rows ? { do: "run", roles: [] } : { do: "ignore", as: "rows" } };
  const parsed = await parseSql(current.sql);
  const node = parsed.ok && parsed.value.length === 1 ? (parsed.value[0]?.node ?? null) : null;
  // What this grammar does not know, the server may: it says what is wrong with it.
  return { node, decision: node === null ? { do: "run", roles: [] } : decide(node, loading.rows) };
}

async function runAsOwner(loading: Loading, current: Current, node: Node | null): Promise<void> {
  const { file, line, data } = current;
  const sql = adjusted(loading, current, node);
  const where = `${file}:${line}`;
  const execute = (): Promise<Refusal | null> =>
    data === null ? loading.session.run(sql, where) : loading.session.copy(sql, data, where);
  let refusal = await execute();
  while (refusal !== null && (await makeRolesOf(loading, current, refusal))) refusal = await execute();
  if (refusal === null || isPresentSchema(loading, node, refusal)) {
    loading.loaded++;
    if (node !== null && namesMade(node).length > 0) loading.databases.add(loading.connected);
    return;
  }
  await refuse(loading, { ...current, sql }, node, refusal);
}

// The statement without what the twin has not (tablespaces) or a file is not given (LEAKPROOF).
function adjusted(loading: Loading, current: Current, node: Node | null): string {
  if (node === null) return current.sql;
  const sql = withUserTriggers(withoutTablespace(current.sql, node), node);
  const open = withoutLeakproof(sql, node);
  if (open !== sql) {
    const why = "LEAKPROOF needs a superuser: the function was made without it";
    loading.skipped.push({ file: current.file, line: current.line, what: firstWords(current.sql), why });
  }
  return open;
}

const ROLE_MADE = /\bcreate\s+(?:role|user|group)\s+(?:"((?:[^"]|"")+)"|([a-z_][\w$]*))/gi;

// Roles that the statement's tree does not show: those it lacks, named by the server, and those that a DO
// block would make where they do not exist. True when there is one more now, so that it is worth a retry.
async function makeRolesOf(loading: Loading, current: Current, refusal: Refusal): Promise<boolean> {
  const lacks = /^role "(.+)" does not exist$/.exec(refusal.message)?.[1];
  const names = lacks === undefined || refusal.sqlstate !== "42704" ? [] : [lacks];
  if (refusal.sqlstate === "42501" && /^do\b/i.test(current.sql)) {
    for (const [, quoted, bare] of current.sql.matchAll(ROLE_MADE))
      names.push(quoted?.replaceAll('""', '"') ?? bare?.toLowerCase() ?? "");
  }
  const before = loading.roles.size;
  const place = { file: current.file, line: current.line, what: firstWords(current.sql) };
  for (const name of names) await ensureRole(loading, name, place);
  return loading.roles.size > before;
}

// `public` is there from the start, and so are the schemas that extensions were put in.
function isPresentSchema(loading: Loading, node: Node | null, refusal: Refusal): boolean {
  if (refusal.sqlstate !== "42P06" || node === null || !("CreateSchemaStmt" in node)) return false;
  const { schemaname, schemaElts = [] } = node.CreateSchemaStmt;
  return schemaElts.length === 0 && schemaname !== undefined && loading.presentSchemas.has(schemaname);
}

async function refuse(loading: Loading, current: Current, node: Node | null, refusal: Refusal): Promise<void> {
  const { file, sql, data } = current;
  const before = refusal.index === null ? 0 : (sql.slice(0, refusal.index).match(/\n/g)?.length ?? 0);
  loading.refused.push({
    file,
    line: current.line + before,
    sql,
    data,
    node,
    refusal,
    session: await loading.session.state(),
  });
}
