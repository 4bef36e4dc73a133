import type { CatalogView } from "../../model/catalog-view.ts";
import type { Design, DesignedQuery, QueryParameter } from "../../model/design.ts";
import type { Dialect } from "../../model/statement.ts";
import type { SpareRow } from "../rows/generate.ts";
import type { Sampler, SampleRow } from "./samples.ts";
import { tenantColumn } from "./samples.ts";

/** Values for one execution of a query, and for whom it runs. Values are in the server's text form. */
export interface Draw {
  readonly tenant: string | null;
  readonly values: readonly (string | null)[];
}

const DAY_MS = 86_400_000;
/** A range of time spans a week for a list, a month for a report. */
const SPAN_DAYS = { read: 7, aggregate: 30 } as const;
const LIMIT_DEFAULT = 50;

/** What parameters are taken from. */
export interface ParameterSource {
  readonly design: Design;
  readonly view: CatalogView;
  readonly dialect: Dialect;
  readonly sampler: Sampler;
  /** Rows that could be inserted, by `schema.table` as JSON. */
  readonly spare: (schema: string, table: string) => readonly SpareRow[];
}

/** The table a query reads first: its pattern's, or the read model that answers in its place. */
export function tableRead(query: DesignedQuery): { readonly schema: string; readonly table: string } {
  const [first] = query.parameters;
  const elsewhere = first !== undefined && query.parameters.every((own) => own.table === first.table);
  return elsewhere ? { schema: first.schema, table: first.table } : query.table;
}

/** Up to `count` draws of a query's parameters from real rows, the largest tenant's among them. */
export async function drawParameters(
  source: ParameterSource,
  query: DesignedQuery,
  count: number,
): Promise<readonly Draw[]> {
  const { schema, table } = tableRead(query);
  const inserts = query.source.operation === "insert";
  const rows = inserts
    ? source.spare(schema, table)
    : await source.sampler.rows(schema, table, [...conditions(source, query), ...present(source, query)]);
  const donors = await source.sampler.rows(schema, table);
  const tenant = tenantColumn(source.design, schema, table);
  const draws: Draw[] = [];
  for (const [at, row] of rows.slice(0, count).entries()) {
    const others = rows.slice(at + 1).concat(rows.slice(0, at));
    const same = tenant === null ? others : others.filter((other) => other[tenant] === row[tenant]);
    const donor = donors[(at + 1) % Math.max(1, donors.length)] ?? row;
    const values: (string | null)[] = [];
    for (const parameter of query.parameters) {
      values.push(await valueOf(source, query, parameter, { row, same, donor, earlier: values }));
    }
    draws.push({ tenant: tenant === null ? await anyTenant(source) : (row[tenant] ?? null), values });
  }
  return draws;
}

async function anyTenant(source: ParameterSource): Promise<string | null> {
  const { tenancy } = source.design;
  if (tenancy === null) return null;
  const { schema, table } = tenancy.tenantTable;
  const column = tenantColumn(source.design, schema, table);
  const rows = await source.sampler.rows(schema, table);
  return column === null ? null : (rows[0]?.[column] ?? null);
}

// Rows that the pattern's constant filters select, so that what is measured finds something.
function conditions(source: ParameterSource, query: DesignedQuery): readonly string[] {
  const { design, dialect } = source;
  if (tableRead(query).table !== query.table.table) return [];
  return query.source.where.flatMap((filter) => {
    const column = design.columns.find(
      (own) =>
        own.schema === query.table.schema &&
        own.table === query.table.table &&
        own.origin === `${query.source.entity}.${filter.path}`,
    );
    if (column === undefined) return [];
    const name = `r.${dialect.ident(column.column)}`;
    if (filter.comparison === "is-null") return [`${name} IS NULL`];
    if (filter.comparison === "not-null") return [`${name} IS NOT NULL`];
    if (filter.values === null || !["eq", "in"].includes(filter.comparison)) return [`${name} IS NOT NULL`];
    return [`${name}::text IN (${filter.values.map((value) => dialect.literal(value)).join(", ")})`];
  });
}

// Rows with a value for every parameter that compares: nobody asks for the tasks of nobody.
function present(source: ParameterSource, query: DesignedQuery): readonly string[] {
  const read = tableRead(query);
  const compared = query.parameters.filter(
    (own) =>
      own.schema === read.schema &&
      own.table === read.table &&
      !["insert", "set", "limit"].includes(own.role) &&
      (own.role !== "search" || isDocument(source, own)),
  );
  return [
    ...new Set(
      compared.map((own) => {
        const name = `r.${source.dialect.ident(own.column)}`;
        if (own.role === "search") return `length(${name}) > 0`;
        return isArray(source, own) ? `cardinality(${name}) > 0` : `${name} IS NOT NULL`;
      }),
    ),
  ];
}

interface Surroundings {
  readonly row: SampleRow;
  /** Other rows of the same tenant. */
  readonly same: readonly SampleRow[];
  /** The row whose values an update writes. */
  readonly donor: SampleRow;
  readonly earlier: readonly (string | null)[];
}

async function valueOf(
  source: ParameterSource,
  query: DesignedQuery,
  parameter: QueryParameter,
  at: Surroundings,
): Promise<string | null> {
  if (parameter.role === "limit") return String(query.source.limit ?? LIMIT_DEFAULT);
  const read = tableRead(query);
  const own = parameter.schema === read.schema && parameter.table === read.table;
  const row = own ? at.row : await related(source, query, parameter, at.row);
  const value = row[parameter.column] ?? null;
  switch (parameter.role) {
    case "set":
      return setValue(source, query, parameter, at);
    case "list":
      return listOf(
        parameter,
        [row, ...(own ? at.same.slice(0, 2) : [])].map((one) => one[parameter.column] ?? null),
      );
    case "to":
      return later(query, value ?? at.earlier.at(-1) ?? null);
    case "prefix": {
      const all = await source.sampler.rows(parameter.schema, parameter.table);
      return beginningOf(
        value,
        all.map((other) => other[parameter.column] ?? ""),
      );
    }
    case "search":
      return wordOf(
        value ?? textOf(row),
        at.same.map((other) => other[parameter.column] ?? textOf(other)),
      );
    default:
      return isArray(source, parameter) && !parameter.type.endsWith("[]") ? elementOf(value) : value;
  }
}

const textOf = (row: SampleRow): string => Object.values(row).join(" ");

/** Letters after which people expect an answer, at least. */
const BEGINNING_MIN = 3;
/** The share of rows that a beginning may have in common: people type on while the answer is long. */
const BEGINNING_SHARE_MAX = 0.05;

/** The shortest beginning of a value that few of the values share; the whole of it where there is none. */
export function beginningOf(value: string | null, values: readonly string[]): string | null {
  if (value === null) return null;
  const letters = [...value];
  for (let count = BEGINNING_MIN; count < letters.length; count++) {
    const beginning = letters.slice(0, count).join("");
    const sharing = values.filter((other) => other !== value && other.startsWith(beginning)).length;
    if (sharing <= values.length * BEGINNING_SHARE_MAX) return beginning;
  }
  return value;
}

function isArray(source: ParameterSource, parameter: QueryParameter): boolean {
  const columns = source.view.table(parameter.schema, parameter.table)?.columns ?? [];
  return columns.find((own) => own.name === parameter.column)?.type.endsWith("[]") ?? false;
}

function isDocument(source: ParameterSource, parameter: QueryParameter): boolean {
  const columns = source.view.table(parameter.schema, parameter.table)?.columns ?? [];
  return columns.find((own) => own.name === parameter.column)?.type === "tsvector";
}

async function related(
  source: ParameterSource,
  query: DesignedQuery,
  parameter: QueryParameter,
  row: SampleRow,
): Promise<SampleRow> {
  const { schema, table } = tableRead(query);
  const parent = await source.sampler.parent(schema, table, row, parameter.schema, parameter.table);
  if (parent !== null) return parent;
  const rows = await source.sampler.rows(parameter.schema, parameter.table);
  const [own, other] = [
    tenantColumn(source.design, schema, table),
    tenantColumn(source.design, parameter.schema, parameter.table),
  ];
  const same = own === null || other === null ? undefined : rows.find((one) => one[other] === row[own]);
  return same ?? rows[0] ?? {};
}

// What an update writes: another row's values, all from the same one so that they fit together. A single
// moment is set a little after whatever the row knows of time: it is an end, and ends come last.
function setValue(
  source: ParameterSource,
  query: DesignedQuery,
  parameter: QueryParameter,
  at: Surroundings,
): string | null {
  const type = source.view
    .table(parameter.schema, parameter.table)
    ?.columns.find((own) => own.name === parameter.column)?.type;
  const alone = query.parameters.filter((other) => other.role === "set").length === 1;
  if (!alone || type === undefined || !/^(timestamp|date)/.test(type)) return at.donor[parameter.column] ?? null;
  const times = Object.values(at.row).flatMap((text) =>
    text !== null && /^\d{4}-\d\d-\d\d/.test(text) ? [moment(text)] : [],
  );
  if (times.length === 0) return at.donor[parameter.column] ?? null;
  return new Date(Math.max(...times) + 3_600_000).toISOString();
}

/** A timestamp or date as the server prints it, as milliseconds since 1970. */
function moment(text: string): number {
  const full = text.includes(":") ? text.replace(" ", "T") : `${text}T00:00:00Z`;
  return Date.parse(full.replace(/([+-]\d\d)$/, "$1:00"));
}

function later(query: DesignedQuery, value: string | null): string | null {
  if (value === null) return null;
  if (/^\d{4}-\d\d-\d\d/.test(value)) {
    const days = query.source.operation === "aggregate" ? SPAN_DAYS.aggregate : SPAN_DAYS.read;
    const end = new Date(moment(value) + days * DAY_MS).toISOString();
    return value.includes(":") ? end : end.slice(0, 10);
  }
  if (/^-?\d+$/.test(value)) return String(Math.ceil(Number(value) * 1.1) + 10);
  return Number.isFinite(Number(value)) ? (Number(value) * 1.1 + 10).toFixed(2) : `${value}zzz`;
}

function listOf(parameter: QueryParameter, values: readonly (string | null)[]): string | null {
  const known = [...new Set(values)].filter((value) => value !== null);
  if (known.length === 0) return null;
  const items = known.map((value) => `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`);
  return parameter.type.endsWith("[]") || known.length > 1 ? `{${items.join(",")}}` : `{${items[0]}}`;
}

// A word to look for: one that few of the other rows have, as people do who want to find something.
// A tsvector prints its words between quotes.
function wordOf(text: string, others: readonly string[]): string {
  const words = [...new Set(text.match(/\p{L}{4,}/gu) ?? [])];
  const seen = (word: string): number => others.filter((other) => other.includes(word)).length;
  return words.toSorted((a, b) => seen(a) - seen(b))[0] ?? "report";
}

// Where the query wraps one value in an array, the value is an element of the row's.
function elementOf(value: string | null): string | null {
  const element = /^\{(?:"((?:[^"\\]|\\.)*)"|([^",{}]+))/.exec(value ?? "");
  return element === null ? null : (element[1]?.replaceAll(/\\(.)/g, "$1") ?? element[2] ?? null);
}
