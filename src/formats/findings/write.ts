import { createRequire } from "node:module";
import type { RuleTexts } from "../../model/review.ts";
import { writeGithub } from "../github/write.ts";
import { writeSarif } from "../sarif/write.ts";
import { writeFindingsMarkdown } from "./markdown.ts";

/** How findings may be written. */
export const FINDINGS_FORMATS = ["text", "sarif", "github", "markdown"] as const;

/** One of {@link FINDINGS_FORMATS}. */
export type FindingsFormat = (typeof FINDINGS_FORMATS)[number];

/** Findings in a format; `text` makes the one for a person, which differs with what was looked at. */
export function writeFindings(
  report: Parameters<typeof writeSarif>[0],
  texts: RuleTexts,
  format: FindingsFormat,
  text: () => string,
): string {
  switch (format) {
    case "text":
      return text();
    case "github":
      return writeGithub(report);
    case "markdown":
      return writeFindingsMarkdown(report, texts);
    case "sarif": {
      const { version } = createRequire(import.meta.url)("../../../package.json") as { readonly version: string };
      return writeSarif(report, texts, { name: "dbwright", version });
    }
  }
}
