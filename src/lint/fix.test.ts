import { describe, expect, test } from "vitest";
import { fixFiles } from "./fix.ts";
import { lintScripts } from "./lint.ts";
import type { LintOptions } from "./lint.ts";
import { scriptsIn } from "./marks.ts";
import { LINT_RULES } from "./registry.ts";

const only = (...ids: readonly string[]): LintOptions => ({ rules: LINT_RULES.filter(({ id }) => ids.includes(id)) });

async function fixed(text: string, options: LintOptions): Promise<string> {
  const { files } = await fixFiles([{ file: "a.sql", text }], options, "up");
  return files[0]?.text ?? "";
}

async function check(text: string, options: LintOptions, expected: string): Promise<void> {
  const once = await fixed(text, options);
  expect(once).toBe(expected);
  expect(await fixed(once, options)).toBe(once);
  const { findings, errors } = await lintScripts(scriptsIn("a.sql", once), options);
  expect(errors).toEqual([]);
  expect(findings.filter(({ rewriting }) => rewriting?.safety === "safe")).toEqual([]);
}

describe("safe rewritings", () => {
  test.each([
    [
      "an index",
      "CREATE INDEX i ON t (a);\n",
      ["create-index-blocks-writes"],
      "CREATE INDEX CONCURRENTLY i ON t (a);\n",
    ],
    [
      "an index in a transaction",
      "begin;\nalter table t add column a int;\ncreate unique index i on t (a);\ninsert into u (x) values (1);\ncommit;\n",
      ["create-index-blocks-writes", "concurrently-in-transaction"],
      "begin;\nalter table t add column a int;\ncommit;\ncreate unique index concurrently i on t (a);\nbegin;\ninsert into u (x) values (1);\ncommit;\n",
    ],
    [
      "an index in a file of dbmate",
      "-- migrate:up\nCREATE INDEX i ON t (a);\n-- migrate:down\nDROP INDEX i;\n",
      ["create-index-blocks-writes", "drop-index-blocks-reads"],
      "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON t (a);\n-- migrate:down\nDROP INDEX i;\n",
    ],
    [
      "an index in a file of goose",
      "-- +goose Up\nCREATE INDEX i ON t (a);\n",
      ["create-index-blocks-writes"],
      "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (a);\n",
    ],
    [
      "an index in a file of sql-migrate",
      "-- +migrate Up\nCREATE INDEX i ON t (a);\n",
      ["create-index-blocks-writes"],
      "-- +migrate Up notransaction\nCREATE INDEX CONCURRENTLY i ON t (a);\n",
    ],
    [
      "a foreign key without a name, beside another command",
      "ALTER TABLE t ADD COLUMN a int, ADD FOREIGN KEY (a, b) REFERENCES u (x, y);",
      ["foreign-key-validates-under-lock"],
      "-- dbwright:no-transaction\nALTER TABLE t ADD COLUMN a int, ADD CONSTRAINT t_a_b_fkey FOREIGN KEY (a, b) REFERENCES u (x, y) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT t_a_b_fkey;",
    ],
    [
      "a check in a transaction",
      "BEGIN; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND b IN (1, 2)); COMMIT;",
      ["check-validates-under-lock", "validate-in-the-same-transaction"],
      "BEGIN; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND b IN (1, 2)) NOT VALID;\nCOMMIT;\nBEGIN;\nALTER TABLE t VALIDATE CONSTRAINT c; COMMIT;",
    ],
    [
      "NOT NULL",
      'ALTER TABLE app."T" ALTER COLUMN "a b" SET NOT NULL;',
      ["set-not-null-scans-table", "check-validates-under-lock"],
      '-- dbwright:no-transaction\nALTER TABLE app."T" ADD CONSTRAINT "T_a b_not_null" CHECK ("a b" IS NOT NULL) NOT VALID;\nALTER TABLE app."T" VALIDATE CONSTRAINT "T_a b_not_null";\nALTER TABLE app."T" ALTER COLUMN "a b" SET NOT NULL;\nALTER TABLE app."T" DROP CONSTRAINT "T_a b_not_null";',
    ],
    [
      "a unique constraint",
      "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b) DEFERRABLE;",
      ["unique-constraint-builds-index"],
      "CREATE UNIQUE INDEX CONCURRENTLY u ON t (a, b);\nALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX u DEFERRABLE;",
    ],
    [
      "the wait for a lock",
      "ALTER TABLE t ADD COLUMN a int;\nALTER TABLE t ADD COLUMN b int;",
      ["no-lock-timeout"],
      "SET LOCAL lock_timeout = '2s';\nALTER TABLE t ADD COLUMN a int;\nALTER TABLE t ADD COLUMN b int;",
    ],
    [
      "a partition that is detached",
      "ALTER TABLE e DETACH PARTITION p;",
      ["detach-partition-blocks"],
      "ALTER TABLE e DETACH PARTITION p CONCURRENTLY;",
    ],
    ["a transaction left open", "BEGIN;\nSELECT 1;\n", ["transaction-left-open"], "BEGIN;\nSELECT 1;\nCOMMIT;\n"],
    [
      "what runs twice",
      "DROP INDEX CONCURRENTLY i;\nDROP TABLE x;",
      ["not-repeatable"],
      "DROP INDEX CONCURRENTLY IF EXISTS i;\nDROP TABLE IF EXISTS x;",
    ],
    [
      "what is not safe to write",
      "ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid();",
      ["add-column-with-volatile-default"],
      "ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid();",
    ],
    [
      "a byte order mark and the line ends of Windows",
      "\uFEFFALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES u (id);\r\nSELECT 1;\r\n",
      ["foreign-key-validates-under-lock"],
      "\uFEFF-- dbwright:no-transaction\r\nALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES u (id) NOT VALID;\r\nALTER TABLE t VALIDATE CONSTRAINT f;\r\nSELECT 1;\r\n",
    ],
    [
      "a body",
      "DO $$ BEGIN CREATE INDEX i ON t (a); END $$;",
      ["create-index-blocks-writes"],
      "DO $$ BEGIN CREATE INDEX i ON t (a); END $$;",
    ],
  ] as const)("%s", (_name, text, rules, expected) => check(text, only(...rules), expected));

  test("what a tool would run in a transaction is left to a person, and that is said", async () => {
    const text = "CREATE INDEX i ON t (a);";
    const options = { ...only("create-index-blocks-writes"), assumeInTransaction: true };
    const result = await fixFiles([{ file: "a.sql", text }], options, "up");
    expect(result.files[0]?.text).toBe(text);
    expect(result.left).toMatchObject([{ file: "a.sql", line: 1, rule: "create-index-blocks-writes" }]);
  });

  test("with all rules at once, files come to rest", async () => {
    for (const rule of LINT_RULES)
      for (const example of rule.fails) {
        const text = typeof example === "string" ? example : example.sql;
        const once = await fixed(text, { rules: LINT_RULES });
        expect(await fixed(once, { rules: LINT_RULES })).toBe(once);
        const { errors } = await lintScripts(scriptsIn("a.sql", once), { rules: LINT_RULES });
        expect(errors).toEqual([]);
      }
  });
});
