import type { IndexObject } from "../../model/catalog.ts";
import type { Change } from "../../model/change.ts";
import { ref, refKey } from "../../model/ref.ts";
import { equal } from "../compare.ts";
import { releaseOf } from "../replica-identity.ts";
import type { Strategy, StrategyContext, StrategyStep } from "../strategy.ts";
import { BOTH, dependentsOf, directSql, isSettled, tableOf, viewed } from "./facts.ts";
import { temporaryName } from "./names.ts";

const REBUILT: readonly string[] = [
  "definition",
  "method",
  "unique",
  "nullsNotDistinct",
  "keys",
  "include",
  "predicate",
];

const ATTACH = / ATTACH PARTITION /;
const CREATE = /^CREATE (UNIQUE )?INDEX (?:CONCURRENTLY )?/;

function isParted(index: IndexObject, context: StrategyContext): boolean {
  return (tableOf(context, index)?.table.partitionBy ?? null) !== null;
}

// Free to be built and dropped alone: not a constraint's, nor a partitioned table's.
function standsAlone(index: IndexObject, context: StrategyContext): boolean {
  return index.constraint === null && !isParted(index, context) && !isSettled(context, index);
}

// One of a partitioned table, whose partitions all stand already and get their parts in this plan.
function isWhole(index: IndexObject, context: StrategyContext): boolean {
  if (index.constraint !== null || !index.valid || index.partitionOf !== null) return false;
  if (!isParted(index, context) || isSettled(context, index)) return false;
  const parts = partsOf(index, context);
  return parts.every((one) => one.constraint === null && one.valid && tableOf(context, one) !== undefined);
}

/** `CREATE INDEX CONCURRENTLY` with the index's definition, under another name if one is given. */
export function concurrently(index: IndexObject, context: StrategyContext, name: string = index.name): string {
  const { dialect } = context;
  const own = `${dialect.ident(index.name)} `;
  const rest = index.definition.replace(CREATE, "");
  const body = rest.startsWith(own) ? rest.slice(own.length) : rest;
  return `CREATE ${index.unique ? "UNIQUE " : ""}INDEX CONCURRENTLY ${dialect.ident(name)} ${body}`;
}

/** The step that builds an index beside running writes; a failed build leaves an invalid index, which `cleanup` removes. */
export function buildStep(
  sql: string,
  name: { readonly schema: string | null; readonly name: string },
  context: StrategyContext,
): StrategyStep {
  const printed = context.dialect.qualified(name.schema, name.name);
  return {
    sql,
    undo: [`DROP INDEX CONCURRENTLY ${printed}`],
    phase: "expand",
    compatible: BOTH,
    transactional: false,
    cleanup: [`DROP INDEX CONCURRENTLY IF EXISTS ${printed}`],
  };
}

/** The statements of {@link releaseOf}; none for an index without a mark. */
export function releaseSql(index: IndexObject, { dialect, from }: StrategyContext): readonly string[] {
  const change = releaseOf(index);
  return change === null ? [] : dialect.change(change, from, "plain").map(({ sql }) => sql);
}

const IDENTITY = / REPLICA IDENTITY USING INDEX /;

function buildAll(index: IndexObject, context: StrategyContext): StrategyStep[] {
  const printed = context.dialect.change({ type: "create", object: index }, context.from);
  return printed.map(({ sql, transactional }): StrategyStep => {
    if (CREATE.test(sql)) return buildStep(concurrently(index, context), index, context);
    const attaches = ATTACH.test(sql);
    return {
      sql,
      // What else is set on the index goes with it.
      undo: attaches ? null : IDENTITY.test(sql) ? releaseSql(index, context) : [],
      ...(attaches ? { irreversible: "a part leaves its index only when the whole index is dropped" } : {}),
      phase: "expand",
      compatible: BOTH,
      ...(transactional ? {} : { transactional: false }),
    };
  });
}

function isAttached(part: IndexObject, { from, to, gone }: StrategyContext): boolean {
  const key = refKey(ref("table", part.table, { schema: part.schema }));
  const [was, is] = [viewed(from).get(key), viewed(to).get(key)];
  if (was?.kind !== "table" || is?.kind !== "table" || was.partitionOf === null || gone?.has(key) === true)
    return false;
  return equal(was.partitionOf, is.partitionOf);
}

// The indexes of partitions below one of a partitioned table, those of partitioned partitions first.
function partsOf(index: IndexObject, context: StrategyContext): IndexObject[] {
  const own = dependentsOf(context.to, refKey(index)).filter(
    (one): one is IndexObject =>
      one.kind === "index" && one.partitionOf?.schema === index.schema && one.partitionOf.name === index.name,
  );
  // What is attached to its table later is made before, and attached along with it.
  return own.flatMap((part) => (isAttached(part, context) ? [part, ...partsOf(part, context)] : []));
}

// Each partition has its part built by itself; then the empty shells above them are made and the parts attached.
function buildParted(index: IndexObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const isNew = (one: IndexObject): boolean =>
    viewed(context.from).get(refKey(one)) === undefined || context.created.has(refKey(one));
  const all = [index, ...partsOf(index, context)];
  const made = all.filter(isNew);
  const builds = made
    .filter((one) => !isParted(one, context))
    .map((one): StrategyStep => {
      const step = buildStep(concurrently(one, context), one, context);
      // Dropped with the whole, if that was made.
      return { ...step, undo: step.cleanup ?? [] };
    });
  const shells = made
    .filter((one) => isParted(one, context))
    .flatMap((one) =>
      dialect
        .change({ type: "create", object: one }, context.from)
        .map(({ sql }) => sql)
        .filter((sql) => !ATTACH.test(sql)),
    );
  const rest = made
    .filter((one) => !isParted(one, context))
    .flatMap((one) =>
      dialect
        .change({ type: "create", object: one }, context.from)
        .map(({ sql }) => sql)
        .filter((sql) => !ATTACH.test(sql) && !CREATE.test(sql)),
    );
  const attach = all
    .slice(1)
    .toReversed()
    .map((one) => {
      const parent = dialect.qualified(one.partitionOf?.schema ?? null, one.partitionOf?.name ?? "");
      return `ALTER INDEX ${parent} ATTACH PARTITION ${dialect.qualified(one.schema, one.name)}`;
    });
  return [
    ...builds,
    ...[...shells, ...rest, ...attach].map((sql, place): StrategyStep => ({
      sql,
      undo: place === 0 ? [`DROP INDEX ${dialect.qualified(index.schema, index.name)}`] : [],
      ...(place === 0 ? { irreversible: "the parts of the partitions are dropped with the whole index" } : {}),
      phase: "expand",
      compatible: BOTH,
      together: "attach",
    })),
  ];
}

function dropSteps(index: IndexObject, context: StrategyContext): StrategyStep[] {
  const create: Change = { type: "create", object: index };
  const released = releaseSql(index, context);
  const release = released.map((sql): StrategyStep => ({ sql, undo: [], phase: "contract", compatible: BOTH }));
  const drop: StrategyStep = {
    sql: `DROP INDEX CONCURRENTLY ${context.dialect.qualified(index.schema, index.name)}`,
    undo: directSql(create, context)?.map((sql) => (CREATE.test(sql) ? concurrently(index, context) : sql)) ?? null,
    phase: "contract",
    compatible: BOTH,
    transactional: false,
  };
  return [...release, drop];
}

// The old index serves until the new one can.
function rebuildSteps(before: IndexObject, after: IndexObject, context: StrategyContext): StrategyStep[] {
  const { dialect } = context;
  const made = { schema: after.schema, name: temporaryName(context, "index", after.schema, after.table, after.name) };
  const set = dialect.change({ type: "create", object: { ...after, name: made.name } }, context.from);
  const rest = set.filter(({ sql }) => !CREATE.test(sql));
  const back = `ALTER INDEX ${dialect.qualified(after.schema, after.name)} RENAME TO ${dialect.ident(made.name)}`;
  return [
    buildStep(concurrently(after, context, made.name), made, context),
    ...rest.map(({ sql }): StrategyStep => ({
      sql,
      undo: IDENTITY.test(sql) ? releaseSql({ ...after, name: made.name }, context) : [],
      phase: "expand",
      compatible: BOTH,
    })),
    ...dropSteps(before, context),
    {
      sql: `ALTER INDEX ${dialect.qualified(made.schema, made.name)} RENAME TO ${dialect.ident(after.name)}`,
      undo: [back],
      phase: "contract",
      compatible: BOTH,
    },
  ];
}

/** Indexes are built, replaced and dropped without keeping writers waiting. */
export const indexConcurrently: Strategy = {
  id: "index-concurrently",
  engines: ["postgres"],
  summary:
    "Indexes are built and dropped CONCURRENTLY; one that changes is built beside the old, which serves until then.",
  applies(change, context) {
    if (change.type === "rename") return false;
    const object = change.type === "alter" ? change.after : change.object;
    if (object.kind !== "index") return false;
    if (change.type === "create" && isWhole(object, context)) return true;
    if (!standsAlone(object, context)) return false;
    if (change.type === "drop") return object.partitionOf === null;
    // An index that is to stay as it is, half-built, is nobody's wish.
    if (!object.valid) return false;
    if (change.type === "create") return true;
    const before = change.before as IndexObject;
    return (
      object.partitionOf === null && before.partitionOf === null && change.properties.some((p) => REBUILT.includes(p))
    );
  },
  takes(change, changesOf, context) {
    if (change.type !== "create" || change.object.kind !== "index" || !isParted(change.object, context)) return [];
    const parts = new Set(partsOf(change.object, context).map(refKey));
    return [...parts].flatMap(changesOf).filter(({ type }) => type === "create");
  },
  steps(change, context) {
    if (change.type === "create" && isParted(change.object as IndexObject, context))
      return buildParted(change.object as IndexObject, context);
    if (change.type === "create") return buildAll(change.object as IndexObject, context);
    if (change.type === "drop") return dropSteps(change.object as IndexObject, context);
    if (change.type !== "alter") return [];
    return rebuildSteps(change.before as IndexObject, change.after as IndexObject, context);
  },
};
