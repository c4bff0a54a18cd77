import { reportError, reportUnsupported, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
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
      derivePort: enumeration(["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]),
      redirectCode: integer(0, 599),
    },
  },
  (given, place): Redirect | undefined => {
    const { context, path } = place;
    const { redirectCode: written = 301, derivePort, ...rest } = given;
    if (derivePort !== undefined && rest.port !== undefined) {
      return reportError(context, {
        offset: place.key("derivePort"),
        path,
        message: `${path} has both port and derivePort`,
        fix: "keep one of the two",
      });
    }
    // Envoy gives a redirect the default port of its scheme unless it is told one, so that is nothing to say.
    const parts = derivePort === "FROM_REQUEST_PORT" ? { ...rest, port: "request" as const } : rest;
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
    if (derivePort === undefined && Object.values(parts).every((part) => part === undefined)) {
      return reportError(context, {
        offset: place.offset,
        path,
        message: `${path} changes nothing`,
        allowed: "uri, prefixRewrite, authority, scheme, port, derivePort",
      });
    }
    return defined({ ...parts, redirectCode });
  },
);

const KIB = 1024;

const bytes: Decoder<Uint8Array> = refine(string, (text, value, path, context) =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? new Uint8Array(Buffer.from(text, "base64"))
    : reportError(context, { offset: value.offset, path, message: `${path} must be base64` }),
);

const body = message("HTTPBody", { optional: { string, bytes } }, (given, place) => {
  if (given.string !== undefined && given.bytes !== undefined) {
    return reportError(place.context, {
      offset: place.key("bytes"),
      path: place.path,
      message: `${place.path} has both string and bytes`,
      fix: "keep one of the two",
    });
  }
  const content = given.bytes ?? given.string ?? "";
  const size = Buffer.byteLength(content);
  const report = { offset: place.value(given.bytes === undefined ? "string" : "bytes"), path: place.path };
  if (size > KIB * KIB) return reportError(place.context, { ...report, message: `${place.path} is larger than 1 MiB` });
  if (size > 100 * KIB)
    reportWarning(place.context, {
      ...report,
      code: "IST0133",
      message: `${place.path} is larger than 100 KiB, which every proxy holds in memory`,
    });
  return content;
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
