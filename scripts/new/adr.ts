import { kebabCase, UnusableName } from "./scaffold.ts";
import type { Scaffold } from "./scaffold.ts";

/** A decision record under the next free number. */
export const adr: Scaffold = {
  argument: "TITLE",
  about: "a decision record: context, decision, consequence",
  files: (title, repository) => {
    const taken = repository.list("docs/adr").map((file) => Number(/^(\d{4})-/.exec(file)?.[1] ?? 0));
    const number = Math.max(0, ...taken) + 1;
    const slug = kebabCase(title);
    if (repository.list("docs/adr").some((file) => file.endsWith(`-${slug}.md`))) {
      throw new UnusableName(`there is a record with the title "${title}" already`);
    }
    const text = `# ${number}. ${title.trim()}

## Context

What forced a choice, with the numbers or facts known at the time.

## Decision

What was chosen, in the present tense, and what it was chosen over.

## Consequence

What becomes easy, what becomes hard, and what would make us choose again.
`;
    return [{ path: `docs/adr/${String(number).padStart(4, "0")}-${slug}.md`, text }];
  },
  next: ["write the three parts, on one page"],
};
