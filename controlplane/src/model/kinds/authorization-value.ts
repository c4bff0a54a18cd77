import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { isIP } from "../decode/ip.ts";
import { nonEmptyString } from "../decode/scalars.ts";
import { PRINCIPAL_SEPARATOR } from "../types.ts";
import type { ValueMatch } from "../types.ts";

/** `*` is presence, `abc*` a prefix, `*abc` a suffix; a star elsewhere is an ordinary character. */
export function parseValue(text: string): ValueMatch {
  if (text === "*") return { kind: "present" };
  if (text.startsWith("*")) return { kind: "suffix", value: text.slice(1) };
  if (text.endsWith("*")) return { kind: "prefix", value: text.slice(0, -1) };
  return { kind: "exact", value: text };
}

/** A value of an AuthorizationPolicy list. */
export const valueMatch: Decoder<ValueMatch> = refine(nonEmptyString, parseValue);

/** Hosts are compared without regard to case, so the model has them in lower case. */
export const hostMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text) => parseValue(text.toLowerCase()));

/** A path, or a template of `{*}` (one segment) and `{**}` (any number, at most once, the last operator). */
export const pathMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  if (!/\{\*\*?\}/.test(text)) return parseValue(text);
  const problem = templateProblem(text);
  if (problem === undefined) return { kind: "template", value: text };
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, ${problem}`,
    allowed: "whole segments {*} and, as the last operator, {**}",
  });
});

function templateProblem(text: string): string | undefined {
  if (!text.startsWith("/")) return "which does not begin with a slash";
  const segments = text.slice(1).split("/");
  const anyAt = segments.indexOf("{**}");
  if (anyAt >= 0 && segments.slice(anyAt + 1).some((segment) => segment.includes("{")))
    return "where an operator follows {**}";
  const bad = segments.find(
    (segment) => segment !== "{*}" && segment !== "{**}" && !/^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/.test(segment),
  );
  if (bad !== undefined) return `where the segment "${bad}" is neither plain text nor an operator`;
  return undefined;
}

/** An IP address, or a block of them with the number of bits that count. */
export const ipBlock: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  const limit = version === 4 ? 32 : 128;
  const good = version !== 0 && more.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits));
  const count = bits === undefined ? limit : Number(bits);
  if (good && count <= limit) return { kind: "cidr", value: `${address}/${count}` };
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is neither an IP address nor a block of them`,
    allowed: "10.1.2.3, 10.0.0.0/8, fd00::1, fd00::/8",
    fix: good ? `write ${address}/${limit}` : undefined,
  });
});

/** A principal is a SPIFFE identity without its scheme. */
export const principalMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  if (!text.startsWith("spiffe://")) return parseValue(text);
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, and principals are written without their scheme`,
    fix: `write ${text.slice("spiffe://".length)}`,
  });
});

/** A namespace, the only value where Istio takes a star anywhere for any text. Programs have room for one such star. */
export const namespaceMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  const match = parseNamespace(text);
  if (match !== undefined) return match;
  const report = { offset: value.offset, path, allowed: "NAME, START*, *END, START*END, *" };
  if (!/^[-._*A-Za-z0-9]*$/.test(text))
    return reportError(context, {
      ...report,
      message: `${path} is ${describe(value)}, which no namespace can match: a name has letters, digits, -, . and _`,
    });
  return reportError(context, {
    ...report,
    code: "SLU0004",
    message: `${path} is ${describe(value)}, and programs find a namespace by its beginning and its end, not by what is between`,
    fix: "write each namespace that is meant as a value of its own",
  });
});

/** Stars that follow one another are one. Undefined for what has more of them, or, around one, what is in no name. */
export function parseNamespace(text: string): ValueMatch | undefined {
  const joined = text.replaceAll(/\*+/g, "*");
  const match = parseValue(joined);
  if (match.kind === "present" || !match.value.includes("*")) return match;
  return /^[-._A-Za-z0-9]+\*[-._A-Za-z0-9]+$/.test(joined) ? { kind: "wildcard", value: joined } : undefined;
}

function isPlain(text: string): boolean {
  return !text.startsWith("*") && !text.endsWith("*");
}

/** `iss/sub`, split at the last slash, with a star in one half only. */
export const requestPrincipalMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  const [issuer, subject] = [text.slice(0, text.lastIndexOf("/")), text.slice(text.lastIndexOf("/") + 1)];
  const isOpen = issuer === "*" && subject === "*";
  const halves = !text.includes("/") || isOpen || isPlain(issuer) || (isPlain(subject) && issuer.startsWith("*"));
  if (halves) return parseRequestPrincipal(text);
  return reportError(context, {
    offset: value.offset,
    path,
    code: "SLU0004",
    message: `${path} is ${describe(value)}, with a star in both halves, of which Istio takes one for an ordinary character`,
    allowed: "ISSUER/SUBJECT, ISSUER/START*, *END/SUBJECT, */*",
    fix: "ask for each half in when: request.auth.claims[iss] and request.auth.claims[sub]",
  });
});

/** A request principal as it is compared: the last slash parts issuer and subject. */
export function parseRequestPrincipal(text: string): ValueMatch {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return parseValue(text);
  const [issuer, subject] = [text.slice(0, slash), text.slice(slash + 1)];
  if (issuer === "*" && subject === "*") return { kind: "present" };
  return parseValue(`${issuer}${PRINCIPAL_SEPARATOR}${subject}`);
}

const SERVICE_ACCOUNT = /^(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\/)?[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;

/** `sa` of the policy's own namespace, or `namespace/sa`; the model always has the namespace. */
export const serviceAccountMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  if (SERVICE_ACCOUNT.test(text))
    return { kind: "exact", value: text.includes("/") ? text : `${context.ref.namespace}/${text}` };
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a service account`,
    allowed: "NAME or NAMESPACE/NAME, without a star",
  });
});

/** Istio writes ports as strings. */
export const portString: Decoder<number> = refine(nonEmptyString, (text, value, path, context) => {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a port`,
    allowed: '"1" to "65535"',
  });
});
