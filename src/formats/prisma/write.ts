import type { Catalog, EnumObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { invalid } from "../../model/error.ts";
import { relationshipsOf, tableId } from "../relationships.ts";
import { modelBlock, modelOf } from "./model.ts";
import { allocator, documentation, enumValueName, pascal, prismaString, typeName } from "./names.ts";
import { addRelations } from "./relation.ts";
import type { PrismaEnum, PrismaModel } from "./schema.ts";

/** Choices of the Prisma writer. */
export interface PrismaOptions {
  /** Where `prisma generate` puts the client, relative to the schema; `../generated/prisma` unless stated. */
  readonly output?: string;
}

/** A `schema.prisma` and what it could not say. */
export interface PrismaSchema {
  readonly text: string;
  /** One sentence per object of the catalog that is left out, or held by the database alone. */
  readonly notes: readonly string[];
}

/**
 * Writes a catalog as a Prisma 7 schema that passes `prisma validate`: no connection URL (it stands in
 * `prisma.config.ts`), the `prisma-client` generator, names in Prisma's style mapped to the database's.
 * What Prisma cannot express is said in `///` remarks and in the notes.
 *
 * @throws DbwrightError (exit 2) for another engine than PostgreSQL.
 */
export function writePrisma(catalog: Catalog, options: PrismaOptions = {}): PrismaSchema {
  if (catalog.engine.name !== "postgres") {
    throw invalid({
      what: `a Prisma schema of ${catalog.engine.name} is not written yet`,
      expected: "a PostgreSQL catalog",
    });
  }
  const view = viewOf(catalog);
  const relationships = relationshipsOf(view);
  const notes: string[] = [];
  const allocate = allocator();
  const names = new Map(
    relationships.tables.map(({ table }) => [
      tableId(table),
      allocate(...typeNames(table.schema, table.name, "Model")),
    ]),
  );
  const enums = enumsOf(view, allocate, notes);
  const models = new Map<string, PrismaModel>();
  for (const table of relationships.tables) {
    const id = tableId(table.table);
    models.set(id, modelOf(view, enums, table, names.get(id) ?? ""));
  }
  notes.push(...addRelations(relationships.all, models));
  const schemas = [
    ...new Set(
      [...models.values()]
        .map((model) => model.view.table.schema ?? "public")
        .concat(enums.map((of) => of.object.schema ?? "public")),
    ),
  ].toSorted();
  const several = schemas.length > 1 || (schemas.length === 1 && schemas[0] !== "public");
  const blocks = [
    generator(options.output ?? "../generated/prisma"),
    datasource(several ? schemas : []),
    ...[...models.values()].map((model) =>
      modelBlock(model, several ? (model.view.table.schema ?? "public") : null, notes),
    ),
    ...enums.map((of) => enumBlock(of, several)),
  ];
  notes.push(...leftOut(view));
  for (const { constraint, child } of relationships.dangling) {
    notes.push(
      `${names.get(tableId(child.table)) ?? ""}: foreign key ${constraint.name} leads to a table that is not in the catalog`,
    );
  }
  return { text: `${blocks.join("\n\n")}\n`, notes };
}

const typeNames = (schema: string | null, name: string, kind: "Model" | "Enum"): readonly string[] => [
  typeName(name, kind),
  ...(schema === null ? [] : [typeName(`${schema}_${name}`, kind)]),
  `${pascal(name, kind)}${kind}`,
];

function generator(output: string): string {
  return ["generator client {", '  provider = "prisma-client"', `  output   = ${prismaString(output)}`, "}"].join("\n");
}

function datasource(schemas: readonly string[]): string {
  const wide = schemas.length === 0 ? "" : `\n  schemas  = [${schemas.map(prismaString).join(", ")}]`;
  return `datasource db {\n  provider = "postgresql"${wide}\n}`;
}

function enumsOf(view: CatalogView, allocate: ReturnType<typeof allocator>, notes: string[]): PrismaEnum[] {
  const enums: PrismaEnum[] = [];
  for (const object of view.of("enum")) {
    if (object.values.length === 0) {
      notes.push(`enum ${object.name} has no value and is left out`);
      continue;
    }
    enums.push({
      object,
      name: allocate(...typeNames(object.schema, object.name, "Enum")),
      values: valueNames(object),
    });
  }
  return enums;
}

// Exact case counts among values: `A` and `a` may stand side by side.
function valueNames(object: EnumObject): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const value of object.values) {
    const base = enumValueName(value);
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
    taken.add(name);
    names.set(value, name);
  }
  return names;
}

function enumBlock(of: PrismaEnum, several: boolean): string {
  const width = Math.max(...[...of.values.values()].map((name) => name.length));
  const lines = [...of.values].map(([value, name]) =>
    value === name ? `  ${name}` : `  ${name.padEnd(width)} @map(${prismaString(value)})`,
  );
  const attributes = [
    ...(of.name === of.object.name ? [] : [`  @@map(${prismaString(of.object.name)})`]),
    ...(several ? [`  @@schema(${prismaString(of.object.schema ?? "public")})`] : []),
  ];
  return [
    ...(of.object.comment === null ? [] : documentation(of.object.comment)),
    `enum ${of.name} {`,
    ...lines,
    ...(attributes.length === 0 ? [] : ["", ...attributes]),
    "}",
  ].join("\n");
}

function leftOut(view: CatalogView): string[] {
  const constraints = view.of("constraint");
  const parts: readonly [number, string, string][] = [
    [view.of("view").length, "view", "views"],
    [constraints.filter((of) => of.type === "check").length, "check constraint", "check constraints"],
    [constraints.filter((of) => of.type === "exclusion").length, "exclusion constraint", "exclusion constraints"],
    [view.of("policy").length, "row security policy", "row security policies"],
    [view.of("trigger").length, "trigger", "triggers"],
    [view.of("function").length, "function", "functions"],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
  return told.length === 0 ? [] : [`held by the database alone: ${told.join(", ")}`];
}
