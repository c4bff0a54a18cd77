import { list, mapOf, nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { fullHost, headerName, hostPattern } from "../decode/names.ts";
import { boolean, enumeration, nonEmptyString, uint32 } from "../decode/scalars.ts";
import type { CookieAttributes, HeaderPolicy, HeaderPolicyOperations, Template } from "../header-policy.ts";
import type { ObjectMeta } from "../object-meta.ts";
import { headerRewrite } from "./header-rewrite.ts";
import { isLate, template } from "./header-template.ts";
import { workloadSelector } from "./selector.ts";

type HeaderPolicySpec = Omit<HeaderPolicy, "ref" | "labels">;

const name = headerName(false);

/** A request has no response yet. */
const requestTemplate: Decoder<Template> = refine(template, (parts, value, path, context) => {
  if (!parts.some(isLate)) return parts;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} asks for what the response brings, which there is not yet`,
    fix: "use it in response, or %REQ(HEADER)% here",
  });
});

function operations(value: Decoder<Template>): Decoder<HeaderPolicyOperations> {
  const values = mapOf(value, name);
  const optional = {
    rename: mapOf(name, name),
    remove: list(name),
    set: values,
    add: values,
    default: values,
    rewrite: mapOf(headerRewrite, name),
  };
  return message("HeaderPolicyOperations", { optional }, (given) => ({
    rename: given.rename ?? {},
    remove: given.remove ?? [],
    set: given.set ?? {},
    add: given.add ?? {},
    default: given.default ?? {},
    rewrite: given.rewrite ?? {},
  }));
}

/** What may stand in an attribute of a cookie. */
const attributeText: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (/^[\x21-\x3a\x3c-\x7e]+$/.test(text)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} cannot stand in a cookie`,
    allowed: "printable characters without blanks and semicolons",
  });
});

const cookie = message(
  "CookieAttributes",
  {
    required: { name: attributeText },
    optional: {
      secure: boolean,
      httpOnly: boolean,
      sameSite: enumeration(["Strict", "Lax", "None"]),
      path: attributeText,
      domain: attributeText,
      maxAge: uint32,
    },
    examples: { name: '"*"' },
  },
  (given, place): CookieAttributes | undefined => {
    const attributes: readonly (readonly [string, string | undefined])[] = [
      ["Path", given.path],
      ["Domain", given.domain],
      ["Max-Age", given.maxAge?.toString()],
      ["Secure", given.secure === true ? "" : undefined],
      ["HttpOnly", given.httpOnly === true ? "" : undefined],
      ["SameSite", given.sameSite],
    ];
    const chosen = attributes.flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const]));
    if (chosen.length > 0) return { name: given.name, attributes: Object.fromEntries(chosen) };
    return reportError(place.context, {
      offset: place.offset,
      path: place.path,
      message: `${place.path} changes nothing`,
      allowed: "secure: true, httpOnly: true, sameSite, path, domain, maxAge",
    });
  },
);

/** Sluice's own: what happens to headers beyond what a VirtualService can say. */
export const headerPolicySpec = message(
  "HeaderPolicy",
  {
    required: { hosts: nonEmptyList(hostPattern) },
    optional: {
      routes: list(nonEmptyString),
      selector: workloadSelector,
      request: operations(requestTemplate),
      response: operations(template),
      cookies: list(cookie),
    },
    inside: { set: "request or response", add: "request or response", remove: "request or response" },
    examples: { hosts: "[NAME]" },
  },
  (given, place): HeaderPolicySpec =>
    defined({
      hosts: given.hosts.map((host) => fullHost(host, place.context.ref.namespace)),
      routes: given.routes ?? [],
      selector: given.selector ?? {},
      request: given.request,
      response: given.response,
      cookies: given.cookies ?? [],
    }),
);

export function buildHeaderPolicy(meta: ObjectMeta, spec: HeaderPolicySpec): HeaderPolicy {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
