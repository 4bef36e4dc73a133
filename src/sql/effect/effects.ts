import type { Node } from "libpg-query";
import { invalid } from "../../model/error.ts";
import type { Effect } from "../../model/plan.ts";
import { parseSql } from "../parse.ts";
import { alterTable } from "./alter-table.ts";
import { createRule, createStatistics, createTrigger, describe, policy, publication } from "./attached.ts";
import { drop } from "./drops.ts";
import { createIndex, reindex } from "./indexes.ts";
import { cluster, copy, lockTable, refresh, truncate, vacuum } from "./maintenance.ts";
import { rename, setSchema } from "./renames.ts";
import { insert, merge, readRelations, remove, update } from "./rows.ts";
import { Scene } from "./scene.ts";
import type { EffectContext } from "./scene.ts";
import { createTable, createTableAs } from "./tables.ts";
import { alterDomain, alterSequence, createSequence, createView } from "./types-and-views.ts";

export type { EffectContext } from "./scene.ts";

type UnionToIntersection<U> = (U extends unknown ? (of: U) => void : never) extends (of: infer I) => void ? I : never;
type NodeMap = UnionToIntersection<Node>;

type Families = { readonly [K in keyof NodeMap]?: (statement: NodeMap[K], scene: Scene) => void };

/** Which function knows which statement. What is not listed locks no relation: roles, functions, settings, grants. */
const FAMILIES: Families = {
  AlterTableStmt: alterTable,
  CreateStmt: createTable,
  CreateForeignTableStmt: ({ base }, scene) => createTable(base ?? {}, scene),
  CreateTableAsStmt: createTableAs,
  IndexStmt: createIndex,
  ReindexStmt: reindex,
  DropStmt: drop,
  RenameStmt: rename,
  AlterObjectSchemaStmt: setSchema,
  CreateTrigStmt: createTrigger,
  RuleStmt: createRule,
  CreatePolicyStmt: policy,
  AlterPolicyStmt: policy,
  CreateStatsStmt: createStatistics,
  CommentStmt: describe,
  SecLabelStmt: describe,
  CreatePublicationStmt: publication,
  AlterPublicationStmt: publication,
  ViewStmt: createView,
  AlterDomainStmt: alterDomain,
  CreateSeqStmt: createSequence,
  AlterSeqStmt: alterSequence,
  InsertStmt: insert,
  UpdateStmt: update,
  DeleteStmt: remove,
  MergeStmt: merge,
  SelectStmt: (statement, scene) => readRelations({ SelectStmt: statement }, scene),
  TruncateStmt: truncate,
  VacuumStmt: vacuum,
  ClusterStmt: cluster,
  RefreshMatViewStmt: refresh,
  LockStmt: lockTable,
  CopyStmt: copy,
  ExplainStmt: ({ query }, scene) => {
    if (query !== undefined) look(query, scene);
  },
  DropdbStmt: ({ dbname }, scene) => scene.lose(`the database ${dbname ?? ""} and everything in it`),
};

function look(node: Node, scene: Scene): void {
  for (const [type, statement] of Object.entries(node)) {
    const family = FAMILIES[type as keyof NodeMap] as ((statement: unknown, scene: Scene) => void) | undefined;
    family?.(statement, scene);
  }
}

/**
 * What one parsed PostgreSQL statement does to a database in use: the strongest lock on each relation that it names
 * or that is known to hang on one, what it writes anew, what it reads whole under its lock, and what it destroys.
 * Relations are spelled with their schema. What stands inside a function's body is not looked at.
 *
 * From the server's manual ("Explicit Locking" and the pages of the statements) and its sources; held against a
 * running server by effects.test.ts.
 */
export function effectsOf(statement: Node, context: EffectContext = {}): Effect {
  const scene = new Scene(context);
  look(statement, scene);
  return scene.finish();
}

/** {@link effectsOf} of SQL text with one statement. Throws `invalid` (exit 2) for text that does not parse as one. */
export async function effectsOfSql(sql: string, context: EffectContext = {}): Promise<Effect> {
  const parsed = await parseSql(sql);
  if (!parsed.ok) {
    const { message, line, column } = parsed.error;
    throw invalid({
      what: message,
      where: `line ${line}, column ${column} of a statement`,
      expected: "one SQL statement",
    });
  }
  const [first, second] = parsed.value;
  if (first === undefined || second !== undefined)
    throw invalid({ what: `the text holds ${parsed.value.length} statements`, expected: "one SQL statement" });
  return effectsOf(first.node, context);
}
