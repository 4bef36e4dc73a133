import type { Catalog } from "../../model/catalog.ts";
import type { Design } from "../../model/design.ts";
import type { ProofStep } from "../../model/proof.ts";
import type { Dialect, Statement } from "../../model/statement.ts";
import { introspect } from "../../engines/postgres/introspect.ts";
import type { Session } from "../../engines/postgres/driver.ts";
import type { TwinDatabase } from "../server.ts";
import { differences, ownObjects, sameCatalog } from "./compare.ts";
import { refKey } from "../../model/ref.ts";
import { decisionFor, observe, refused } from "./step.ts";
import type { Observation, ServerError } from "./step.ts";

/** What applying gave. `catalog` is as the server reads it back; null when the design did not apply. */
export interface Applied {
  readonly steps: readonly ProofStep[];
  readonly catalog: Catalog | null;
}

/** A statement that the server refused, with the statement. */
export class Refused extends Error {
  readonly sql: string;
  readonly reason: ServerError;

  constructor(sql: string, reason: ServerError) {
    super(reason.message);
    this.sql = sql;
    this.reason = reason;
  }
}

/** Runs statements in one transaction; those that may not stand in one run afterwards, each by itself. */
export async function applyStatements(session: Session, statements: readonly Statement[]): Promise<void> {
  const inside = statements.filter((statement) => statement.transactional);
  const outside = statements.filter((statement) => !statement.transactional);
  await session.execute("BEGIN");
  for (const { sql } of inside) await run(session, sql, "ROLLBACK");
  await session.execute("COMMIT");
  for (const { sql } of outside) await run(session, sql, null);
}

async function run(session: Session, sql: string, onFailure: string | null): Promise<void> {
  try {
    await session.execute(sql);
  } catch (error) {
    if (!refused(error)) throw error;
    if (onFailure !== null) await session.execute(onFailure);
    throw new Refused(sql, error);
  }
}

/**
 * Creates a design's catalog in an empty database, reads it back, removes it, and creates it again. The
 * database is left with the design in it. Needs the roles that the catalog mentions.
 */
export async function proveApply(database: TwinDatabase, design: Design, dialect: Dialect): Promise<Applied> {
  for (const object of design.catalog.objects) {
    if (object.kind === "role") await database.ensureRole(object.name);
  }
  await database.ensureRole(design.applicationRole);
  const session = await database.connect("owner");
  try {
    return await roundTrip(session, design, dialect);
  } finally {
    await session.close();
  }
}

async function roundTrip(session: Session, design: Design, dialect: Dialect): Promise<Applied> {
  const steps: ProofStep[] = [];
  const up = dialect.create(design.catalog);
  const down = dialect.drop(design.catalog);
  let first: Catalog | null = null;
  let decision: string | null = null;
  const attempt = async (id: string, claim: string, look: () => Promise<Observation>): Promise<boolean> => {
    const step = await observe({ id, claim, decision: null }, async () => {
      try {
        return await look();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const made = constraintAt(error);
        const keys = design.catalog.objects.filter((object) => object.kind === "constraint" && object.name === made);
        decision = decisionFor(design, keys.map(refKey));
        return refusedStatement(error, made);
      }
    });
    steps.push(decision === null || step.verdict !== "refuted" ? step : { ...step, decision });
    return step.verdict === "proved";
  };
  const applied = await attempt(
    "apply/up",
    "The schema applies in one transaction and reads back as designed",
    async () => {
      await applyStatements(session, up);
      first = await introspect(session);
      const lines = differences(design.catalog, first);
      const key = lines[0]?.split(/ is missing| was not designed|: /)[0];
      decision = key === undefined ? null : decisionFor(design, [key]);
      return lines.length === 0
        ? proved(
            `${up.length} statements applied; ${ownObjects(first).length} objects read back, none missing, none extra`,
            {
              statements: up.length,
              objects: ownObjects(first).length,
            },
          )
        : refutedBy(`${lines.length} differences: ${lines.slice(0, 10).join("; ")}`);
    },
  );
  if (first === null) return { steps, catalog: null };
  const undone = await attempt("apply/down", "The down migration removes everything the schema created", async () => {
    await applyStatements(session, down);
    const left = ownObjects(await introspect(session));
    return left.length === 0
      ? proved(`${down.length} statements; 0 objects left`, { statements: down.length, objects: 0 })
      : refutedBy(`${left.length} objects are left: ${left.slice(0, 10).join(", ")}`);
  });
  if (!undone) return { steps, catalog: null };
  let second: Catalog | null = null;
  await attempt("apply/again", "Applied again after the down migration, the schema is the same", async () => {
    await applyStatements(session, up);
    second = await introspect(session);
    return first !== null && sameCatalog(first, second)
      ? proved(`${ownObjects(second).length} objects, equal to the first time in every property`, {
          objects: ownObjects(second).length,
        })
      : refutedBy("the second catalog differs from the first");
  });
  return { steps, catalog: applied || first !== null ? second : null };
}

function proved(observed: string, figures: Readonly<Record<string, number>>): Observation {
  return {
    verdict: "proved",
    standing: "proved",
    observed,
    figures,
    sql: ["-- see schema.sql and the migration's up and down"],
  };
}

function refutedBy(observed: string): Observation {
  return { verdict: "refuted", standing: "proved", observed };
}

function refusedStatement({ reason, sql }: Refused, constraint: string | null): Observation {
  const within = constraint === null ? "" : `, in ${constraint}`;
  return {
    ...refutedBy(`the server refused a statement (SQLSTATE ${reason.code ?? "?"})${within}: ${reason.message}`),
    sql: [sql],
  };
}

// A table's constraints stand on lines of their own, so the line that the server points at names it.
function constraintAt({ reason, sql }: Refused): string | null {
  const at = Number(reason.position ?? Number.NaN) - 1;
  if (!Number.isSafeInteger(at)) return null;
  const before = [...sql].slice(0, at).join("");
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return /^\s*CONSTRAINT (?:"([^"]+)"|(\w+)) /.exec(line)?.slice(1).find(Boolean) ?? null;
}
