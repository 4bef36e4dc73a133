import { z } from "zod";

/** What a user may name as one side of a plan. */
export const PLAN_SOURCE = "a postgres:// URL, a .sql file, a folder of them, a saved catalog (.json) or git:REV:PATH";

/** How the way between two sources is to be made, as options of an action; see `BetweenOptions`. */
export const betweenShape: {
  readonly direct: z.ZodDefault<z.ZodBoolean>;
  readonly rename: z.ZodOptional<z.ZodArray<z.ZodString>>;
  readonly move: z.ZodOptional<z.ZodArray<z.ZodString>>;
  readonly engine: z.ZodOptional<z.ZodString>;
  readonly twin: z.ZodOptional<z.ZodString>;
  readonly schemas: z.ZodOptional<z.ZodArray<z.ZodString>>;
  readonly prove: z.ZodDefault<z.ZodBoolean>;
  readonly rows: z.ZodDefault<z.ZodNumber>;
} = {
  direct: z.boolean().default(false).describe("the shortest script, whatever it locks or rewrites"),
  rename: z
    .array(z.string())
    .optional()
    .describe("an object that keeps its rows under another name: public.task.title=name, public.task=public.job"),
  move: z
    .array(z.string())
    .optional()
    .describe(
      "a column whose values go on in another table: public.task.title=public.task_detail.title (… on task_detail.task_id=task.id where no one foreign key joins both)",
    ),
  engine: z.string().optional().describe("what SQL files are written for, e.g. postgres@16"),
  twin: z
    .string()
    .optional()
    .describe("a PostgreSQL server to use as the twin, by URL; databases are made and dropped there"),
  schemas: z.array(z.string()).optional().describe("only these schemas"),
  prove: z.boolean().default(true).describe("do not try the plan on a twin"),
  rows: z.number().int().min(0).max(100_000).default(20).describe("synthetic rows in each table for the proof"),
};
