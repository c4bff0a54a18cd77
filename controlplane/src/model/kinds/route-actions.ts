import { reportError, reportUnsupported, reportWarning } from "../decode/context.ts";
import { defined, message } from "../decode/message.ts";
import { hostName } from "../decode/names.ts";
import { regex } from "../decode/regex.ts";
import { enumeration, integer, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { HttpRoute, Redirect, Rewrite } from "../types.ts";

const uriRegexRewrite = message("RegexRewrite", { required: { match: regex, rewrite: string } }, (given) => given);

/** Istio: HTTPRewrite. */
export const rewrite = message(
  "HTTPRewrite",
  { optional: { uri: nonEmptyString, authority: nonEmptyString, uriRegexRewrite } },
  (given, place): Rewrite | undefined => {
    const { uri, authority } = given;
    const report = { path: place.path, allowed: "uri, authority, uriRegexRewrite" };
    if (uri !== undefined && given.uriRegexRewrite !== undefined) {
      return reportError(place.context, {
        ...report,
        offset: place.key("uriRegexRewrite"),
        message: `${place.path} has both uri and uriRegexRewrite`,
        fix: "keep one of the two",
      });
    }
    if (uri === undefined && authority === undefined && given.uriRegexRewrite === undefined) {
      return reportError(place.context, { ...report, offset: place.offset, message: `${place.path} rewrites nothing` });
    }
    return defined({ uri, authority, uriRegexRewrite: given.uriRegexRewrite });
  },
);

const CODES = [301, 302, 303, 307, 308] as const;

/** Istio: HTTPRedirect. */
export const redirect = message(
  "HTTPRedirect",
  {
    optional: {
      uri: nonEmptyString,
      prefixRewrite: nonEmptyString,
      authority: hostName,
      scheme: enumeration(["http", "https"]),
      port: portNumber,
      redirectCode: integer(0, 599),
    },
    later: ["derivePort"],
  },
  (given, place): Redirect | undefined => {
    const { context, path } = place;
    const { redirectCode: written = 301, ...parts } = given;
    const redirectCode = CODES.find((code) => code === (written === 0 ? 301 : written));
    if (redirectCode === undefined) {
      const field = `${path}.redirectCode`;
      return reportError(context, {
        offset: place.value("redirectCode"),
        path: field,
        message: `${field} is ${written}`,
        allowed: CODES.join(", "),
      });
    }
    if (Object.values(parts).every((part) => part === undefined)) {
      return reportError(context, {
        offset: place.offset,
        path,
        message: `${path} changes nothing`,
        allowed: "uri, prefixRewrite, authority, scheme, port",
      });
    }
    return defined({ ...parts, redirectCode });
  },
);

const KIB = 1024;

const body = message("HTTPBody", { optional: { string }, later: ["bytes"] }, (given, place) => {
  const text = given.string ?? "";
  const size = Buffer.byteLength(text);
  const report = { offset: place.value("string"), path: place.path };
  if (size > KIB * KIB) return reportError(place.context, { ...report, message: `${place.path} is larger than 1 MiB` });
  if (size > 100 * KIB)
    reportWarning(place.context, {
      ...report,
      code: "IST0133",
      message: `${place.path} is larger than 100 KiB, which every proxy holds in memory`,
    });
  return text;
});

/** Istio: HTTPDirectResponse. Envoy takes no status below 200. */
export const directResponse = message(
  "HTTPDirectResponse",
  { required: { status: integer(100, 599) }, optional: { body } },
  (given, place): HttpRoute["directResponse"] => {
    const path = `${place.path}.status`;
    if (given.status < 200)
      return reportUnsupported(place.context, place.value("status"), path, `${path}: an informational status`);
    return defined({ status: given.status, body: given.body });
  },
);
