import type { SchemaCases } from "../../twin/prove/test-cases.ts";
import type { ProjectFile } from "./write.ts";

/** The test program; what it tries stands in the JSON file beside it. */
export const TEST_FILE = "tests/schema.test.mjs";
/** The cases that {@link TEST_FILE} reads. */
export const CASES_FILE = "tests/schema.cases.json";

// Plain JavaScript for Node's own test runner: it runs in any project that has the `pg` package.
const PROGRAM = `// Tests of the schema: constraints refuse bad rows, and tenants do not see each other.
//
//   DATABASE_URL=postgres://… node --test tests/
//
// The database must have the first migration applied. Everything happens in one transaction that is rolled
// back, so the database is left as it was. The user must own the tables (or be a superuser).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import pg from "pg";

const cases = JSON.parse(readFileSync(new URL("./schema.cases.json", import.meta.url), "utf8"));
const url = process.env.DATABASE_URL;
const client = new pg.Client({ connectionString: url });

before(async () => {
  assert.ok(url, "set DATABASE_URL to a database with the first migration applied");
  await client.connect();
  await client.query("BEGIN");
  for (const statement of cases.open) await client.query(statement);
  for (const row of cases.rows) await client.query(row.sql);
});

after(async () => {
  await client.query("ROLLBACK").catch(() => {});
  await client.end();
});

// Runs a statement and takes it back; deferred constraints are checked too.
async function attempt(...statements) {
  await client.query("SAVEPOINT attempt");
  try {
    let result;
    for (const [sql, values] of statements) result = await client.query(sql, values);
    await client.query("SET CONSTRAINTS ALL IMMEDIATE");
    return { rows: result?.rows ?? [], count: result?.rowCount ?? 0, error: null };
  } catch (error) {
    return { rows: [], count: 0, error };
  } finally {
    await client.query("ROLLBACK TO SAVEPOINT attempt");
    await client.query("RELEASE SAVEPOINT attempt");
  }
}

for (const { table, name, kind, sql, sqlstate, names } of cases.refused) {
  test(\`\${table}: \${name} (\${kind}) refuses a row that breaks it\`, async () => {
    const { error } = await attempt([sql]);
    assert.ok(error, "the row was accepted");
    assert.equal(error.code, sqlstate, error.message);
    if (names.length > 0) assert.ok(names.includes(error.constraint ?? error.column), error.message);
  });
}

const { tenancy } = cases;
for (const { table, column, own, other } of tenancy?.tables ?? []) {
  const asTenant = (tenant) => [
    [\`SET LOCAL ROLE "\${tenancy.role.replaceAll('"', '""')}"\`],
    ["SELECT set_config($1, $2, true)", [tenancy.setting, tenant]],
  ];

  test(\`\${table}: a tenant sees its own rows\`, async () => {
    const { rows, error } = await attempt(...asTenant(own), [\`SELECT \${column}::text AS tenant FROM \${table}\`]);
    assert.equal(error, null);
    assert.ok(rows.length > 0);
    assert.deepEqual([...new Set(rows.map((row) => row.tenant))], [own]);
  });

  test(\`\${table}: no row of another tenant is seen, changed or deleted\`, async () => {
    const where = \`WHERE \${column}::text = $1\`;
    const seen = await attempt(...asTenant(own), [\`SELECT 1 FROM \${table} \${where}\`, [other]]);
    assert.equal(seen.error, null);
    assert.equal(seen.count, 0);
    for (const statement of [\`UPDATE \${table} SET \${column} = \${column} \${where}\`, \`DELETE FROM \${table} \${where}\`]) {
      const { count, error } = await attempt(...asTenant(own), [statement, [other]]);
      // Either row security hides the rows, or the role may not do it at all.
      if (error === null) assert.equal(count, 0);
      else assert.equal(error.code, "42501", error.message);
    }
  });

  test(\`\${table}: with the tenant forgotten nothing is seen\`, async () => {
    const { count, error } = await attempt(...asTenant(""), [\`SELECT 1 FROM \${table}\`]);
    assert.equal(error, null);
    assert.equal(count, 0);
  });
}
`;

/** The tests of a design for the user's own project. */
export function schemaTests(cases: SchemaCases): readonly ProjectFile[] {
  return [
    { path: TEST_FILE, text: PROGRAM },
    { path: CASES_FILE, text: `${JSON.stringify(cases, null, 2)}\n` },
  ];
}
