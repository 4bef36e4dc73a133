import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A body runs text that is put together while it runs. */
export const dynamicSqlNotRead: LintRule = lintRule({
  id: "dynamic-sql-not-read",
  area: "transactions",
  severity: "info",
  equivalents: ["strong_migrations:execute", "pg-schema-diff:HAS_UNTRACKABLE_DEPENDENCIES", "atlas:SA101"],
  summary: "A body runs text that is put together while it runs.",
  why: "No tool can say beforehand which statement it will be, which lock it takes and what it removes. Names and values that are joined in without quoting become part of the statement.",
  remedy:
    "Write the statements out; where that is impossible, format() with %I for names and %L for values, or USING, and try the migration on a copy (lint --trace).",
  fails: ["DO $$ DECLARE t text := 'task'; BEGIN EXECUTE 'DROP TABLE ' || t; END $$"],
  passes: ["DO $$ BEGIN EXECUTE 'ANALYZE task'; END $$", "DO $$ BEGIN ANALYZE task; END $$"],
});
