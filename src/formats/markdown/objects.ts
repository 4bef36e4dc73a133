import type { CatalogObject } from "../../model/catalog.ts";
import type { CatalogView } from "../../model/catalog-view.ts";
import { code, fenced, plain, table } from "./quote.ts";

/** A section about one kind of object. */
export interface Section {
  readonly title: string;
  readonly body: string;
}

const named = (object: CatalogObject): string =>
  object.schema === null ? object.name : `${object.schema}.${object.name}`;

type Add = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) => void;

/** The sections after the tables, one per kind that occurs. */
export function objectSections(view: CatalogView): readonly Section[] {
  const sections: Section[] = [];
  const add: Add = (title, head, rows) => {
    if (rows.length > 0) sections.push({ title, body: table(head, rows) });
  };
  types(view, add);
  add(
    "Partitions",
    ["Partition", "Of", "Bound"],
    view
      .of("table")
      .flatMap((of) =>
        of.partitionOf === null
          ? []
          : [[code(named(of)), code(`${of.partitionOf.schema}.${of.partitionOf.table}`), code(of.partitionOf.bound)]],
      ),
  );
  if (view.of("view").length > 0) sections.push({ title: "Views", body: views(view) });
  if (view.of("function").length + view.of("aggregate").length > 0)
    sections.push({ title: "Functions", body: functions(view) });
  surroundings(view, add);
  return sections;
}

function types(view: CatalogView, add: Add): void {
  add(
    "Enumerated types",
    ["Type", "Values", "Comment"],
    view.of("enum").map((of) => [code(named(of)), of.values.map(code).join(", "), plain(of.comment ?? "")]),
  );
  add(
    "Domains",
    ["Domain", "Type", "Null", "Default", "Checks", "Comment"],
    view
      .of("domain")
      .map((of) => [
        code(named(of)),
        code(of.type),
        of.notNull ? "" : "null",
        code(of.default ?? ""),
        of.checks.map((check) => code(check.definition)).join(", "),
        plain(of.comment ?? ""),
      ]),
  );
  add(
    "Composite types",
    ["Type", "Attributes", "Comment"],
    view
      .of("composite")
      .map((of) => [
        code(named(of)),
        of.attributes.map((attribute) => code(`${attribute.name} ${attribute.type}`)).join(", "),
        plain(of.comment ?? ""),
      ]),
  );
  add(
    "Range types",
    ["Type", "Over", "Comment"],
    view.of("range").map((of) => [code(named(of)), code(of.subtype), plain(of.comment ?? "")]),
  );
}

function surroundings(view: CatalogView, add: Add): void {
  add(
    "Sequences",
    ["Sequence", "Type", "Start", "Increment", "Owned by", "Comment"],
    view
      .of("sequence")
      .map((of) => [
        code(named(of)),
        code(of.options.type),
        plain(of.options.start),
        plain(of.options.increment),
        of.ownedBy === null ? "" : code(`${of.ownedBy.schema}.${of.ownedBy.table}.${of.ownedBy.column}`),
        plain(of.comment ?? ""),
      ]),
  );
  add(
    "Extensions",
    ["Extension", "Version", "Schema", "Comment"],
    view
      .of("extension")
      .map((of) => [code(of.name), plain(of.version), code(of.schema ?? ""), plain(of.comment ?? "")]),
  );
  add(
    "Roles",
    ["Role", "Attributes"],
    view
      .of("role")
      .map((of) => [
        code(of.name),
        [
          ...(of.login ? ["login"] : []),
          ...(of.superuser ? ["superuser"] : []),
          ...(of.bypassRls ? ["bypasses row security"] : []),
        ].join(", "),
      ]),
  );
  add(
    "Privileges",
    ["On", "Object", "To", "Privileges"],
    view
      .of("grant")
      .map((of) => [
        of.on,
        code(named(of) + (of.arguments === null ? "" : `(${of.arguments})`)),
        plain(of.grantee),
        of.privileges.map(plain).join(", "),
      ]),
  );
  add(
    "Seen and not modelled",
    ["Kind", "Name"],
    view.catalog.unmodelled.map((of) => [plain(of.kind), code(of.name)]),
  );
}

function views(view: CatalogView): string {
  return view
    .of("view")
    .flatMap((of) => [
      `### ${plain(named(of))}`,
      ...(of.materialised ? ["Materialised."] : []),
      ...(of.comment === null ? [] : [plain(of.comment)]),
      ...(of.columns.length === 0
        ? []
        : [
            table(
              ["Column", "Type"],
              of.columns.map((column) => [code(column.name), code(column.type)]),
            ),
          ]),
      fenced("sql", of.definition),
    ])
    .join("\n\n");
}

function functions(view: CatalogView): string {
  const rows = view
    .of("function")
    .map((of) => [
      code(`${named(of)}(${of.signature})`),
      of.routine,
      code(of.returns ?? ""),
      plain(of.language),
      of.securityDefiner ? "definer" : "",
      plain(of.comment ?? ""),
    ]);
  const aggregates = view
    .of("aggregate")
    .map((of) => [code(`${named(of)}(${of.signature})`), "aggregate", "", "", "", plain(of.comment ?? "")]);
  return table(["Function", "Kind", "Returns", "Language", "Security", "Comment"], [...rows, ...aggregates]);
}
