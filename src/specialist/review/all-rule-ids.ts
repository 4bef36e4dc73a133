/**
 * The ids of the rules of both kinds, of schemas and of migrations. A configuration, and a comment that sets a finding
 * aside, may name any of them, whichever command reads it.
 */
export async function allRuleIds(): Promise<readonly string[]> {
  const [{ RULES }, { LINT_RULES }] = await Promise.all([
    import("../../rules/registry.ts"),
    import("../../lint/registry.ts"),
  ]);
  return [...RULES, ...LINT_RULES].map(({ id }) => id);
}
