import { fenced, plain } from "../../formats/markdown/quote.ts";
import { paragraphs } from "./markdown.ts";
import type { Subject } from "./subject.ts";

/** The statements with which a tenant gets its schema or database; nothing where tenants share tables. */
export function provisioning(subject: Subject): string {
  const { design } = subject;
  if (design.tenancy?.model === "database-per-tenant") {
    return paragraphs(
      `A new ${plain(design.tenancy.tenantTable.table)} is a database of its own, made from this schema; the roles belong to the server and are made once. Later migrations run against each database:`,
      fenced(
        "sh",
        `createdb "$TENANT"
psql -X -v ON_ERROR_STOP=1 -d "$TENANT" -f schema.sql
psql -X -v ON_ERROR_STOP=1 -d "$TENANT" -v tenant="$TENANT" <<'SQL'
REVOKE CONNECT, TEMPORARY ON DATABASE :"tenant" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"tenant" TO ${[design.applicationRole, design.operatorRole ?? ""].filter((role) => role !== "").join(", ")};
SQL`,
      ),
      `${plain(design.applicationRole)} may connect to every tenant's database then; where a leaked password must open one only, each tenant's login role is granted CONNECT on its own database instead.`,
    );
  }
  if (design.tenancy?.model !== "schema-per-tenant") return "";
  const pattern = design.volumes.find(({ schema }) => schema !== design.schema)?.schema;
  if (pattern === undefined) return "";
  return paragraphs(
    `A new ${plain(design.tenancy.tenantTable.table)} gets the statements of the schema that name ${plain(pattern)}, with its own schema in place of it, in one transaction; schema.sql keeps them apart by empty lines. Later migrations run the same way, once for the pattern and once for each tenant:`,
    fenced(
      "sh",
      `case "$TENANT" in *[!a-z0-9_]*|'') echo "a tenant's name has letters, digits and _ only" >&2; exit 2;; esac
awk -v RS= -v ORS='\\n\\n' '/${pattern}/' schema.sql | sed "s/${pattern}/tenant_$TENANT/g" |
  psql -X --single-transaction -v ON_ERROR_STOP=1 -d "$DATABASE"`,
    ),
    `The application then opens each transaction with \`SET LOCAL search_path = tenant_…, ${plain(design.schema)}\` and leaves the schema out of its queries. ${plain(design.applicationRole)} has the privileges of every tenant's schema, so that setting, not the server, keeps tenants apart; where it must be the server, each tenant gets a login role of its own with USAGE on its schema only.`,
  );
}
