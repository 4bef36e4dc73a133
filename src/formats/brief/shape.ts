import { z } from "zod";
import { ENTITY_SHAPE } from "./shape-entity.ts";
import { PATTERN_SHAPE } from "./shape-pattern.ts";
import { about, mapping, name, quantity, record, retention, text, words } from "./shape-parts.ts";

/** The shape of a whole brief. See the remark at the top of `shape-parts.ts` on its messages. */
export const BRIEF_SHAPE: z.ZodType = mapping(
  {
    name: text({
      description: "The system's name: lower-case words joined by -.",
      examples: ["project-management"],
      pattern: "^[a-z][a-z0-9]*([-_][a-z0-9]+)*$",
    }),
    about: about.optional(),
    engine: text({
      description: "The database and its major; postgres@18 unless stated.",
      examples: ["postgres@18"],
      pattern: "^postgres(@1[5-8])?$",
    }).optional(),
    tenancy: mapping(
      {
        model: words(["shared-schema", "schema-per-tenant", "database-per-tenant"], {
          description: "How tenants are kept apart; shared-schema unless stated.",
        }).optional(),
        tenant: name({ description: "The entity that is a tenant.", examples: ["organisation"] }),
        largest_share: quantity("a share of the whole such as 20%", {
          description: "The largest tenant's share of all rows.",
          examples: ["20%"],
          pattern: "^\\s*\\d+(\\.\\d+)?\\s*%\\s*$",
        }).optional(),
      },
      { description: "Several customers in one system, kept apart." },
    ).optional(),
    defaults: mapping(
      {
        retention: retention.optional(),
        rpo: quantity("a time with its unit such as 5 min", {
          description: "How much work may be lost (recovery point objective).",
          examples: ["5 min"],
        }).optional(),
        rto: quantity("a time with its unit such as 1 h", {
          description: "How long a recovery may take (recovery time objective).",
          examples: ["1 h"],
        }).optional(),
        horizon: quantity("a period such as 3 years", {
          description: "How far ahead volumes are projected; 3 years unless stated.",
          examples: ["3 years"],
        }).optional(),
      },
      { description: "What holds unless an entity states otherwise." },
    ).optional(),
    entities: record(ENTITY_SHAPE, "a mapping of entity names to what is kept of them", {
      description: "The things the system keeps.",
      minProperties: 1,
    }),
    access_patterns: z
      .record(z.string(), PATTERN_SHAPE, { error: "a mapping of pattern names to patterns" })
      .meta({ description: "How the application uses the data: what indexes are designed from." })
      .optional(),
  },
  { description: "A brief for dbwright: what a system keeps, how much of it, and how it is used." },
);
