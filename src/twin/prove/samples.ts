import type { Session } from "../../engines/postgres/driver.ts";
import type { CatalogView, TableView } from "../../model/catalog-view.ts";
import type { Design } from "../../model/design.ts";
import type { Dialect } from "../../model/statement.ts";

/** A row as the server prints it, by column name. */
export type SampleRow = Readonly<Record<string, string | null>>;

/** Rows of a table per tenant drawn from; the largest tenant's come first. */
const ROWS_PER_DRAW = 12;

/** Where the tenant of a table's rows stands: its own column, or the key of the tenant table. Null when it has none. */
export function tenantColumn(design: Design, schema: string | null, table: string): string | null {
  const { tenancy } = design;
  if (tenancy === null || tenancy.model !== "shared-schema") return null;
  if (tenancy.tables.some((own) => own.schema === schema && own.table === table)) return tenancy.column;
  const isTenant = tenancy.tenantTable.schema === schema && tenancy.tenantTable.table === table;
  const key = design.catalog.objects.find(
    (object) =>
      object.kind === "constraint" &&
      object.type === "primary key" &&
      object.schema === schema &&
      object.table === table,
  );
  return isTenant && key?.kind === "constraint" ? (key.columns[0] ?? null) : null;
}

/**
 * Draws real rows to take parameters from. The session is the owner's and must see every row. The same
 * rows are drawn every time: by a hash of their text, never by chance.
 */
export class Sampler {
  private readonly session: Session;
  private readonly design: Design;
  private readonly view: CatalogView;
  private readonly dialect: Dialect;
  private readonly cache = new Map<string, readonly SampleRow[]>();

  constructor(session: Session, design: Design, view: CatalogView, dialect: Dialect) {
    this.session = session;
    this.design = design;
    this.view = view;
    this.dialect = dialect;
  }

  /** Rows of a table: some of the largest tenant, then some of any. `conditions` narrow them where rows allow. */
  async rows(schema: string, table: string, conditions: readonly string[] = []): Promise<readonly SampleRow[]> {
    const key = JSON.stringify([schema, table, conditions]);
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const own = this.view.table(schema, table);
    if (own === undefined) return [];
    let rows = await this.draw(own, conditions);
    if (rows.length === 0 && conditions.length > 0) rows = await this.rows(schema, table);
    this.cache.set(key, rows);
    return rows;
  }

  /** The row that a foreign key of `child` leads to in the given table, or null. */
  async parent(
    childSchema: string,
    child: string,
    row: SampleRow,
    schema: string,
    table: string,
  ): Promise<SampleRow | null> {
    const constraint = this.view
      .table(childSchema, child)
      ?.constraints.find((own) => own.references?.schema === schema && own.references.table === table);
    const parent = this.view.table(schema, table);
    if (constraint?.references == null || parent === undefined) return null;
    const values = constraint.columns.map((column) => row[column] ?? null);
    if (values.includes(null)) return null;
    const where = constraint.references.columns.map((column, at) => `${this.dialect.ident(column)}::text = $${at + 1}`);
    const found = await this.session.query<SampleRow>(
      `${this.select(parent)} WHERE ${where.join(" AND ")} LIMIT 1`,
      values,
    );
    return found.rows[0] ?? null;
  }

  private select(own: TableView): string {
    const names = own.columns.map(
      (column) => `${this.dialect.ident(column.name)}::text AS ${this.dialect.ident(column.name)}`,
    );
    return `SELECT ${names.join(", ")} FROM ${this.dialect.qualified(own.table.schema, own.table.name)} AS r`;
  }

  private async draw(own: TableView, conditions: readonly string[]): Promise<readonly SampleRow[]> {
    const { schema, name } = own.table;
    const tenant = tenantColumn(this.design, schema, name);
    const hashed = (own.primaryKey?.columns ?? own.columns.slice(0, 1).map((column) => column.name))
      .map((column) => `r.${this.dialect.ident(column)}::text`)
      .join(" || ' ' || ");
    const where = conditions.map((condition) => `(${condition})`);
    const drawn = (more: readonly string[]): string => {
      const all = [...where, ...more];
      return `${this.select(own)}${all.length === 0 ? "" : ` WHERE ${all.join(" AND ")}`} ORDER BY md5(${hashed}) LIMIT ${ROWS_PER_DRAW}`;
    };
    const any = (await this.session.query<SampleRow>(drawn([]))).rows;
    if (tenant === null) return any;
    const column = this.dialect.ident(tenant);
    const table = this.dialect.qualified(schema, name);
    const largest = `r.${column} = (SELECT ${column} FROM ${table} GROUP BY 1 ORDER BY count(*) DESC, ${column}::text LIMIT 1)`;
    const of = (await this.session.query<SampleRow>(drawn([largest]))).rows;
    // Alternating, so that few draws still hold both.
    return of.length === 0 ? any : any.flatMap((row, at) => [...(of[at] === undefined ? [] : [of[at]]), row]);
  }
}
