import type { BriefField, Classification, UniqueScope } from "../../model/brief.ts";
import { CLASSIFICATIONS } from "../../model/brief.ts";
import { flagOf, member, scalarsOf, textOf } from "./document.ts";
import type { BriefEntry, BriefNode } from "./document.ts";
import { defaultProblem } from "./field-default.ts";
import { enumValueProblem, parseFieldSpec } from "./field-spec.ts";
import type { FieldSpec } from "./field-spec.ts";
import { withArticle } from "./problems.ts";
import type { Problems } from "./problems.ts";
import { position, tell } from "./reading.ts";

/** Reads one field in its short or long form; null (and told) when it cannot be read. */
export function readField(entry: BriefEntry, problems: Problems): BriefField | null {
  const { value } = entry;
  const long = value.kind === "map";
  const typeNode = long ? member(value, "type") : value;
  const text = textOf(typeNode);
  // Other shapes are told where the document's shape is judged.
  if (typeNode === null || text === null) return null;
  const spec = readFieldSpec(typeNode, text, long ? readValues(value, problems) : [], problems);
  if (spec === null) return null;
  const stated = long ? amended(spec, value, problems) : spec;
  return { name: entry.key, about: long ? textOf(member(value, "about")) : null, ...stated, at: position(entry.at) };
}

function readFieldSpec(node: BriefNode, text: string, values: readonly string[], problems: Problems): FieldSpec | null {
  try {
    return parseFieldSpec(text, values);
  } catch (error) {
    tell(problems, node, error);
    return null;
  }
}

function readValues(field: BriefNode, problems: Problems): readonly string[] {
  const nodes = scalarsOf(member(field, "values"));
  const values: string[] = [];
  for (const node of nodes) {
    const problem = enumValueProblem(node.text) ?? (values.includes(node.text) ? "a value that is here twice" : null);
    if (problem === null) values.push(node.text);
    else problems.add(node, problem, { expected: "each value once, a text of 1 to 63 bytes" });
  }
  return values;
}

// What the long form states beside its type; saying it in both places is refused rather than guessed at.
function amended(spec: FieldSpec, field: BriefNode, problems: Problems): FieldSpec {
  const twice = (key: string, stated: boolean): BriefNode | null => {
    const node = member(field, key);
    if (node === null || !stated) return node;
    problems.add(node, `${key} is stated here and in the type`, { expected: "each of them once" });
    return null;
  };
  if (member(field, "values") !== null && spec.type !== "enum")
    problems.add(member(field, "values") ?? field, `values of ${withArticle(spec.type)}`, {
      expected: "values only where type is enum",
    });
  const fallback = twice("default", spec.default !== null);
  const value = textOf(fallback);
  const wrong = value === null ? null : defaultProblem(spec, value);
  if (fallback !== null && wrong !== null)
    problems.add(fallback, wrong.what, {
      expected: wrong.expected,
      ...(wrong.mend === null ? {} : { mend: wrong.mend }),
    });
  const classification = textOf(twice("classification", spec.classification !== null));
  return {
    ...spec,
    default: value ?? spec.default,
    optional: flagOf(twice("optional", spec.optional)) ?? spec.optional,
    immutable: flagOf(twice("immutable", spec.immutable)) ?? spec.immutable,
    unique: uniqueScope(textOf(twice("unique", spec.unique !== null))) ?? spec.unique,
    classification: classificationOf(classification) ?? spec.classification,
  };
}

function uniqueScope(text: string | null): UniqueScope | null {
  if (text === "per-tenant") return "per-tenant";
  return text === "true" || text === "everywhere" ? "everywhere" : null;
}

/** The classification that a text names, or null. */
export function classificationOf(text: string | null): Classification | null {
  return CLASSIFICATIONS.find((one) => one === text) ?? null;
}
