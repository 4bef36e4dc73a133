/** What stands behind a privilege that may be passed on. */
export const GRANTABLE = " WITH GRANT OPTION";

const bare = (privilege: string): string =>
  privilege.endsWith(GRANTABLE) ? privilege.slice(0, -GRANTABLE.length) : privilege;

/** GRANT statements for a list of privileges, those that may be passed on in one of their own. */
export function grantStatements(
  target: string,
  grantee: string,
  privileges: readonly string[],
  columns = "",
): readonly string[] {
  const one = (list: readonly string[], option: string): string[] =>
    list.length === 0
      ? []
      : [`GRANT ${list.map((privilege) => privilege + columns).join(", ")} ON ${target} TO ${grantee}${option}`];
  return [
    ...one(
      privileges.filter((privilege) => !privilege.endsWith(GRANTABLE)),
      "",
    ),
    ...one(privileges.filter((privilege) => privilege.endsWith(GRANTABLE)).map(bare), GRANTABLE),
  ];
}

/**
 * The statements that turn one list of privileges into another: what is no longer held at all is revoked; what
 * is held without the right to pass it on loses that right.
 */
export function changedGrants(
  target: string,
  grantee: string,
  before: readonly string[],
  after: readonly string[],
  columns = "",
): readonly string[] {
  const held = new Set(after);
  const kept = new Set(after.map(bare));
  const gone = [...new Set(before.map(bare))].filter((privilege) => !kept.has(privilege));
  const narrowed = before.filter((one) => one.endsWith(GRANTABLE) && !held.has(one) && kept.has(bare(one))).map(bare);
  const added = after.filter((privilege) => !before.includes(privilege));
  const list = (privileges: readonly string[]): string => privileges.map((one) => one + columns).join(", ");
  return [
    ...(gone.length === 0 ? [] : [`REVOKE ${list(gone)} ON ${target} FROM ${grantee}`]),
    ...(narrowed.length === 0 ? [] : [`REVOKE GRANT OPTION FOR ${list(narrowed)} ON ${target} FROM ${grantee}`]),
    ...grantStatements(target, grantee, added, columns),
  ];
}
