import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { introspect } from "../../engines/postgres/introspect.ts";
import { viewOf } from "../../model/catalog-view.ts";
import { openServer } from "../server/open.ts";
import { playground, requestFor } from "../server/testing.test-data.ts";
import type { Playground } from "../server/testing.test-data.ts";
import type { TwinServer } from "../server.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import { stateVolumes } from "./stated.ts";

const SQL = `
  CREATE TABLE parent (id integer PRIMARY KEY, kind text NOT NULL);
  CREATE TABLE child (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent, kind text NOT NULL);
  CREATE INDEX child_parent_ix ON child (parent_id);
  INSERT INTO parent SELECT n, 'k' || n % 3 FROM generate_series(1, 500) AS n;
  INSERT INTO child SELECT n, 1 + n % 500, 'k' || n % 4 FROM generate_series(1, 5000) AS n;`;

const stated = (table: string, rows: number): Parameters<typeof stateVolumes>[3][number] => ({
  schema: "public",
  table,
  rows,
  row_bytes: 120,
  steadyColumns: [],
});

describe("a stated volume", () => {
  let place: Playground;
  let server: TwinServer;
  let session: Session | undefined;
  let path: string;

  beforeAll(async () => {
    place = playground();
    server = await openServer(requestFor(place.cacheDir));
    const loaded = await server.createDatabase();
    const owner = await loaded.connect("owner");
    await owner.execute(SQL);
    await owner.execute("VACUUM (ANALYZE)");
    const view = viewOf(await introspect(owner));
    await owner.close();
    const copy = await server.createDatabase(loaded);
    const admin = await copy.connect("admin");
    await stateVolumes(admin, server.dataDir ?? "", view, [stated("parent", 200_000), stated("child", 300_000_000)]);
    path = (await admin.query<{ p: string }>("SELECT pg_relation_filepath('public.child') AS p")).rows[0]?.p ?? "";
    await admin.close();
    session = await copy.connect("owner");
  });

  afterAll(async () => {
    await session?.close();
    await server.close();
    place.remove();
  });

  interface Node {
    readonly "Node Type": string;
    readonly "Plan Rows": number;
  }
  const plan = async (sql: string): Promise<Node> => {
    const found = await session?.query<{ "QUERY PLAN": readonly [{ readonly Plan: Node }] }>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
    );
    return found?.rows[0]?.["QUERY PLAN"][0].Plan as Node;
  };

  it("is refused where one table cannot hold it", async () => {
    const copy = await server.createDatabase();
    const owner = await copy.connect("owner");
    await owner.execute(SQL);
    await owner.execute("VACUUM (ANALYZE)");
    const view = viewOf(await introspect(owner));
    await owner.close();
    const admin = await copy.connect("admin");
    const work = stateVolumes(admin, server.dataDir ?? "", view, [stated("child", 1e15)]);
    await expect(work).rejects.toThrow("32 TiB");
    await admin.close();
  });

  it("is what the planner believes", async () => {
    expect((await plan("SELECT * FROM child"))["Plan Rows"] / 300_000_000).toBeCloseTo(1, 1);
    expect((await plan("SELECT * FROM parent"))["Plan Rows"] / 200_000).toBeCloseTo(1, 1);
  });

  it("spreads a reference over the parents there then are", async () => {
    // 300 million children of 200,000 parents.
    expect((await plan("SELECT * FROM child WHERE parent_id = 7"))["Plan Rows"] / 1500).toBeCloseTo(1, 0);
  });

  it("keeps columns with a few values as they are", async () => {
    expect((await plan("SELECT * FROM child WHERE kind = 'k1'"))["Plan Rows"] / 75_000_000).toBeCloseTo(1, 1);
  });

  it("makes an index pay that would not on the loaded rows", async () => {
    expect((await plan("SELECT * FROM child WHERE parent_id = 7"))["Node Type"]).toMatch(/Index|Bitmap/);
  });

  it("takes segments of a gibibyte, and next to no room on the disk", async () => {
    const [first, second] = await Promise.all(
      ["", ".1"].map((suffix) => stat(join(server.dataDir ?? "", `${path}${suffix}`))),
    );
    expect(first?.size).toBe(1024 ** 3);
    expect(second?.size).toBe(1024 ** 3);
    expect((first?.blocks ?? 0) * 512).toBeLessThan(16 * 1024 ** 2);
  });

  it("still answers queries by index, from the rows that are there", async () => {
    const found = await session?.query<{ id: number }>("SELECT id FROM child WHERE id = 4711");
    expect(found?.rows).toEqual([{ id: 4711 }]);
  });
});
