import { describe } from "../../config/value.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { string } from "../decode/scalars.ts";
import type { Template } from "../header-policy.ts";
import type { HeaderOperations, Headers } from "../types.ts";
import { template } from "./header-template.ts";

const COMMAND = /%[A-Z][A-Z0-9_]*(?:\([^)]*\))?(?::\d+)?%/;

/**
 * A header value. Istio hands values to Envoy's formatter: there `%%` is one percent sign, and `%NAME%` or `%NAME(x)%`
 * asks for a fact of the request; a value with such commands is a template.
 */
const headerValue: Decoder<string | Template> = refine(string, (text, value, path, context) => {
  if (COMMAND.test(text.replaceAll("%%", "  "))) return template(value, path, context);
  if (/[\0\r\n]/.test(text))
    return reportError(context, { offset: value.offset, path, message: `${path} must be one line of text` });
  return text.replaceAll("%%", "%");
});

type Values = Readonly<Record<string, string | Template>>;

function texts(values: Values): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])),
  );
}

function templatesOf(values: Values): Readonly<Record<string, Template>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === "string" ? [] : [[name, value] as const])),
  );
}

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
    ({ set = {}, add = {}, remove = [] }, place): HeaderOperations | undefined => {
      const templates = { set: templatesOf(set), add: templatesOf(add) };
      // By the host a route is chosen, before there is anything to ask for.
      const host = ["host", ":authority"].find((name) => Object.hasOwn(templates.set, name));
      if (host !== undefined) return refuseHost(host, place);
      const has = Object.keys(templates.set).length + Object.keys(templates.add).length > 0;
      return { set: texts(set), add: texts(add), remove, ...(has ? { templates } : {}) };
    },
  );
}

function refuseHost(name: string, place: Place): undefined {
  const path = `${place.path}.set[${JSON.stringify(name)}]`;
  return reportError(place.context, {
    offset: place.value("set", name),
    path,
    message: `${path} must be a host, as it cannot depend on the request`,
    fix: "name a host, or make a route for each",
  });
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
