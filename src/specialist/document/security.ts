import { CLASSIFICATIONS } from "../../model/brief.ts";
import { code, fenced, table } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { decisionList } from "./decisions.ts";
import { families, familyText } from "./proof.ts";
import type { Subject } from "./subject.ts";

function classified(subject: Subject): string {
  const sensitive = CLASSIFICATIONS.filter(
    (classification) => classification !== "public" && classification !== "internal",
  );
  const rows = sensitive.flatMap((classification) => {
    const columns = subject.design.columns.filter((column) => column.classification === classification);
    if (columns.length === 0) return [];
    return [
      [classification, columns.map((column) => code(`${subject.tableName(column)}.${column.column}`)).join(", ")],
    ];
  });
  return rows.length === 0 ? "No field is classified as personal or more." : table(["classification", "columns"], rows);
}

function grants(subject: Subject): string {
  const byRole = new Map<string, Map<string, string[]>>();
  for (const grant of subject.view.of("grant")) {
    const rights = grant.privileges.join(", ").toLowerCase();
    const name = grant.on === "schema" ? grant.name : subject.tableName({ schema: grant.schema, table: grant.name });
    const of = byRole.get(grant.grantee) ?? new Map<string, string[]>();
    of.set(rights, [...(of.get(rights) ?? []), code(grant.on === "table" ? name : `${grant.on} ${name}`)]);
    byRole.set(grant.grantee, of);
  }
  const rows = [...byRole].flatMap(([role, rights]) =>
    [...rights].map(([right, objects]) => [code(role), right, objects.join(", ")]),
  );
  return rows.length === 0 ? "" : table(["role", "may", "on"], rows);
}

/** Roles, row security, classification, and what the attacks on tenant isolation saw. */
export function security(subject: Subject): string {
  const { design, view, dialect } = subject;
  const { tenancy } = design;
  const policies = view.of("policy").map((policy) => `${policy.name} on ${policy.table}`);
  const attacks = subject.steps("isolation");
  const setting =
    tenancy === null || policies.length === 0
      ? ""
      : paragraphs(
          `The application opens each transaction with the tenant's key; without it no row is seen and no write succeeds:`,
          fenced(
            "sql",
            `BEGIN;\nSELECT set_config(${dialect.literal(tenancy.setting)}, $1, true);  -- true: until the end of the transaction\n-- …\nCOMMIT;`,
          ),
        );
  return paragraphs(
    decisionList(subject.decisions("security", "privacy")),
    setting,
    policies.length === 0
      ? ""
      : `Row security is enabled and forced on ${new Set(view.of("policy").map((policy) => policy.table)).size} tables with ${policies.length} policies.`,
    attacks.length === 0
      ? ""
      : bullets(
          families(attacks).map((family) => {
            const { claim, seen } = familyText(family);
            return `*${family.standing}*: ${claim}: ${seen}`;
          }),
        ),
    "### Privileges",
    grants(subject),
    "### Classification",
    classified(subject),
  );
}
