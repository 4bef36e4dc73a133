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

/**
 * Migrations of TypeORM: `<milliseconds>-Name.ts` (or the ending of the folder's scripts) with a class whose name ends in the stamp, by which TypeORM orders
 * them. `transaction = false` takes it out of TypeORM's transaction; the data source must then be run with
 * `--transaction each` or `none`.
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
      ...(atomic ? [] : ["  transaction = false;"]),
      "",
      way("up", typed),
      ...steps.map(({ sql }) => call(sql)),
      "  }",
      "",
      way("down", typed),
      ...down.map(({ sql }) => call(sql)),
      "  }",
      language === "commonjs" ? "};" : "}",
    ];
    const id = `${stamp}-${own}`;
    return {
      id,
      files: [{ path: `${id}.${ending}`, text: `${lines.join("\n")}\n` }],
      notes: atomic ? [] : [`${id} runs outside of a transaction: migration:run needs --transaction each`],
    };
  },
};
