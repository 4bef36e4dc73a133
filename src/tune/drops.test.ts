import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../engines/postgres/dialect.ts";
import { introspect } from "../engines/postgres/introspect.ts";
import { openPlace } from "../engines/postgres/testing.test-data.ts";
import type { Place } from "../engines/postgres/testing.test-data.ts";
import type { Catalog, IndexObject } from "../model/catalog.ts";
import { viewOf } from "../model/catalog-view.ts";
import type { Finding } from "../model/finding.ts";
import { openWhatIf } from "../twin/what-if/what-if.ts";
import type { TwinWhatIf } from "../twin/what-if/what-if.ts";
import { dropAdvice } from "./drops.ts";
import type { Drops } from "./drops.ts";
import type { ChosenIndex, WeighedQuery } from "./selection/selection.ts";

const SQL = `
  CREATE TABLE person (id integer PRIMARY KEY, email text NOT NULL UNIQUE, city text);
  CREATE TABLE task (id integer PRIMARY KEY, person_id integer REFERENCES person, rank integer, state text, note text);
  INSERT INTO person SELECT n, 'p' || n || '@example.org', 'c' || n % 500 FROM generate_series(1, 20000) AS n;
  INSERT INTO task SELECT n, 1 + n % 20000, n % 5000, 's' || n % 3, repeat('x', 40) FROM generate_series(1, 60000) AS n;
  CREATE INDEX task_rank ON task (rank);
  CREATE INDEX task_rank_again ON task (rank);
  CREATE INDEX task_rank_state ON task (rank, state);
  CREATE INDEX task_person ON task (person_id);
  CREATE INDEX person_city ON person (city);
  CREATE INDEX task_note ON task (note);`;

describe("drops", () => {
  let place: Place;
  let catalog: Catalog;
  let whatIf: TwinWhatIf;
  beforeAll(async () => {
    place = await openPlace();
    const database = await place.server.createDatabase();
    const owner = await database.connect("owner");
    await owner.execute(SQL);
    await owner.execute("VACUUM (ANALYZE)");
    catalog = await introspect(owner);
    await owner.close();
    whatIf = await openWhatIf(database, place.server, catalog);
  });
  afterAll(async () => {
    await whatIf.close();
    await place.close();
  });

  const indexOf = (name: string): IndexObject => {
    const found = catalog.objects.find((object) => object.kind === "index" && object.name === name);
    if (found?.kind !== "index") throw new Error(name);
    return found;
  };
  const finding = (rule: string, name: string): Finding => ({
    rule,
    severity: "warning",
    ref: indexOf(name),
    message: `about ${name}`,
    evidence: [],
    fixes: [],
  });
  const query = (id: string, sql: string): WeighedQuery => ({
    id,
    weight: 1,
    executions: [{ sql, values: [] }],
    candidates: null,
  });
  const QUERIES = [
    query("by rank", "SELECT * FROM task WHERE rank = 7"),
    query("by city", "SELECT * FROM person WHERE city = 'c7'"),
  ];
  const drops = (
    findings: readonly Finding[],
    chosen: readonly ChosenIndex[] = [],
    queries = QUERIES,
  ): Promise<Drops> =>
    dropAdvice({
      view: viewOf(catalog),
      dialect: postgres,
      whatIf,
      queries,
      chosen,
      findings,
      twin: { engine: "postgres", version: "18", depth: "stats", server: "a scratch server" },
      at: "2026-01-01T00:00:00Z",
    });

  it.each<[string, readonly [string, string][], readonly string[], RegExp]>([
    ["of two alike one goes", [["duplicate-index", "task_rank_again"]], ["task_rank_again"], /^$/],
    [
      "of all alike the last stays",
      [
        ["duplicate-index", "task_rank_again"],
        ["redundant-prefix-index", "task_rank"],
        ["unused-index", "task_rank_state"],
      ],
      ["task_rank_again", "task_rank"],
      /^it stands in for public\.task_rank_again, which is dropped$/,
    ],
    ["one that counters never saw, and no query needs", [["unused-index", "task_note"]], ["task_note"], /^$/],
    [
      "one that counters never saw, and a query needs",
      [["unused-index", "person_city"]],
      [],
      /by city gets .* times dearer/,
    ],
    [
      "the helper of a foreign key stays",
      [["unused-index", "task_person"]],
      [],
      /only index that serves the foreign key task_person_id_fkey/,
    ],
    ["behind a constraint", [["duplicate-index", "person_email_key"]], [], /behind the constraint person_email_key/],
    ["another rule", [["float-for-amounts", "task_note"]], [], /^$/],
  ])("%s", async (_, findings, names, why) => {
    const { drops: found, notAdvised } = await drops(findings.map(([rule, name]) => finding(rule, name)));
    expect(found.map((drop) => drop.name)).toEqual(names);
    expect(notAdvised.map((one) => one.why).join("\n")).toMatch(why);
    for (const drop of found) {
      expect(drop).toMatchObject({ sql: `DROP INDEX CONCURRENTLY public.${drop.name}`, proof: { verdict: "proved" } });
      expect(drop.bytes).toBeGreaterThan(0);
    }
  });

  it("what an advised index begins with is replaced, also for a foreign key", async () => {
    const index: IndexObject = {
      ...indexOf("task_person"),
      name: "task_person_rank",
      // As candidates are made: the order of a key's properties tells nothing.
      keys: [...indexOf("task_person").keys, ...indexOf("task_rank").keys].map(({ column, order, ...key }) => ({
        ...key,
        order,
        column,
      })),
      definition: "CREATE INDEX task_person_rank ON public.task USING btree (person_id, rank)",
    };
    const [made] = await whatIf.make([index]);
    if (made?.ok !== true) throw new Error("not made");
    const { drops: found } = await drops([], [{ tried: made.tried, costBefore: 2, costAfter: 1, upkeep: 0 }]);
    expect(found).toMatchObject([{ name: "task_person", cause: "replaced" }]);
    await whatIf.forget([made.tried.id]);
  });

  it("without a query that can be planned nothing is proved", async () => {
    const { drops: found } = await drops([finding("unused-index", "task_note")], [], []);
    expect(found).toMatchObject([{ name: "task_note", proof: { verdict: "not-run" } }]);
  });
});
