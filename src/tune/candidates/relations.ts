import type { Catalog, ViewObject } from "../../model/catalog.ts";
import { viewOf } from "../../model/catalog-view.ts";
import type { CatalogView } from "../../model/catalog-view.ts";

/** A relation that a statement can name: one with rows of its own, or a view to be read through. */
export type Relation =
  | {
      readonly is: "stored";
      readonly schema: string;
      readonly name: string;
      readonly types: ReadonlyMap<string, string>;
    }
  | { readonly is: "view"; readonly schema: string; readonly view: ViewObject };

/** The relations of a catalog by name, as a search path finds them. */
export class Relations {
  readonly view: CatalogView;
  private readonly path: readonly string[];
  private readonly byName = new Map<string, Relation>();

  constructor(catalog: Catalog, searchPath: readonly string[]) {
    this.view = viewOf(catalog);
    this.path = searchPath;
    for (const { table, columns } of this.view.tables) {
      if (table.schema === null || table.foreign !== undefined) continue;
      const types = new Map(columns.map((column) => [column.name, column.type]));
      this.add({ is: "stored", schema: table.schema, name: table.name, types }, table.name);
    }
    for (const view of this.view.of("view")) {
      if (view.schema === null) continue;
      const types = new Map(view.columns.map((column) => [column.name, column.type]));
      if (view.materialised) this.add({ is: "stored", schema: view.schema, name: view.name, types }, view.name);
      else this.add({ is: "view", schema: view.schema, view }, view.name);
    }
  }

  /** The relation of that name; undefined when there is none (a temporary table, a system catalog). */
  find(schema: string | undefined, name: string): Relation | undefined {
    const schemas = schema === undefined || schema === "" ? this.path : [schema];
    for (const one of schemas) {
      const found = this.byName.get(JSON.stringify([one, name]));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The same, or of a partition the partitioned table at its top: an index on that is on each part, new ones too. */
  findWhole(schema: string | undefined, name: string): Relation | undefined {
    const found = this.find(schema, name);
    if (found?.is !== "stored") return found;
    const parent = this.view.table(found.schema, found.name)?.table.partitionOf ?? null;
    return parent === null ? found : (this.findWhole(parent.schema, parent.table) ?? found);
  }

  /** The type of a stored relation's column; undefined when it has none of that name. */
  typeOf(schema: string, table: string, column: string): string | undefined {
    const found = this.find(schema, table);
    return found?.is === "stored" ? found.types.get(column) : undefined;
  }

  private add(relation: Relation, name: string): void {
    this.byName.set(JSON.stringify([relation.schema, name]), relation);
  }
}
