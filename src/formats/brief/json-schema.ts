import { z } from "zod";
import { BRIEF_SHAPE } from "./shape.ts";

/**
 * The JSON Schema (draft 7, which editors read) of a brief, as written to `schemas/brief.schema.json`.
 * It describes shapes and short forms; what names refer to is judged by `readBrief` alone.
 */
export function briefJsonSchema(): object {
  const schema = z.toJSONSchema(BRIEF_SHAPE, { target: "draft-7", io: "input" });
  return { ...schema, title: "dbwright brief" };
}
