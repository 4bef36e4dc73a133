import { lintRule } from "../rule.ts";
import type { LintRule } from "../rule.ts";

/** A file holds no statement. */
export const emptyMigration: LintRule = lintRule({
  id: "empty-migration",
  area: "conventions",
  severity: "warning",
  equivalents: [],
  summary: "A file holds no statement.",
  why: "A runner takes it for a migration that went well: it is recorded as run, changes nothing, and what is written into it later does not run where it was recorded.",
  remedy: "Write the statements, or take the file out before anybody runs it.",
  fails: ["-- to be written\n", "-- migrate:up\n\n-- migrate:down\nDROP TABLE task;"],
  passes: [
    "CREATE TABLE task (id bigint)",
    "-- dbwright-ignore empty-migration: its statements went into the file before it\n",
  ],
  *ofEmpty() {
    yield { message: "the file holds no statement: a runner records it as run, and nothing changes" };
  },
});
