const EXTENDED =
  /^(?:text|character varying|character|bytea|jsonb?|xml|tsvector|bit|bit varying|path|polygon|\w+multirange|\w+range)\b/;
const MAIN = /^(?:numeric|inet|cidr)\b/;

/**
 * What SET STORAGE is to say so that a column is stored as its type is (pg_type.typstorage): `DEFAULT` says so itself
 * from PostgreSQL 16 on, and is left for types that are not the server's own.
 */
export function ownStorage(type: string): string {
  if (type.endsWith("[]") || EXTENDED.test(type)) return "EXTENDED";
  return MAIN.test(type) ? "MAIN" : "DEFAULT";
}
