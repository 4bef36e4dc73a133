import type { Statement } from "../../model/statement.ts";
import type { ScriptStyle } from "../migration/script-style.ts";
import { templateLiteral } from "../migration/template-literal.ts";

/** What a Knex migration is made of. */
export interface KnexMigration {
  readonly up: readonly Statement[];
  readonly down: readonly Statement[];
  /** A few words; becomes the comment at the head of the file. */
  readonly description: string;
  /** Default TypeScript. */
  readonly language?: ScriptStyle["language"];
}

/**
 * The name of a migration file, `YYYYMMDDHHMMSS_description.ts` (or another ending) in UTC, as `knex migrate:make` names them.
 * The description is cut to 80 characters of `[a-z0-9_]`.
 */
export function knexFileName(at: Date, description: string, ending = "ts"): string {
  const stamp = at.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const words = description
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .match(/[a-z0-9]+/g) ?? ["migration"];
  return `${stamp}_${words.join("_").slice(0, 80).replace(/_$/, "")}.${ending}`;
}

/**
 * Writes a migration for Knex 1 and later, in TypeScript or JavaScript. Every statement goes through `knex.raw` unchanged,
 * whatever it holds. Where a statement may not run in a transaction, the file opts out of Knex's own and
 * wraps the runs of statements between such statements in transactions itself.
 */
export function writeKnex(migration: KnexMigration): string {
  const atomic = [...migration.up, ...migration.down].every((statement) => statement.transactional);
  const title = migration.description.replaceAll(/\s+/g, " ").trim();
  const { language = "typescript" } = migration;
  const [knex, promise] = language === "typescript" ? ["knex: Knex", ": Promise<void>"] : ["knex", ""];
  const head = (way: string): string =>
    language === "commonjs"
      ? `exports.${way} = async function ${way}(${knex}) {`
      : `export async function ${way}(${knex})${promise} {`;
  const end = language === "commonjs" ? "};" : "}";
  const lines = [
    ...(language === "typescript" ? ['import type { Knex } from "knex";', ""] : []),
    ...(title === "" ? [] : [`// ${title}`, ""]),
    ...(atomic
      ? []
      : ["// Some statements refuse to run inside a transaction: if one of them fails, what ran before it stays."]),
    `${language === "commonjs" ? "exports.config" : "export const config"} = { transaction: ${atomic} };`,
    "",
    head("up"),
    ...body(migration.up, atomic),
    end,
    "",
    head("down"),
    ...body(migration.down, atomic),
    end,
  ];
  return `${lines.join("\n")}\n`;
}

function body(statements: readonly Statement[], atomic: boolean): string[] {
  if (statements.length === 0) return ["  await Promise.resolve(knex);"];
  if (atomic) return statements.map((statement) => call("knex", statement.sql, "  "));
  const lines: string[] = [];
  let open = false;
  for (const statement of statements) {
    if (statement.transactional && !open) lines.push("  await knex.transaction(async (trx) => {");
    if (!statement.transactional && open) lines.push("  });");
    open = statement.transactional;
    lines.push(open ? call("trx", statement.sql, "    ") : call("knex", statement.sql, "  "));
  }
  if (open) lines.push("  });");
  return lines;
}

/*
 * Knex turns every `?` into a placeholder, bindings or none, and reads `\?` as a literal `?` (positionBindings
 * in its PostgreSQL client). It swallows all backslashes before a `?`, so a text with `\?` cannot be escaped:
 * that statement is handed to the driver as its own option, past the placeholder step.
 */
function call(knex: string, sql: string, indent: string): string {
  if (/\\\?/.test(sql)) {
    return `${indent}await ${knex}.raw("-- see text").options({ text: ${templateLiteral(sql)} });`;
  }
  return `${indent}await ${knex}.raw(${templateLiteral(sql.replaceAll("?", "\\?"))});`;
}
