import { z } from "zod";
import { about, flag, mapping, name, names, quantity, text } from "./shape-parts.ts";

const filter = z
  .union(
    [
      text({
        description:
          "eq, in, range, prefix, contains, is-null or not-null of a value that the application gives; = value or in(a, b) for constants.",
        examples: ["eq", "range", "= active", "is-null"],
        pattern: "^\\s*(eq|in|range|prefix|contains|is-null|not-null|in\\s*\\(.+\\)|=.+)\\s*$",
      }),
      z
        .array(z.union([z.string(), z.number(), z.boolean()]))
        .min(1, { error: "at least one value" })
        .meta({ description: "One of these constants.", examples: [["todo", "doing"]] }),
    ],
    { error: "eq, in, range, prefix, contains, is-null, not-null, = value, or a list of values" },
  )
  .meta({ description: "How the field is compared." });

/** The shape of one access pattern. */
export const PATTERN_SHAPE: z.ZodType = mapping(
  {
    about: about.optional(),
    read: name({ description: "Rows of this entity are read." }).optional(),
    aggregate: text({
      description: "A figure over rows: count of task, sum(amount) of payment.",
      examples: ["count of task", "sum(ended_at - started_at) of time_entry"],
    }).optional(),
    insert: name({ description: "A row of this entity is inserted." }).optional(),
    update: name({ description: "Rows of this entity are changed." }).optional(),
    delete: name({ description: "Rows of this entity are deleted." }).optional(),
    search: name({ description: "Rows of this entity are searched by words." }).optional(),
    where: z
      .record(z.string(), filter, { error: "a mapping of fields to comparisons" })
      .meta({
        description: "Which rows: a field, reference or reference.field, and how it is compared.",
        examples: [{ assignee: "eq", status: ["todo", "doing"] }],
      })
      .optional(),
    order: names({
      description: "How rows are sorted; desc behind a field turns it round.",
      examples: ["due_on", ["priority", "created_at desc"]],
    }).optional(),
    limit: quantity("a whole number of rows", { description: "At most so many rows.", examples: [50] }).optional(),
    with: names({ description: "Values fetched through references.", examples: [["assignee.name"]] }).optional(),
    fields: names({ description: "Fields that are read; left out, all.", examples: [["name", "status"]] }).optional(),
    set: names({ description: "Fields that an update changes.", examples: [["status"]] }).optional(),
    by: names({
      description: "What an aggregate is grouped by; hour, day, week, month and year stand for the entity's time.",
      examples: [["task.project", "month"]],
    }).optional(),
    rate: quantity("a rate such as 120/s, 10/min or 500/h", {
      description: "How often, at the busiest hour.",
      examples: ["120/s", "10/min"],
      pattern: "^\\s*\\d[\\d_]*(\\.\\d+)?\\s*[kKMB]?\\s*/\\s*(s|min|h|day)\\s*$",
    }).optional(),
    p95: quantity("a time with its unit such as 20 ms", {
      description: "95 of 100 calls are answered within this time.",
      examples: ["20 ms", "1 s"],
      pattern: "^\\s*\\d[\\d_]*(\\.\\d+)?\\s*(ms|s|min)\\s*$",
    }).optional(),
    staleness: quantity("a time with its unit such as 1 h", {
      description: "How old an answer may be; allows a read model.",
      examples: ["1 h", "5 min"],
    }).optional(),
    across_tenants: flag({ description: "Whether it looks across tenants: reports of the operator." }).optional(),
  },
  {
    description:
      "One way the application uses the data, with exactly one of read, aggregate, insert, update, delete, search.",
  },
);
