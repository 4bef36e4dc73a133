import { z } from "zod";
import type { Severity } from "../../model/finding.ts";

const severity = z.enum(["error", "warning", "info"]);

const exception = z.strictObject({
  object: z
    .string()
    .min(1)
    .describe(
      "which objects: a dotted path such as public.audit_*, where * stands for anything but a dot and ** for anything; what hangs on a table goes with it",
    ),
  reason: z.string().trim().min(1).describe("why; shown to whoever asks what was set aside"),
});

const ruleSetting = z.union(
  [
    z.enum(["off", "error", "warning", "info"]),
    z.strictObject({
      severity: severity.optional().describe("how bad its findings are in this project"),
      ignore: z.array(exception).optional().describe("objects it says nothing about"),
    }),
  ],
  { error: "off, error, warning, info, or { severity, ignore: [{ object, reason }] }" },
);

const shape = z.strictObject({
  $schema: z.string().optional().describe("for editors: the JSON Schema of this file"),
  failOn: z
    .enum(["error", "warning", "info", "never"])
    .optional()
    .describe("from which severity on review and lint end with exit code 1 (default: error)"),
  tenantColumn: z.string().min(1).optional().describe("the column that names the tenant, where there is one"),
  classified: z
    .record(z.string(), z.string().trim().min(1))
    .optional()
    .describe("what columns hold, schema.table.column to a word of your own, e.g. personal"),
  rules: z
    .record(z.string(), ruleSetting)
    .optional()
    .describe("rules by id: switched off, made worse or milder, or with exceptions"),
});

/** Objects that a rule says nothing about, and why. */
export interface RuleException {
  readonly object: string;
  readonly reason: string;
}

/** What a `dbwright.config` file says. */
export interface Configuration {
  readonly $schema?: string | undefined;
  readonly failOn?: "error" | "warning" | "info" | "never" | undefined;
  readonly tenantColumn?: string | undefined;
  readonly classified?: Readonly<Record<string, string>> | undefined;
  readonly rules?: Readonly<Record<string, RuleSetting>> | undefined;
}

/** What a project says of one rule. */
export type RuleSetting =
  | "off"
  | Severity
  | { readonly severity?: Severity | undefined; readonly ignore?: readonly RuleException[] | undefined };

/** The shape of a `dbwright.config` file. */
export const CONFIGURATION_SHAPE: z.ZodType<Configuration> & { readonly shape: object } = shape;

/** The JSON Schema (draft 7, which editors read) of a configuration, as written to `schemas/config.schema.json`. */
export function configurationJsonSchema(): object {
  const schema = z.toJSONSchema(CONFIGURATION_SHAPE, { target: "draft-7", io: "input" });
  return { ...schema, title: "dbwright configuration" };
}
