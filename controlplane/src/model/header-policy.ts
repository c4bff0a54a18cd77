import type { Labels, MeshObject } from "./types.ts";

/** A piece of a header's value: text as it is, or a fact of the request. */
export type TemplatePart =
  | { readonly text: string }
  | { readonly requestHeader: string }
  | { readonly responseHeader: string }
  /** A property of the proxy, by the names that lead to it; of an address perhaps without its port. */
  | { readonly property: readonly string[]; readonly as?: "number" | "host" }
  /** The time at which the request came, UTC. */
  | { readonly time: TimeField };

/** In the order of the numbers that filters know them by. The last one counts seconds since 1970. */
export const TIME_FIELDS = [
  ...(["year", "month", "day", "hour", "minute", "second"] as const),
  ...(["milliseconds", "microseconds", "nanoseconds", "epoch"] as const),
] as const;
export type TimeField = (typeof TIME_FIELDS)[number];

/** The pieces of a value, in order; facts that are not there leave nothing. */
export type Template = readonly TemplatePart[];

/** What a regular expression (RE2) makes of a header's values: each match is replaced. */
export interface HeaderRewrite {
  readonly pattern: string;
  /** `\0` to `\9` are the groups, `\\` is a backslash. */
  readonly substitution: string;
}

/** What is done to the headers of one direction, in the order of these fields. Header names are lower case. */
export interface HeaderPolicyOperations {
  /** Old name to new; all values keep their order. A header that is not there changes nothing. */
  readonly rename: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly set: Readonly<Record<string, Template>>;
  readonly add: Readonly<Record<string, Template>>;
  /** Set where the header is not there. */
  readonly default: Readonly<Record<string, Template>>;
  readonly rewrite: Readonly<Record<string, HeaderRewrite>>;
}

/** What becomes of the cookies of one name in the response; an attribute replaces the one that the program gave. */
export interface CookieAttributes {
  /** `*` stands for all cookies. */
  readonly name: string;
  /** Names as they are written, and values; an empty value is an attribute without one. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Sluice's own resource `HeaderPolicy` (sluice.dev/v1alpha1): docs/headers.md. */
export interface HeaderPolicy extends MeshObject {
  /** Fully qualified, or wildcards. */
  readonly hosts: readonly string[];
  /** Names of VirtualService routes; empty: all routes of the hosts. */
  readonly routes: readonly string[];
  /** Which proxies that send to the hosts, within the scope of the namespace. */
  readonly selector: Labels;
  readonly request?: HeaderPolicyOperations;
  readonly response?: HeaderPolicyOperations;
  readonly cookies: readonly CookieAttributes[];
}
