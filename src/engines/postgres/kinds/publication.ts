import type { PublicationObject, PublishedTable } from "../../../model/catalog.ts";
import { UnprintableChange } from "../../../model/change.ts";
import { ref, refKey } from "../../../model/ref.ts";
import type { RefKey } from "../../../model/ref.ts";
import type { Statement } from "../../../model/statement.ts";
import { canonicalOrNull } from "../canonical.ts";
import { ownedBy, ownerChanged, ownerOf, ownerTo } from "../ownership.ts";
import { commentOn, ident, identList, literal, qualified, setComment, statement } from "../print.ts";
import { alterBy, CLASS, inOne, joinComment, notOfExtension, objectKind } from "./kind.ts";
import type { ObjectKind } from "./kind.ts";

interface Row {
  readonly oid: number;
  readonly name: string;
  readonly owner: string | null;
  readonly all_tables: boolean;
  readonly operations: readonly string[];
  readonly via_root: boolean;
  readonly generated: boolean;
  readonly tables:
    | readonly {
        readonly entry: number;
        readonly relation: number;
        readonly schema: string;
        readonly table: string;
        readonly columns: readonly string[] | null;
        readonly where: string | null;
      }[]
    | null;
  readonly schemas: readonly string[] | null;
  readonly comment: string | null;
}

const OPERATIONS_DEFAULT = "delete, insert, truncate, update";

const targetOf = (object: PublicationObject): string => `PUBLICATION ${ident(object.name)}`;

// ONLY: tables that inherit are listed by themselves.
function tableClause({ schema, table, columns, where }: PublishedTable): string {
  const list = columns === null ? "" : ` (${identList(columns)})`;
  return `TABLE ONLY ${qualified(schema, table)}${list}${where === null ? "" : ` WHERE (${where})`}`;
}

function members(object: PublicationObject): string {
  return [...object.tables.map(tableClause), ...object.schemas.map((one) => `TABLES IN SCHEMA ${ident(one)}`)].join(
    ", ",
  );
}

function optionsOf(object: PublicationObject): string[] {
  const operations = object.operations.join(", ");
  return [
    ...(operations === OPERATIONS_DEFAULT ? [] : [`publish = ${literal(operations)}`]),
    ...(object.viaRoot ? ["publish_via_partition_root = true"] : []),
    ...(object.generatedColumns === undefined ? [] : [`publish_generated_columns = ${object.generatedColumns}`]),
  ];
}

function changeMembers(before: PublicationObject, after: PublicationObject): Statement[] {
  const list = members(after);
  if (list !== "") return [statement(`ALTER ${targetOf(after)} SET ${list}`)];
  const gone = members({
    ...before,
    tables: before.tables.map((table) => ({ ...table, columns: null, where: null })),
  });
  return gone === "" ? [] : [statement(`ALTER ${targetOf(after)} DROP ${gone.replaceAll("TABLE ONLY ", "TABLE ")}`)];
}

/** Publications: the tables and schemas whose changes are sent to subscribers. */
export const publication: ObjectKind<"publication"> = objectKind<"publication", Row>({
  kind: "publication",
  present: "from pg_catalog.pg_publication",
  query: (version) => `
    select p.oid, p.pubname as name, ${ownerOf("p.pubowner")} as owner, p.puballtables as all_tables,
      array_remove(array[case when p.pubdelete then 'delete' end, case when p.pubinsert then 'insert' end,
        case when p.pubtruncate then 'truncate' end, case when p.pubupdate then 'update' end], null) as operations,
      p.pubviaroot as via_root, ${version < 180000 ? "false" : "p.pubgencols = 's'"} as generated,
      (select json_agg(json_build_object('entry', e.oid::bigint, 'relation', c.oid::bigint, 'schema', n.nspname,
          'table', c.relname, 'where', pg_get_expr(e.prqual, e.prrelid), 'columns', (
            select json_agg(a.attname order by a.attnum) from pg_attribute a
            where a.attrelid = e.prrelid and a.attnum = any (e.prattrs))) order by n.nspname, c.relname)
        from pg_publication_rel e
        join pg_class c on c.oid = e.prrelid
        join pg_namespace n on n.oid = c.relnamespace
        where e.prpubid = p.oid) as tables,
      (select json_agg(n.nspname order by n.nspname) from pg_publication_namespace e
        join pg_namespace n on n.oid = e.pnnspid where e.pnpubid = p.oid) as schemas,
      d.description as comment
    from pg_publication p ${joinComment(CLASS.publication, "p.oid")}
    where $1::text[] is null and ${notOfExtension(CLASS.publication, "p.oid")}`,
  read(row, reading) {
    const own = ref("publication", row.name);
    const key = refKey(own);
    reading.identify(CLASS.publication, row.oid, key);
    const schemas = row.schemas ?? [];
    const dependsOn: RefKey[] = schemas.map((name) => refKey(ref("schema", name)));
    for (const { entry, relation } of row.tables ?? []) {
      // Columns and functions of the list and the filter are recorded as needs of the entry.
      reading.identify(CLASS.publishedTable, entry, key);
      const table = reading.relations.get(relation);
      if (table !== undefined) dependsOn.push(table.key);
    }
    return {
      ...own,
      kind: "publication",
      allTables: row.all_tables,
      tables: (row.tables ?? []).map(({ schema, table, columns, where }) => ({
        schema,
        table,
        columns,
        where: canonicalOrNull(where),
      })),
      schemas,
      operations: row.operations,
      viaRoot: row.via_root,
      ...(row.generated ? { generatedColumns: "stored" as const } : {}),
      ...ownedBy(row.owner, reading, dependsOn),
      comment: row.comment,
      dependsOn,
    };
  },
  create(object) {
    const target = targetOf(object);
    const list = members(object);
    const whole = object.allTables ? " FOR ALL TABLES" : list === "" ? "" : ` FOR ${list}`;
    const options = optionsOf(object);
    return [
      statement(`CREATE ${target}${whole}${options.length === 0 ? "" : ` WITH (${options.join(", ")})`}`),
      ...ownerTo(target, object),
      ...commentOn(target, object.comment),
    ];
  },
  drop: (object) => [statement(`DROP ${targetOf(object)}`)],
  alter: alterBy("publication", {
    allTables: () => {
      throw new UnprintableChange("publication", "allTables", "FOR ALL TABLES is chosen once");
    },
    ...inOne<"publication">(["tables", "schemas"], ({ before, after }) => changeMembers(before, after)),
    operations: ({ after }) => [
      statement(`ALTER ${targetOf(after)} SET (publish = ${literal(after.operations.join(", "))})`),
    ],
    viaRoot: ({ after }) => [
      statement(`ALTER ${targetOf(after)} SET (publish_via_partition_root = ${String(after.viaRoot)})`),
    ],
    generatedColumns: ({ after }) => [
      statement(`ALTER ${targetOf(after)} SET (publish_generated_columns = ${after.generatedColumns ?? "none"})`),
    ],
    comment: ({ after }) => [setComment(targetOf(after), after.comment)],
    owner: ({ after }) => ownerChanged(targetOf(after), after),
  }),
});
