import type { Node, RangeVar } from "libpg-query";
import { invalid } from "../../model/error.ts";
import type { Migration } from "../../model/migration.ts";
import { ident, qualified } from "../../sql/identifier.ts";
import { isTemporaryName } from "../../sql/temporary-name.ts";
import { effectsOf } from "../../sql/effect/effects.ts";
import { parseSql } from "../../sql/parse.ts";

/** Something that a statement destroys. */
export interface Loss {
  readonly migration: string;
  readonly step: number;
  /** In words: "the column public.task.title and its values". */
  readonly what: string;
  /** What acknowledges it: `drop column public.task.title`; the step's number does so, too. */
  readonly names: readonly string[];
  /** The table whose being empty makes it no loss, as SQL; null where that does not help. */
  readonly table: string | null;
}

/** What one statement destroys; null for nothing. `stated`: what its file says of it. */
export async function lossOf(
  sql: string,
  stated: string | null,
): Promise<Pick<Loss, "what" | "names" | "table"> | null> {
  const parsed = await parseSql(sql);
  const node = parsed.ok ? parsed.value[0]?.node : undefined;
  const what = stated ?? (node === undefined ? null : effectsOf(node).losesData);
  if (what === null) return null;
  const { names, table } = node === undefined ? { names: [], table: null } : namesIn(node);
  return { what, names, table };
}

/**
 * What the steps of migrations destroy, in order. `before`: the statements that have run by then, those of steps that
 * are done among them. What a step takes away is no loss where one of them has verified that it is held elsewhere, nor
 * where it was itself made on the way, to be there for a while.
 */
export async function lossesOf(
  migrations: readonly Migration[],
  before: readonly string[] = [],
): Promise<readonly Loss[]> {
  const losses: Loss[] = [];
  const ran = [...before];
  for (const { id, steps } of migrations) {
    for (const { number, sql, losesData, verified } of steps) {
      const loss = await lossOf(sql, losesData);
      if (loss !== null && !(verified !== undefined && isVerified(loss, verified, ran)) && !wasTakenOver(loss, ran))
        losses.push({ migration: id, step: number, ...loss });
      ran.push(sql);
    }
  }
  return losses;
}

// Only the strategies' own verifications count, which fail where a value is not what it is elsewhere; and one statement
// takes away one thing.
function isVerified({ names }: Pick<Loss, "names">, verified: string, ran: readonly string[]): boolean {
  const [name = ""] = names;
  if (names.length !== 1 || !/^drop (?:column|table) /.test(name) || verified.trim() === "") return false;
  return ran.some(
    (sql) =>
      /^\s*DO\s/i.test(sql) &&
      sql.includes("RAISE EXCEPTION 'dbwright: ") &&
      (sql.includes(verified) || sql.replaceAll("''", "'").includes(verified)),
  );
}

// A counter that holds the place of another one for a moment, or whose own place another one has taken.
function wasTakenOver({ names }: Pick<Loss, "names">, ran: readonly string[]): boolean {
  const [, what = "", path = ""] = /^drop (sequence|table) (.*)$/s.exec(names[0] ?? "") ?? [];
  if (names.length !== 1 || !isTemporaryName(path.split(".").at(-1)?.replaceAll('"', "") ?? "")) return false;
  return ran.some(
    (sql) =>
      sql.startsWith(`CREATE ${what.toUpperCase()} ${path} `) ||
      (sql.startsWith("SELECT pg_catalog.setval(") && sql.endsWith(` FROM ${path}`)),
  );
}

// Without a schema, `public` is what a reader of the file thinks of.
function spelled({ schemaname, relname }: RangeVar): string {
  return qualified(schemaname ?? "public", relname ?? "");
}

const DROPPED: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "drop table",
  OBJECT_FOREIGN_TABLE: "drop foreign table",
  OBJECT_SCHEMA: "drop schema",
  OBJECT_SEQUENCE: "drop sequence",
  OBJECT_TYPE: "drop type",
  OBJECT_DOMAIN: "drop domain",
  OBJECT_MATVIEW: "drop materialized view",
  OBJECT_EXTENSION: "drop extension",
};

function namesIn(node: Node): { readonly names: readonly string[]; readonly table: string | null } {
  if ("DropStmt" in node) {
    const { removeType = "OBJECT_TABLE", objects = [] } = node.DropStmt;
    const paths = objects.map((object) => pathOf(object, removeType));
    const [only] = paths;
    const table = removeType === "OBJECT_TABLE" && paths.length === 1 ? (only ?? null) : null;
    return { names: paths.map((path) => `${DROPPED[removeType] ?? "drop"} ${path}`), table };
  }
  if ("AlterTableStmt" in node && node.AlterTableStmt.relation !== undefined) {
    const table = spelled(node.AlterTableStmt.relation);
    const names = (node.AlterTableStmt.cmds ?? []).flatMap((command) => {
      const { subtype, name } = "AlterTableCmd" in command ? command.AlterTableCmd : {};
      if (subtype === "AT_AlterColumnType") return [`alter column ${table}.${ident(name ?? "")}`];
      return subtype === "AT_DropColumn" ? [`drop column ${table}.${ident(name ?? "")}`] : [];
    });
    return { names, table };
  }
  if ("TruncateStmt" in node) {
    const names = (node.TruncateStmt.relations ?? []).flatMap((one) =>
      "RangeVar" in one ? [`truncate ${spelled(one.RangeVar)}`] : [],
    );
    return { names, table: null };
  }
  if ("DeleteStmt" in node && node.DeleteStmt.relation !== undefined) {
    const table = spelled(node.DeleteStmt.relation);
    return { names: [`delete from ${table}`], table };
  }
  return { names: [], table: null };
}

const WITHOUT_SCHEMA = new Set(["OBJECT_SCHEMA", "OBJECT_EXTENSION"]);

function pathOf(object: Node, kind: string): string {
  const list =
    "List" in object ? (object.List.items ?? []) : "TypeName" in object ? (object.TypeName.names ?? []) : [object];
  const names = list.flatMap((item) => ("String" in item ? [item.String.sval ?? ""] : []));
  if (WITHOUT_SCHEMA.has(kind) || names.length > 1) return names.map(ident).join(".");
  return qualified("public", names[0] ?? "");
}

/**
 * Throws `invalid` (exit 2) unless each loss is acknowledged: by one of its names, by `step:N`, or, where several
 * migrations are at hand, by `step:ID:N`. An acknowledgement of something that does not happen is refused as well: it
 * may be a slip in a name.
 */
export function checkLosses(losses: readonly Loss[], allow: readonly string[], migrations: readonly string[]): void {
  const plain = (text: string): string => text.trim().replaceAll(/\s+/g, " ");
  const given = new Set(allow.map(plain));
  const acknowledges = (text: string, { names, step, migration }: Loss): boolean =>
    names.some((name) => plain(name).toLowerCase() === text.toLowerCase()) ||
    text === `step:${migration}:${step}` ||
    (text === `step:${step}` && migrations.length === 1);
  // A statement that drops two columns is acknowledged by naming both, or by its number.
  const open = losses.filter(
    (loss) =>
      ![...given].some((text) => text.startsWith("step:") && acknowledges(text, loss)) &&
      (loss.names.length === 0 ||
        !loss.names.every(
          (name) =>
            given.has(plain(name)) || [...given].some((text) => text.toLowerCase() === plain(name).toLowerCase()),
        )),
  );
  if (open.length > 0) {
    throw invalid(
      open.map((loss) => ({
        what: `this destroys ${loss.what}`,
        where: `step ${loss.step} of ${loss.migration}`,
        expected: "to be asked for by name; take a backup first",
        mend:
          loss.names.length > 0
            ? loss.names.map((name) => `--allow ${JSON.stringify(name)}`).join(" ")
            : `--allow step:${migrations.length === 1 ? "" : `${loss.migration}:`}${loss.step}`,
      })),
    );
  }
  const idle = [...given].find((text) => !losses.some((loss) => acknowledges(text, loss)));
  if (idle !== undefined) {
    throw invalid({
      what: `nothing that is to be run does ${JSON.stringify(idle)}`,
      where: "--allow",
      expected:
        losses.length === 0
          ? "no --allow: nothing is destroyed"
          : losses.map(({ names, step, migration }) => names[0] ?? `step:${migration}:${step}`).join(", "),
    });
  }
}
