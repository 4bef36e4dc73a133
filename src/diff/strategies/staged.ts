import type { Catalog, CatalogObject } from "../../model/catalog.ts";
import { catalogOf } from "../../model/catalog-view.ts";
import { refKey } from "../../model/ref.ts";
import type { RefKey } from "../../model/ref.ts";
import type { StrategyContext } from "../strategy.ts";

/** What a table and its parts are called while they stand beside the one whose place they take. */
export interface Stage {
  readonly schema: string | null;
  readonly table: string;
  /** The table's name until then. */
  readonly name: string;
  /** Names of indexes and of the constraints over them: names that a schema has only once. */
  readonly indexes: ReadonlyMap<string, string>;
}

/** The partitions of a table, of partitions too, in catalog order. */
export function partitionsOf(catalog: Catalog, schema: string | null, table: string): readonly CatalogObject[] {
  const own = catalog.objects.filter(
    (one) => one.kind === "table" && one.partitionOf?.schema === schema && one.partitionOf.table === table,
  );
  return own.flatMap((one) => [one, ...partitionsOf(catalog, one.schema, one.name)]);
}

const PARTS: ReadonlySet<string> = new Set(["column", "constraint", "index"]);

/** A table with its partitions, columns, indexes and constraints other than foreign keys. */
export function wholeOf(catalog: Catalog, schema: string | null, table: string): readonly CatalogObject[] {
  const names = new Set(
    [[schema, table], ...partitionsOf(catalog, schema, table).map((one) => [one.schema, one.name])].map((one) =>
      JSON.stringify(one),
    ),
  );
  return catalog.objects.filter((one) => {
    if (one.kind === "table") return names.has(JSON.stringify([one.schema, one.name]));
    if (!PARTS.has(one.kind) || !names.has(JSON.stringify([one.schema, one.table]))) return false;
    return !(one.kind === "constraint" && one.type === "foreign key");
  });
}

function moved(object: CatalogObject, stage: Stage, context: StrategyContext): CatalogObject {
  const isHere = object.schema === stage.schema;
  if (object.kind === "table") {
    if (isHere && object.name === stage.table) return { ...object, name: stage.name };
    const parent = object.partitionOf;
    if (parent?.schema !== stage.schema || parent.table !== stage.table) return object;
    return { ...object, partitionOf: { ...parent, table: stage.name } };
  }
  const ofTable = isHere && object.table === stage.table;
  const table = ofTable ? stage.name : object.table;
  if (object.kind === "column") return { ...object, table: table ?? "", identity: ofTable ? null : object.identity };
  if (object.kind === "constraint") {
    const name = ofTable ? (stage.indexes.get(object.name) ?? object.name) : object.name;
    return { ...object, table: table ?? "", name };
  }
  if (object.kind !== "index") return object;
  const parent = object.partitionOf;
  const above =
    parent !== null && parent.schema === stage.schema && stage.indexes.has(parent.name)
      ? { ...parent, name: stage.indexes.get(parent.name) ?? parent.name }
      : parent;
  if (!ofTable) return { ...object, partitionOf: above };
  const name = stage.indexes.get(object.name) ?? object.name;
  const { dialect } = context;
  const only = / ON ONLY /.test(object.definition.slice(0, object.definition.indexOf(" USING "))) ? "ONLY " : "";
  const tail = object.definition.slice(object.definition.indexOf(" USING "));
  const definition = `CREATE ${object.unique ? "UNIQUE " : ""}INDEX ${dialect.ident(name)} ON ${only}${dialect.qualified(stage.schema, stage.name)}${tail}`;
  const constraint = object.constraint === null ? null : (stage.indexes.get(object.constraint) ?? object.constraint);
  return { ...object, table: stage.name, name, definition, constraint };
}

/** Statements that create objects under the names of a stage. Identity columns are plain ones until they take over. */
export function createStaged(
  objects: readonly CatalogObject[],
  stage: Stage,
  context: StrategyContext,
): readonly string[] {
  const keys = new Map<RefKey, RefKey>();
  const made = objects.map((object) => {
    const other = moved(object, stage, context);
    keys.set(refKey(object), refKey(other));
    return other;
  });
  const whole = made.map((object) => ({
    ...object,
    dependsOn: object.dependsOn.flatMap((key) => keys.get(key) ?? []),
  }));
  return context.dialect.create(catalogOf(context.from.engine, whole)).map(({ sql }) => sql);
}
