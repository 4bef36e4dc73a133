import { expect } from "vitest";
import { DbwrightError } from "../../model/error.ts";
import { readBrief } from "./read.ts";

/** The problems of a brief, each as `line:column what | expected | mend`; empty when it reads. */
export function problemsOf(text: string): string[] {
  try {
    readBrief(text, "b.yaml");
    return [];
  } catch (error) {
    if (!(error instanceof DbwrightError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.problems.map(({ what, where, expected, mend }) =>
      [`${where?.replace(/^b\.yaml:/, "") ?? ""} ${what}`, expected ?? "", mend ?? ""].join(" | "),
    );
  }
}

/** Each expected text is a part of the problem at its place, and there are no others. */
export function check(text: string, expected: readonly string[]): void {
  const found = problemsOf(text);
  expect(found).toHaveLength(expected.length);
  for (const [index, part] of expected.entries())
    for (const piece of part.split(" … ")) expect(found[index]).toContain(piece);
}

/** A brief with one entity, `task`, whose body begins on line 4, five columns in. */
export const entity = (body: string): string =>
  `name: x\nentities:\n  task:\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;

/** A brief with one field, whose spec begins on line 5, column 10. */
export const field = (spec: string): string => entity(`fields:\n  f: ${spec}`);

/** A brief with one access pattern, `p`, over a few entities. */
export const pattern = (body: string): string => `name: x
entities:
  project: { fields: { name: text(20) } }
  task:
    belongs_to: { project: , assignee: project? }
    fields:
      title: text(20)
      status: enum(todo, done)
      done: boolean
      due_on: date?
      started_at: instant immutable
  event: { append_only: true, fields: { at: instant } }
  code: { fields: { code: code(4) } }
  note: { belongs_to: { about: task | project }, many_to_many: { readers: project }, fields: { at: instant } }
access_patterns:
  p:
${body
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
`;
