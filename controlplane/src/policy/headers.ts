import { TIME_FIELDS } from "../model/header-policy.ts";
import type {
  HeaderPolicy,
  HeaderPolicyOperations,
  HeaderRewrite,
  Template,
  TemplatePart,
} from "../model/header-policy.ts";
import type { HeaderOperations, Headers } from "../model/types.ts";
import { NONE, PolicyId } from "./format.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";
import { parseSubstitution, regexBytes } from "./regex.ts";

const Kind = {
  set: 1,
  add: 2,
  remove: 3,
  rename: 4,
  setTemplate: 5,
  addTemplate: 6,
  default: 7,
  cookie: 8,
  rewrite: 9,
} as const;
const Part = {
  text: 0,
  requestHeader: 1,
  responseHeader: 2,
  property: 3,
  remembered: 4,
  group: 5,
  pattern: 6,
  number: 7,
  host: 8,
  time: 9,
} as const;

/** One thing that is done to a header; names are lower case, a removal's value is empty. */
export interface HeaderOperation {
  readonly kind: "set" | "add" | "remove";
  readonly name: string;
  readonly value: string;
}

/** What a HeaderPolicy does, wherever it does it. */
type PolicyHeaders = Pick<HeaderPolicy, "request" | "response" | "cookies">;

const nothing: ReadonlySet<string> = new Set();

/**
 * The program of one route's header operations. Of several destinations (`byCluster`) the chosen one's operations run
 * first, then the route's own. The headers of an only destination (`only`) belong to the route, and follow its own.
 * Operations on request headers named in `native` are left out: Envoy is given those (see `requestOperations`).
 * HeaderPolicies follow, in their order; what they do to `native` request headers is left out, too (`doubtful-headers`
 * says so). Undefined where nothing is left to do.
 */
export function compileHeaders(
  route: Headers | undefined,
  byCluster: ReadonlyMap<string, Headers>,
  only?: Headers,
  native = nothing,
  policies: readonly PolicyHeaders[] = [],
): Uint8Array | undefined {
  // As for most routes.
  if (route === undefined && only === undefined && byCluster.size === 0 && policies.length === 0) return undefined;
  const strings = new StringTable();
  const groups = new Table(5);
  const operations = new Table(4);
  const parts = new Table(2);
  const writer = new PolicyWriter(strings, operations, parts);
  const add = ({ kind, name, value }: HeaderOperation): void => {
    operations.add(Kind[kind], strings.intern(name), kind === "remove" ? 0 : strings.intern(value), 0);
  };
  const addGroup = (
    cluster: string | undefined,
    own: readonly PolicyHeaders[],
    ...headers: readonly (Headers | undefined)[]
  ): void => {
    const firstRequest = operations.count;
    const templated = [...headers.flatMap(templatesOf), ...own];
    requestOperations(...headers)
      .filter(({ name }) => !native.has(name))
      .forEach(add);
    for (const { request } of templated) writer.addAll(request, native);
    const firstResponse = operations.count;
    responseOperations(...headers).forEach(add);
    for (const { response, cookies } of templated) {
      writer.addAll(response, nothing, Part.remembered);
      for (const { name, attributes } of cookies) writer.addCookie(name, attributes);
    }
    const requestCount = firstResponse - firstRequest;
    const responseCount = operations.count - firstResponse;
    if (requestCount + responseCount === 0) return;
    const name = cluster === undefined ? NONE : strings.intern(cluster);
    groups.add(name, firstRequest, requestCount, firstResponse, responseCount);
  };
  for (const [cluster, headers] of [...byCluster].toSorted(byKey)) addGroup(cluster, [], headers);
  addGroup(undefined, policies, route, only);
  if (groups.count === 0) return undefined;
  return assembleProgram({ policy: PolicyId.headers, scalars: [], strings, tables: [groups, operations, parts] });
}

/** A VirtualService's values with facts of the request, as a HeaderPolicy has them. */
function templatesOf(headers: Headers | undefined): PolicyHeaders[] {
  const [request, response] = [headers?.request?.templates, headers?.response?.templates];
  if (request === undefined && response === undefined) return [];
  const none = { rename: {}, remove: [], default: {}, rewrite: {} };
  return [
    {
      ...(request && { request: { ...none, ...request } }),
      ...(response && { response: { ...none, ...response } }),
      cookies: [],
    },
  ];
}

/** Writes the operations of HeaderPolicies. */
class PolicyWriter {
  readonly #strings: StringTable;
  readonly #operations: Table;
  readonly #parts: Table;

  constructor(strings: StringTable, operations: Table, parts: Table) {
    this.#strings = strings;
    this.#operations = operations;
    this.#parts = parts;
  }

  /** `requestHeader`: how the values name headers of the request. A response knows only those that were remembered. */
  addAll(
    all: HeaderPolicyOperations | undefined,
    native: ReadonlySet<string>,
    requestHeader: number = Part.requestHeader,
  ): void {
    if (all === undefined) return;
    const isOwn = ([name]: readonly [string, unknown]): boolean => !native.has(name);
    for (const [name, other] of Object.entries(all.rename).filter(isOwn).toSorted(byKey)) {
      if (!native.has(other)) this.#add("rename", name, this.#strings.intern(other), 0);
    }
    for (const name of all.remove.filter((one) => !native.has(one)).toSorted()) this.#add("remove", name, 0, 0);
    for (const [kind, values] of [
      ["setTemplate", all.set],
      ["addTemplate", all.add],
      ["default", all.default],
    ] as const) {
      for (const [name, value] of Object.entries(values).filter(isOwn).toSorted(byKey)) {
        this.#add(kind, name, ...this.#template(value, requestHeader));
      }
    }
    for (const [name, rewrite] of Object.entries(all.rewrite).filter(isOwn).toSorted(byKey)) {
      this.#add("rewrite", name, ...this.#rewrite(rewrite));
    }
  }

  addCookie(name: string, attributes: Readonly<Record<string, string>>): void {
    const text = Object.entries(attributes).map(([key, value]) => `; ${key}${value === "" ? "" : `=${value}`}`);
    this.#add("cookie", name, this.#strings.intern(text.join("")), 0);
  }

  #add(kind: keyof typeof Kind, name: string, operand: number, count: number): void {
    this.#operations.add(Kind[kind], this.#strings.intern(name), operand, count);
  }

  #rewrite({ pattern, substitution }: HeaderRewrite): readonly [first: number, count: number] {
    const first = this.#parts.count;
    const parts = parseSubstitution(substitution);
    const groups = parts.map((part) => ("group" in part ? part.group : 0));
    this.#parts.add(Part.pattern, this.#strings.internBytes(regexBytes(pattern, Math.max(0, ...groups))));
    for (const part of parts) {
      if ("group" in part) this.#parts.add(Part.group, part.group);
      else this.#parts.add(Part.text, this.#strings.intern(part.text));
    }
    return [first, this.#parts.count - first];
  }

  #template(value: Template, requestHeader: number): readonly [first: number, count: number] {
    const first = this.#parts.count;
    for (const part of value) this.#parts.add(...this.#part(part, requestHeader));
    return [first, value.length];
  }

  #part(part: TemplatePart, requestHeader: number): readonly [kind: number, text: number] {
    if ("text" in part) return [Part.text, this.#strings.intern(part.text)];
    if ("requestHeader" in part) return [requestHeader, this.#strings.intern(part.requestHeader)];
    if ("responseHeader" in part) return [Part.responseHeader, this.#strings.intern(part.responseHeader)];
    if ("time" in part) return [Part.time, TIME_FIELDS.indexOf(part.time)];
    return [Part[part.as ?? "property"], this.#strings.intern(part.property.join("\0"))];
  }
}

/** What is done to a request, in order; later headers follow earlier ones. */
export function requestOperations(...all: readonly (Headers | undefined)[]): readonly HeaderOperation[] {
  return inOrder(all.map((headers) => headers?.request));
}

/** As `requestOperations`, of the response. */
export function responseOperations(...all: readonly (Headers | undefined)[]): readonly HeaderOperation[] {
  return inOrder(all.map((headers) => headers?.response));
}

/** Removals come first, as Envoy does them: a header that is both removed and set ends up set. */
function inOrder(all: readonly (HeaderOperations | undefined)[]): readonly HeaderOperation[] {
  const given = all.filter((operations) => operations !== undefined);
  if (given.length === 0) return [];
  const removed = new Set(given.flatMap(({ remove }) => remove).map((name) => name.toLowerCase()));
  const removals = [...removed].toSorted().map((name): HeaderOperation => ({ kind: "remove", name, value: "" }));
  const writes = given.flatMap(({ set, add }) => [...writing("set", set), ...writing("add", add)]);
  return [...removals, ...writes].filter(({ name }) => isOurs(name));
}

function writing(kind: "set" | "add", values: Readonly<Record<string, string>>): readonly HeaderOperation[] {
  return Object.entries(values)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .toSorted(byKey)
    .map(([name, value]) => ({ kind, name, value }));
}

/** Pseudo headers and `host` are the route's business (host rewrite), and never a header operation. */
function isOurs(name: string): boolean {
  return name !== "" && !name.startsWith(":") && name !== "host";
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
