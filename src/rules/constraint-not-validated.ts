import { alter } from "../model/change.ts";
import { ownTables } from "./own-tables.ts";
import { rule } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** A constraint that holds for new rows only. PostgreSQL 18 knows a second kind, NOT ENFORCED, that never holds. */
export const constraintNotValidated: Rule = rule({
  id: "constraint-not-validated",
  area: "integrity",
  severity: "warning",
  engines: ["postgres"],
  equivalents: ["pghero:invalid_constraints"],
  summary: "A constraint was never checked against the rows that were there before it.",
  why: "NOT VALID lets old rows break the rule: readers believe what does not hold, an unrelated UPDATE of an old row fails, and the planner may not use the constraint. It usually is the second half of a migration that nobody ran.",
  remedy: "Mend the rows that break it, then VALIDATE CONSTRAINT, which lets readers and writers go on.",
  fix: "safe",
  fails: [
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint); ALTER TABLE book ADD FOREIGN KEY (author_id) REFERENCES author NOT VALID;",
    'CREATE TABLE item (price integer); ALTER TABLE item ADD CONSTRAINT "not ""valid"" NOT VALID" CHECK (price > 0) NOT VALID;',
    "CREATE TABLE item (price integer); ALTER TABLE item ADD CHECK (price > 0) NOT ENFORCED;",
    "CREATE DOMAIN amount AS numeric; ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;",
  ],
  passes: [
    "CREATE TABLE item (price integer); ALTER TABLE item ADD CONSTRAINT positive CHECK (price > 0) NOT VALID; ALTER TABLE item VALIDATE CONSTRAINT positive;",
    "CREATE TABLE author (id bigint PRIMARY KEY); CREATE TABLE book (id bigint PRIMARY KEY, author_id bigint REFERENCES author);",
  ],
  *check({ view }) {
    for (const of of ownTables(view)) {
      for (const constraint of of.constraints) {
        if (constraint.validated || constraint.inherited) continue;
        const start = `${constraint.type} ${constraint.name} on ${of.table.name}`;
        if (constraint.definition.endsWith(" NOT ENFORCED")) {
          yield { ref: constraint, message: `${start} is not enforced: no row is ever checked` };
          continue;
        }
        const definition = constraint.definition.replace(/ NOT VALID$/, "");
        yield {
          ref: constraint,
          message: `${start} was added NOT VALID and never validated: older rows may break it`,
          fixes: [
            {
              title: `validate ${constraint.name}; it fails, and changes nothing, where a row breaks it`,
              safety: "safe",
              changes: [alter(constraint, { validated: true, definition })],
            },
          ],
        };
      }
    }
    for (const domain of view.of("domain")) {
      const open = domain.checks.filter((check) => !check.validated);
      if (open.length === 0) continue;
      const checks = domain.checks.map((check) => ({
        ...check,
        definition: check.definition.replace(/ NOT VALID$/, ""),
        validated: true,
      }));
      yield {
        ref: domain,
        message: `${open.map((check) => check.name).join(", ")} of domain ${domain.name} was added NOT VALID and never validated`,
        fixes: [{ title: "validate the domain's checks", safety: "safe", changes: [alter(domain, { checks })] }],
      };
    }
  },
});
