import type { ObjectBase } from "./object-base.ts";

/** How texts become lexemes for searching. */
export interface TextSearchConfigurationObject extends ObjectBase {
  readonly kind: "text-search-configuration";
  /** `schema.name`. */
  readonly parser: string;
  /** By token; the dictionaries (`schema.name`) in the order in which they are asked. */
  readonly mappings: readonly { readonly token: string; readonly dictionaries: readonly string[] }[];
}

/** A text search dictionary. */
export interface TextSearchDictionaryObject extends ObjectBase {
  readonly kind: "text-search-dictionary";
  /** `schema.name`. */
  readonly template: string;
  /** Sorted by name; values are literals as the server prints them. */
  readonly options: Readonly<Record<string, string>>;
}
