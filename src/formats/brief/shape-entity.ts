import { z } from "zod";
import { CLASSIFICATIONS, FIELD_TYPES } from "../../model/brief.ts";
import { ON_DELETE } from "./relation-spec.ts";
import {
  about,
  classification,
  flag,
  list,
  mapping,
  name,
  names,
  quantity,
  record,
  retention,
  text,
  words,
} from "./shape-parts.ts";

const WORD = "[a-z][a-z0-9_]*";
const QUOTED = `'([^']|'')*'|"([^"]|"")*"`;
const FIELD_PATTERN =
  `^\\s*(${FIELD_TYPES.join("|")})(\\s*\\(.*\\))?\\s*\\??` +
  `(\\s*=\\s*(${QUOTED}|[^\\s'"]+)|\\s*@(${CLASSIFICATIONS.join("|")})|\\s+(unique-per-tenant|unique|immutable))*\\s*$`;
const REFERENCE_PATTERN =
  `^\\s*(${WORD}(\\s*\\|\\s*${WORD})*\\s*\\??)?` +
  `(\\s*(one|immutable|on\\s+delete\\s+(${ON_DELETE.map((action) => action.replace(" ", "\\s+")).join("|")})))*\\s*$`;

const field = z
  .union(
    [
      text({
        description:
          "A field in one line: type, ? when it may be absent, = default, unique, unique-per-tenant, immutable, @classification.",
        examples: [
          "text(120)",
          "integer(1..4) = 3",
          "enum(free, team) = free",
          "email unique-per-tenant @personal",
          "money(12,2, 0..)?",
          "list(text(40))",
        ],
        pattern: FIELD_PATTERN,
      }),
      mapping(
        {
          type: text({
            description: "The type, or the whole short form.",
            examples: ["text(120)", "decimal(12,2)"],
            pattern: FIELD_PATTERN,
          }),
          about: about.optional(),
          default: z
            .union([z.string(), z.number(), z.boolean()], { error: "a value" })
            .meta({ description: "The value of a row that states none; now for dates and instants." })
            .optional(),
          optional: flag({ description: "Whether it may be absent; the short form is ? behind the type." }).optional(),
          unique: z
            .union([z.literal(true), z.enum(["everywhere", "per-tenant"])], { error: "true, everywhere or per-tenant" })
            .meta({ description: "No two rows have the same value: true or everywhere, or per-tenant." })
            .optional(),
          immutable: flag({ description: "Whether it never changes once the row is there." }).optional(),
          classification: classification.optional(),
          values: z
            .array(z.union([z.string(), z.number(), z.boolean()], { error: "a value" }), { error: "a list of values" })
            .meta({ description: "The values of an enum, in order, where the short form would be too long." })
            .optional(),
        },
        {
          description: "A field in its long form.",
          examples: [{ type: "text(120)", about: "As printed on invoices." }],
        },
      ),
    ],
    { error: "a type such as text(120), or a mapping with type, about, default, …" },
  )
  .meta({ description: "A field: text(120), or a mapping with type, about, default, …" });

const fields = record(field, "a mapping of field names to types", {
  description: "What is kept of each, name by name. The key is made by dbwright.",
  examples: [{ title: "text(240)", status: "enum(todo, doing, done) = todo" }],
});

const reference = z
  .union(
    [
      text({
        description:
          "The entity it refers to (| between several), ? when it may be absent, one for one-to-one, immutable, on delete ….",
        examples: ["member? on delete set null", "order one on delete cascade", "task | comment"],
        pattern: REFERENCE_PATTERN,
      }),
      z.null().meta({ description: "Empty: the entity of the same name, required." }),
      mapping(
        {
          to: names({
            description: "The entity, or several for a polymorphic reference. Left out: the entity of the same name.",
            examples: ["member", ["task", "comment"]],
          }).optional(),
          about: about.optional(),
          optional: flag({
            description: "Whether the reference may be absent; the short form is ? behind the entity.",
          }).optional(),
          one: flag({ description: "One-to-one: no two rows refer to the same." }).optional(),
          immutable: flag({ description: "Whether it never changes once the row is there." }).optional(),
          on_delete: words(ON_DELETE as [string, ...string[]], {
            description:
              "What happens to this row when the other goes. Left out: set null when optional, else restrict.",
          }).optional(),
        },
        { description: "A reference in its long form." },
      ),
    ],
    { error: "an entity such as member?, or a mapping with to, optional, one, on_delete, …" },
  )
  .meta({ description: "A reference to another entity." });

const manyToMany = z
  .union(
    [
      text({
        description: "The entity, and ordered when the pairs keep an order.",
        examples: ["member", "tag ordered"],
        pattern: `^\\s*${WORD}(\\s+ordered)?\\s*$`,
      }),
      mapping(
        {
          to: name({ description: "The entity on the other side.", examples: ["member"] }),
          ordered: flag({ description: "Whether the pairs keep an order." }).optional(),
          fields: fields.optional(),
        },
        {
          description: "A many-to-many with fields of its own.",
          examples: [{ to: "member", fields: { lead: "boolean = false" } }],
        },
      ),
    ],
    { error: "an entity, or a mapping with to, ordered, fields" },
  )
  .meta({ description: "A collection of another entity; becomes a junction table." });

const rule = z
  .union(
    [
      text({
        description:
          "A condition over the entity's fields, unique (a, b) where …, or no overlap of (from, to) per reference.",
        examples: [
          "ends_on >= starts_on",
          "unique (team, name) where deleted_at is null",
          "no overlap of (starts_at, ends_at) per room",
        ],
      }),
      mapping(
        {
          check: text({ description: "An SQL condition over the entity's fields and references." }).optional(),
          about: about.optional(),
          unique: names({ description: "Fields and references that are unique together." }).optional(),
          where: text({ description: "Which rows the unique rule is about." }).optional(),
          no_overlap: z
            .tuple([z.string(), z.string()], { error: "a list of two fields: [from, to]" })
            .meta({ description: "The fields where a span begins and ends." })
            .optional(),
          per: names({ description: "What overlaps are judged within." }).optional(),
        },
        { description: "A rule in its long form: exactly one of check, unique, no_overlap." },
      ),
    ],
    { error: "a condition, or a mapping with check, unique or no_overlap" },
  )
  .meta({ description: "An invariant that the database keeps." });

const dependency = z
  .union(
    [
      text({
        description: "What determines what: a value on the left fixes the one on the right.",
        examples: ["country -> currency"],
        pattern: "^.*\\S.*(->|→).*\\S.*$",
      }),
      mapping(
        { from: names({ description: "What determines." }), to: names({ description: "What is determined." }) },
        { description: "A dependency in its long form." },
      ),
    ],
    { error: "a dependency such as country -> currency" },
  )
  .meta({ description: "A functional dependency between fields." });

const rows = (description: string): z.ZodType =>
  quantity("a number of rows such as 40k or 2.5M", {
    description,
    examples: [200, "40k", "2.5M", "1B"],
    pattern: "^\\s*\\d[\\d_]*(\\.\\d+)?\\s*[kKMB]?\\s*$",
  });

const volume = z
  .union(
    [
      z.string(),
      z.number(),
      mapping(
        {
          now: rows("Rows on the first day.").optional(),
          per_month: rows("Rows that come each month.").optional(),
          row: quantity("a size such as 600 B", {
            description: "Average bytes of a row.",
            examples: ["600 B", "2 kB"],
            pattern: "^\\s*\\d[\\d_]*(\\.\\d+)?\\s*(B|kB|MB|KiB|MiB)\\s*$",
          }).optional(),
          skew: text({
            description:
              "How uneven rows are spread over their parents: even, 80/20 (the busiest 20 % hold 80 %), or the share that the busiest 1 % hold.",
            examples: ["even", "80/20", "30%"],
            pattern: "^\\s*(even|\\d+(\\.\\d+)?\\s*%|\\d+(\\.\\d+)?\\s*/\\s*\\d+(\\.\\d+)?)\\s*$",
          }).optional(),
        },
        {
          description: "Rows, growth, size and spread.",
          examples: [{ now: "5M", per_month: "250k", row: "600 B", skew: "80/20" }],
        },
      ),
    ],
    { error: "a number of rows, or a mapping with now, per_month, row, skew" },
  )
  .meta({
    description: "How many rows there are and will be; short form: the rows now.",
    examples: ["40k", { now: "5M", per_month: "250k" }],
  });

/** The shape of one entity. */
export const ENTITY_SHAPE: z.ZodType = mapping(
  {
    about: about.optional(),
    is_a: name({
      description: "The entity it specialises; a one-to-one row beside the parent's, sharing its key.",
      examples: ["product"],
    }).optional(),
    per_tenant: flag({
      description: "false for reference data that all tenants share; left out, dbwright infers it.",
    }).optional(),
    key: names({
      description: "A natural primary key, where values never change; left out, dbwright makes one.",
      examples: ["code", ["sensor", "measured_at"]],
    }).optional(),
    belongs_to: record(reference, "a mapping of reference names to entities", {
      description: "References to other entities: many of these to one of those.",
      examples: [{ project: "on delete cascade", assignee: "member? on delete set null" }],
    }).optional(),
    many_to_many: record(manyToMany, "a mapping of collection names to entities", {
      description: "Collections that both sides share.",
      examples: [{ tags: "tag ordered" }],
    }).optional(),
    fields: fields.optional(),
    rules: list(rule, "a list of rules", { description: "Invariants that the database keeps." }).optional(),
    depends: list(dependency, "a list of dependencies", {
      description: "Functional dependencies that are known; design normalises by them.",
      examples: [["country -> currency"]],
    }).optional(),
    search: names({ description: "Fields that are searched as words.", examples: [["title", "body"]] }).optional(),
    history: words(["changes", "none"], {
      description: "changes: every earlier version of a row is kept with who and when.",
    }).optional(),
    soft_delete: flag({ description: "Deleted rows are marked and hidden, not removed." }).optional(),
    append_only: flag({ description: "Rows are inserted and read, never changed." }).optional(),
    ordered_within: name({
      description: "The reference within which rows keep an order by hand, or all.",
      examples: ["project", "all"],
    }).optional(),
    volume: volume.optional(),
    retention: retention.optional(),
    erase: words(["erase", "anonymise", "keep"], {
      description: "What a person's request for erasure does to the row.",
    }).optional(),
    classification: classification.optional(),
    consistency: words(["strong", "eventual"], {
      description: "Whether reads may lag behind writes; strong unless stated.",
    }).optional(),
  },
  { description: "A thing the system keeps." },
);
