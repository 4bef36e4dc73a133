import { bareStatement } from "../migration/write.ts";
import { slugOf } from "../migration/stamp.ts";
import { templateLiteral } from "../migration/template-literal.ts";
import { undoOf } from "../migration/writer.ts";
import type { MigrationWriter } from "../migration/writer.ts";

const call = (sql: string): string => `    await queryRunner.query(${templateLiteral(bareStatement(sql))});`;

const className = (name: string): string =>
  slugOf(name)
    .split("_")
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join("")
    .replace(/^(?=\d)/, "M");

/**
 * Migrations of TypeORM: `<milliseconds>-Name.ts` with a class whose name ends in the stamp, by which TypeORM orders
 * them. `transaction = false` takes it out of TypeORM's transaction; the data source must then be run with
 * `--transaction each` or `none`.
 */
export const typeormMigrations: MigrationWriter = {
  format: "typeorm",
  mixesTransactions: false,
  write({ at, name, steps }) {
    const stamp = at.getTime();
    const own = className(name);
    const down = undoOf(steps);
    const atomic = [...steps, ...down].every(({ transactional }) => transactional);
    const lines = [
      'import type { MigrationInterface, QueryRunner } from "typeorm";',
      "",
      `export class ${own}${stamp} implements MigrationInterface {`,
      `  name = "${own}${stamp}";`,
      ...(atomic ? [] : ["  transaction = false;"]),
      "",
      "  public async up(queryRunner: QueryRunner): Promise<void> {",
      ...steps.map(({ sql }) => call(sql)),
      "  }",
      "",
      "  public async down(queryRunner: QueryRunner): Promise<void> {",
      ...down.map(({ sql }) => call(sql)),
      "  }",
      "}",
    ];
    const id = `${stamp}-${own}`;
    return {
      id,
      files: [{ path: `${id}.ts`, text: `${lines.join("\n")}\n` }],
      notes: atomic ? [] : [`${id} runs outside of a transaction: migration:run needs --transaction each`],
    };
  },
};
