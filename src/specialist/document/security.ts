import { CLASSIFICATIONS } from "../../model/brief.ts";
import { code, fenced, table } from "../../formats/markdown/quote.ts";
import { bullets, paragraphs } from "./markdown.ts";
import { decisionList } from "./decisions.ts";
import type { ProofStep } from "../../model/proof.ts";
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

// Most attacks hit the same tables: those are named once.
function attackList(attacks: readonly ProofStep[]): string {
  const told = families(attacks);
  const lists = new Map<string, number>();
  for (const { subjects } of told) {
    const list = subjects.toSorted().map(code).join(", ");
    lists.set(list, (lists.get(list) ?? 0) + 1);
  }
  const [usual = "", times = 0] = [...lists].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const often = times > 2 && usual.includes(",");
  const items = told.map((family) => {
    const all = often && family.subjects.toSorted().map(code).join(", ") === usual;
    const { claim, seen } = familyText(all ? { ...family, subjects: family.subjects.slice(0, 1) } : family);
    return `*${family.standing}*${all ? " on each" : ""}: ${claim}: ${seen}`;
  });
  return paragraphs(
    often ? `Attacked on each of ${usual}; what stands below was seen on the first, and on the others alike:` : "",
    bullets(items),
  );
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
    attacks.length === 0 ? "" : attackList(attacks),
    "### Privileges",
    grants(subject),
    "### Classification",
    classified(subject),
  );
}
