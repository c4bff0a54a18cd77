import { describe } from "../../config/value.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError, reportUnsupported } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { string } from "../decode/scalars.ts";
import type { HeaderOperations, Headers } from "../types.ts";

/**
 * A header value as it will be sent. Istio hands values to Envoy's formatter: there `%%` is one percent sign, and
 * `%NAME%` or `%NAME(x)%` asks for a fact of the request, which is refused here rather than sent as text.
 */
const headerValue: Decoder<string> = refine(string, (text, value, path, context) => {
  if (/[\0\r\n]/.test(text))
    return reportError(context, { offset: value.offset, path, message: `${path} must be one line of text` });
  const command = /%[A-Z][A-Z0-9_]*(?:\([^)]*\))?(?::\d+)?%/.exec(text.replaceAll("%%", "  "));
  if (command !== null) return reportUnsupported(context, value.offset, path, `${path}: the format ${command[0]}`);
  return text.replaceAll("%%", "%");
});

function operations(allowHost: boolean): Decoder<HeaderOperations> {
  return message(
    "HeaderOperations",
    {
      optional: {
        set: mapOf(headerValue, headerName(allowHost)),
        add: mapOf(headerValue, headerName(allowHost)),
        remove: list(removable),
      },
    },
    (given): HeaderOperations => ({ set: given.set ?? {}, add: given.add ?? {}, remove: given.remove ?? [] }),
  );
}

const removable: Decoder<string> = (value, path, context) => {
  if (value.kind === "scalar" && value.source.toLowerCase() === "host") {
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: ${describe(value)} cannot be removed`,
    });
  }
  return headerName(false)(value, path, context);
};

/** Istio: Headers. Header names are lower case; `host` and `:authority` in a request rewrite the host. */
export const headers = message(
  "Headers",
  {
    optional: { request: operations(true), response: operations(false) },
    inside: { set: "request or response", add: "request or response", remove: "request or response" },
  },
  (given): Headers => defined({ request: given.request, response: given.response }),
);
