import { bareStatement } from "../migration/write.ts";
import { scriptStyleOf } from "../migration/script-style.ts";
import { slugOf } from "../migration/stamp.ts";
import { templateLiteral } from "../migration/template-literal.ts";
import { undoOf } from "../migration/writer.ts";
import type { MigrationWriter } from "../migration/writer.ts";

const call = (sql: string): string => `    await queryRunner.query(${templateLiteral(bareStatement(sql))});`;

const way = (name: string, typed: boolean): string =>
  typed ? `  public async ${name}(queryRunner: QueryRunner): Promise<void> {` : `  async ${name}(queryRunner) {`;

const className = (name: string): string =>
  slugOf(name)
    .split("_")
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join("")
    .replace(/^(?=\d)/, "M");

// TypeORM's transaction is left for statements that refuse one; whoever put it around the migration finds one again.
const outside = (calls: readonly string[]): readonly string[] => [
  "    const inTransaction = queryRunner.isTransactionActive;",
  "    if (inTransaction) await queryRunner.commitTransaction();",
  ...calls,
  "    if (inTransaction) await queryRunner.startTransaction();",
];

const body = (steps: readonly { readonly sql: string; readonly transactional: boolean }[]): readonly string[] => {
  const calls = steps.map(({ sql }) => call(sql));
  return steps.every(({ transactional }) => transactional) ? calls : outside(calls);
};

/**
 * Migrations of TypeORM: `<milliseconds>-Name.ts` (or the ending of the folder's scripts) with a class whose name ends in
 * the stamp, by which TypeORM orders them. `transaction = false` would be TypeORM's own way out of its transaction, but
 * is refused where all migrations run in one (the default of `migration:run`) and passed over by `migration:revert`:
 * statements that refuse a transaction therefore end and begin it themselves.
 */
export const typeormMigrations: MigrationWriter = {
  format: "typeorm",
  mixesTransactions: false,
  write({ at, name, steps }, folder) {
    const { ending, language } = scriptStyleOf(folder) ?? { ending: "ts", language: "typescript" };
    const typed = language === "typescript";
    const stamp = at.getTime();
    const own = className(name);
    const down = undoOf(steps);
    const atomic = [...steps, ...down].every(({ transactional }) => transactional);
    const lines = [
      ...(typed ? ['import type { MigrationInterface, QueryRunner } from "typeorm";', ""] : []),
      language === "commonjs"
        ? `module.exports = class ${own}${stamp} {`
        : `export class ${own}${stamp}${typed ? " implements MigrationInterface" : ""} {`,
      `  name = "${own}${stamp}";`,
      "",
      way("up", typed),
      ...body(steps),
      "  }",
      "",
      way("down", typed),
      ...body(down),
      "  }",
      language === "commonjs" ? "};" : "}",
    ];
    const id = `${stamp}-${own}`;
    return {
      id,
      files: [{ path: `${id}.${ending}`, text: `${lines.join("\n")}\n` }],
      notes: atomic
        ? []
        : [`${id} ends TypeORM's transaction for a statement that refuses one: if it fails, what ran before it stays`],
    };
  },
};
