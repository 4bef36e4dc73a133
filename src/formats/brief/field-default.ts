import type { BriefField } from "../../model/brief.ts";
import { compareDecimals, digitsOf, isDecimal, isWhole } from "./decimal-text.ts";
import { nearest } from "./nearest.ts";
import { withArticle } from "./problems.ts";

/** Why a default does not fit its type. */
export interface DefaultProblem {
  readonly what: string;
  readonly expected: string;
  readonly mend: string | null;
}

type Typed = Pick<BriefField, "type" | "length" | "range" | "precision" | "values">;

const problem = (what: string, expected: string, mend: string | null = null): DefaultProblem => ({
  what,
  expected,
  mend,
});

/** What is wrong with `value` as the default of a field of this type, or null when it fits. */
export function defaultProblem(spec: Typed, value: string): DefaultProblem | null {
  switch (spec.type) {
    case "integer":
    case "bigint":
    case "decimal":
    case "money":
    case "percent":
    case "float":
      return numberProblem(spec, value);
    case "boolean":
      return ["true", "false"].includes(value)
        ? null
        : problem(`the default "${value}" is no boolean`, "true or false");
    case "enum": {
      if (spec.values.includes(value)) return null;
      const guess = nearest(value, spec.values);
      return problem(
        `the default "${value}" is none of the values`,
        `one of ${spec.values.join(", ")}`,
        guess === null ? null : `did you mean ${guess}?`,
      );
    }
    case "date":
    case "time":
    case "instant":
    case "duration":
    case "uuid":
    case "json":
    case "ip":
    case "timezone":
    case "country":
    case "currency":
    case "language":
      return patternProblem(spec.type, value);
    case "bytes":
    case "point":
    case "list":
    case "hash":
    case "token":
      return problem(`a default for ${spec.type}`, `no default: a ${spec.type} is made by the application`);
    default:
      return textProblem(spec, value);
  }
}

/** Shapes that the database checks: a default that it refuses would refuse every row. */
const SHAPES = {
  email: {
    pattern: /^[^@\sA-Z]+@[^@\sA-Z]+\.[^@\sA-Z]+$/,
    expected: "an address in lower case such as info@example.org",
  },
  url: { pattern: /^https?:\/\/\S+$/, expected: "an http or https URL" },
  phone: { pattern: /^\+[1-9]\d{6,14}$/, expected: "a number in the international form such as +4930123456" },
} as const;

function textProblem(spec: Typed, value: string): DefaultProblem | null {
  if (value.includes("\0")) return problem("the default holds a zero byte", "text");
  const shape = Object.hasOwn(SHAPES, spec.type) ? SHAPES[spec.type as keyof typeof SHAPES] : undefined;
  if (shape?.pattern.test(value) === false)
    return problem(`the default "${value}" is not shaped like ${withArticle(spec.type)}`, shape.expected);
  if (spec.type === "slug" && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(value))
    return problem(`the default "${value}" is no slug`, "lower-case words joined by -");
  const characters = [...value].length;
  if (spec.length === null || characters <= spec.length) return null;
  return problem(`the default has ${characters} characters`, `at most ${spec.length}`);
}

function numberProblem(spec: Typed, value: string): DefaultProblem | null {
  if (!isDecimal(value)) return problem(`the default "${value}" is no number`, "digits with at most one point");
  const { precision } = spec;
  const range = spec.range ?? (spec.type === "percent" ? { min: "0", max: "100" } : null);
  if ((spec.type === "integer" || spec.type === "bigint") && !isWhole(value))
    return problem(`the default ${value} is not whole`, `a whole number for ${spec.type}`);
  const bits = spec.type === "integer" ? 31n : spec.type === "bigint" ? 63n : null;
  if (bits !== null && (BigInt(value) >= 1n << bits || BigInt(value) < -(1n << bits)))
    return problem(`the default ${value} does not fit ${spec.type}`, `at most ${(1n << bits) - 1n}`);
  if (range !== null) {
    const below = range.min !== null && compareDecimals(value, range.min) < 0;
    const above = range.max !== null && compareDecimals(value, range.max) > 0;
    if (below || above)
      return problem(`the default ${value} is out of range`, `${range.min ?? ""}..${range.max ?? ""}`);
  }
  if (precision === null) return null;
  const digits = digitsOf(value);
  const fits = digits.fraction <= precision.scale && digits.whole <= precision.precision - precision.scale;
  return fits
    ? null
    : problem(
        `the default ${value} does not fit ${spec.type}(${precision.precision},${precision.scale})`,
        `at most ${precision.precision - precision.scale} digits before the point and ${precision.scale} after it`,
      );
}

const PATTERNS = {
  date: { fits: (text: string) => text === "now" || isDate(text), expected: "now, or a date such as 2026-01-31" },
  instant: {
    fits: (text: string) => text === "now" || isInstant(text),
    expected: "now, or an instant with its zone such as 2026-01-31T09:30:00Z",
  },
  time: { fits: (text: string) => /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text), expected: "a time such as 09:30" },
  duration: {
    fits: (text: string) => /^P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/.test(text),
    expected: "an ISO 8601 duration such as PT30M or P14D",
  },
  uuid: {
    fits: (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text),
    expected: "a UUID; keys are made by dbwright and need no default",
  },
  json: { fits: isJson, expected: "JSON, in single quotes: '{}'" },
  ip: {
    fits: (text: string) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text) || /^[\da-f]*:[\da-f:]+$/i.test(text),
    expected: "an IP address",
  },
  timezone: {
    fits: (text: string) => /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(text),
    expected: "an IANA time zone such as Europe/Berlin",
  },
  country: { fits: (text: string) => /^[A-Z]{2}$/.test(text), expected: "an ISO 3166 code of two capitals such as DE" },
  currency: {
    fits: (text: string) => /^[A-Z]{3}$/.test(text),
    expected: "an ISO 4217 code of three capitals such as EUR",
  },
  language: {
    fits: (text: string) => /^[a-z]{2,3}(-[A-Za-z\d]{2,8})*$/.test(text),
    expected: "a BCP 47 tag such as en or pt-BR",
  },
} as const;

function patternProblem(type: keyof typeof PATTERNS, value: string): DefaultProblem | null {
  const { fits, expected } = PATTERNS[type];
  return fits(value) ? null : problem(`the default "${value}" is not ${withArticle(type)}`, expected);
}

function isDate(text: string): boolean {
  // The round trip refuses 2026-02-30, which Date would roll over.
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) &&
    isInstantText(`${text}T00:00:00Z`) &&
    new Date(text).toISOString().startsWith(text)
  );
}

function isInstant(text: string): boolean {
  const shape = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  return shape !== null && isDate(shape[1] ?? "") && isInstantText(text);
}

const isInstantText = (text: string): boolean => !Number.isNaN(Date.parse(text));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
