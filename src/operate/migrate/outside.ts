import type { Node, RangeVar } from "libpg-query";
import type { Session } from "../../engines/postgres/driver.ts";
import { qualified } from "../../sql/identifier.ts";
import { parseSql } from "../../sql/parse.ts";

/**
 * What a statement that may not run in a transaction left behind: `done` and `not done` speak for themselves; `half`:
 * something is there that must go before it is tried again; `unknown`: it leaves nothing by which one could tell.
 */
export type Outcome =
  | { readonly outcome: "done" | "not done" | "unknown" }
  | { readonly outcome: "half"; readonly what: string; readonly cleanup: readonly string[] };

/** How a statement's outcome is told from what is there before and after it. */
export interface Trace {
  /** What is there now: object ids and states as the check needs them. */
  see(session: Session): Promise<readonly string[]>;
  judge(before: readonly string[], now: readonly string[]): Outcome;
  /** The same where nobody wrote down what was there before. */
  judgeBlind(now: readonly string[]): Outcome;
}

/** The trace of a statement; null for one that leaves none (VACUUM, REINDEX, CALL …). */
export async function traceOf(sql: string): Promise<Trace | null> {
  const parsed = await parseSql(sql);
  const node = parsed.ok ? parsed.value[0]?.node : undefined;
  if (node === undefined) return null;
  return indexTrace(node) ?? dropTrace(node) ?? detachTrace(node) ?? databaseTrace(node);
}

/** Whether running the statement twice does the same as once, so that an unknown outcome does not matter. */
export async function mayRepeat(sql: string): Promise<boolean> {
  const parsed = await parseSql(sql);
  const [type = ""] = Object.keys((parsed.ok ? parsed.value[0]?.node : undefined) ?? {});
  return /^(?:VacuumStmt|ReindexStmt|ClusterStmt|AlterSystemStmt|RefreshMatViewStmt|CheckPointStmt)$/.test(type);
}

function nameOf({ schemaname, relname }: RangeVar): string {
  return qualified(schemaname ?? null, relname ?? "");
}

// One line per index of the table: its id, whether it is usable, its name with its schema.
const INDEXES = `
  SELECT c.oid::pg_catalog.int8 || ' ' || (i.indisvalid AND i.indisready) || ' ' ||
         pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS line,
         c.relname::pg_catalog.text AS name
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indrelid = pg_catalog.to_regclass($1) AND ($2::pg_catalog.text IS NULL OR c.relname = $2) ORDER BY 1`;

function indexTrace(node: Node): Trace | null {
  if (!("IndexStmt" in node) || node.IndexStmt.relation === undefined) return null;
  const { relation, idxname, if_not_exists } = node.IndexStmt;
  const trace: Trace = {
    see: async (session) => {
      const { rows } = await session.query<{ line: string }>(INDEXES, [nameOf(relation), idxname ?? null]);
      return rows.map(({ line }) => line);
    },
    judge: (before, now) => {
      const known = new Set(before.map((line) => line.split(" ")[0]));
      const index = now.map(partsOf).find(({ id }) => !known.has(id));
      if (index === undefined) {
        const there = now.some((line) => partsOf(line).valid);
        return { outcome: if_not_exists === true && there ? "done" : "not done" };
      }
      if (index.valid) return { outcome: "done" };
      return {
        outcome: "half",
        what: `the index ${index.name} is there and not valid`,
        cleanup: [`DROP INDEX CONCURRENTLY IF EXISTS ${index.name}`],
      };
    },
    // A name that the server chose cannot be told from others.
    judgeBlind: (now) => (idxname === undefined ? { outcome: "unknown" } : trace.judge([], now)),
  };
  return trace;
}

function partsOf(line: string): { readonly id: string; readonly valid: boolean; readonly name: string } {
  const [id = "", valid = "", ...name] = line.split(" ");
  return { id, valid: valid === "true", name: name.join(" ") };
}

function dropTrace(node: Node): Trace | null {
  if (!("DropStmt" in node)) return null;
  const names = (node.DropStmt.objects ?? []).map((object) => {
    const parts = "List" in object ? (object.List.items ?? []) : [];
    const texts = parts.map((part) => ("String" in part ? (part.String.sval ?? "") : ""));
    return texts.length > 1 ? qualified(texts.at(-2) ?? "", texts.at(-1) ?? "") : qualified(null, texts[0] ?? "");
  });
  return {
    see: async (session) => {
      const { rows } = await session.query<{ id: string }>(
        `SELECT pg_catalog.to_regclass(name)::pg_catalog.oid::pg_catalog.int8::pg_catalog.text AS id
         FROM pg_catalog.unnest($1::pg_catalog.text[]) AS name`,
        [names],
      );
      return rows.flatMap(({ id }) => (id === null ? [] : [id]));
    },
    // What was there and is there still: the index is out of use, and the statement goes on where it was.
    judge: (before, now) => ({
      outcome: before.length > 0 && before.every((id) => !now.includes(id)) ? "done" : "not done",
    }),
    judgeBlind: (now) => ({ outcome: now.length === 0 ? "done" : "not done" }),
  };
}

function detachTrace(node: Node): Trace | null {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.relation === undefined) return null;
  const parent = nameOf(node.AlterTableStmt.relation);
  for (const command of node.AlterTableStmt.cmds ?? []) {
    const { subtype, def } = "AlterTableCmd" in command ? command.AlterTableCmd : {};
    const partition = def !== undefined && "PartitionCmd" in def ? def.PartitionCmd.name : undefined;
    if (subtype !== "AT_DetachPartition" || partition === undefined) continue;
    const child = nameOf(partition);
    const trace: Trace = {
      see: async (session) => {
        const { rows } = await session.query<{ state: string }>(
          `SELECT CASE WHEN inhdetachpending THEN 'pending' ELSE 'attached' END AS state FROM pg_catalog.pg_inherits
           WHERE inhparent = pg_catalog.to_regclass($1) AND inhrelid = pg_catalog.to_regclass($2)`,
          [parent, child],
        );
        return rows.map(({ state }) => state);
      },
      judge: (before, now) => {
        if (now.length === 0) return { outcome: before.length > 0 ? "done" : "not done" };
        if (now[0] === "attached") return { outcome: "not done" };
        // Finalising does what is left; the statement itself would then find nothing to do.
        return {
          outcome: "half",
          what: `${child} is half detached`,
          cleanup: [`ALTER TABLE ${parent} DETACH PARTITION ${child} FINALIZE`],
        };
      },
      judgeBlind: (now) => trace.judge(["attached"], now),
    };
    return trace;
  }
  return null;
}

function databaseTrace(node: Node): Trace | null {
  const name =
    "CreatedbStmt" in node ? node.CreatedbStmt.dbname : "DropdbStmt" in node ? node.DropdbStmt.dbname : undefined;
  if (name === undefined) return null;
  const creates = "CreatedbStmt" in node;
  return {
    see: async (session) => {
      const { rows } = await session.query<{ id: string }>(
        "SELECT oid::pg_catalog.int8::pg_catalog.text AS id FROM pg_catalog.pg_database WHERE datname = $1",
        [name],
      );
      return rows.map(({ id }) => id);
    },
    judge: (before, now) => {
      const there = now.some((id) => !creates || !before.includes(id));
      return { outcome: there === creates && (creates || before.length > 0) ? "done" : "not done" };
    },
    judgeBlind: (now) => ({ outcome: now.length > 0 === creates ? "done" : "not done" }),
  };
}
