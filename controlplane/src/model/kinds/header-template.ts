import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { string } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import type { Template, TemplatePart } from "../header-policy.ts";

type Command = (argument: string) => TemplatePart | undefined;

const header = /^[-_a-z0-9]+$/;
const pseudo = /^:(?:method|path|authority|scheme|status)$/;

function headerName(argument: string): string | undefined {
  const name = argument.toLowerCase();
  return header.test(name) || pseudo.test(name) ? name : undefined;
}

function plain(...property: readonly string[]): Command {
  return (argument) => (argument === "" ? { property } : undefined);
}

function below(...prefix: readonly string[]): Command {
  return (argument) => {
    const names = argument.split(":");
    return names.every((name) => name !== "" && !name.includes("\0")) ? { property: [...prefix, ...names] } : undefined;
  };
}

/** What a template may ask for: Envoy's names where Envoy has one. */
const COMMANDS: Readonly<Record<string, Command>> = {
  REQ: (argument) => {
    const name = headerName(argument);
    return name === undefined ? undefined : { requestHeader: name };
  },
  RESP: (argument) => {
    const name = headerName(argument);
    return name === undefined ? undefined : { responseHeader: name };
  },
  DOWNSTREAM_REMOTE_ADDRESS: plain("source", "address"),
  DOWNSTREAM_LOCAL_ADDRESS: plain("destination", "address"),
  DOWNSTREAM_PEER_URI_SAN: plain("connection", "uri_san_peer_certificate"),
  DOWNSTREAM_PEER_SUBJECT: plain("connection", "subject_peer_certificate"),
  DOWNSTREAM_TLS_VERSION: plain("connection", "tls_version"),
  REQUESTED_SERVER_NAME: plain("connection", "requested_server_name"),
  PROTOCOL: plain("request", "protocol"),
  ROUTE_NAME: plain("xds", "route_name"),
  UPSTREAM_CLUSTER: plain("xds", "cluster_name"),
  NODE_ID: plain("xds", "node", "id"),
  NODE_CLUSTER: plain("xds", "node", "cluster"),
  NODE_METADATA: below("xds", "node", "metadata"),
  CLAIM: below("metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload"),
  DYNAMIC_METADATA: below("metadata", "filter_metadata"),
};

const WRITTEN = /%%|%([A-Z][A-Z_]*)(?:\(([^)%]*)\))?%|%/g;

/** A header's value with commands such as `%REQ(x-user)%`; `%%` is a percent sign. */
export const template: Decoder<Template> = refine(string, (text, value, path, context) => {
  const report = (message: string, allowed?: string, fix?: string): undefined =>
    reportError(context, { offset: value.offset, path, message: `${path} ${message}`, allowed, fix });
  if (/[\0\r\n]/.test(text)) return report("must be one line of text");
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of text.matchAll(WRITTEN)) {
    parts.push({ text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    const part = partOf(match, report);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return joined([...parts, { text: text.slice(end) }]);
});

type Reporter = (message: string, allowed?: string, fix?: string) => undefined;

function partOf([whole, name, argument = ""]: RegExpMatchArray, report: Reporter): TemplatePart | undefined {
  if (whole === "%%") return { text: "%" };
  if (name === undefined) return report("has a percent sign that begins no command", undefined, "write %%");
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const known = Object.keys(COMMANDS);
  if (command === undefined)
    return report(`has the unknown command ${whole}`, known.join(", "), didYouMean(name, known));
  return command(argument) ?? report(`has ${whole}, whose argument does not fit`, argumentOf(name));
}

function argumentOf(name: string): string {
  if (name === "REQ" || name === "RESP") return `%${name}(HEADER)%`;
  return ["NODE_METADATA", "CLAIM", "DYNAMIC_METADATA"].includes(name) ? `%${name}(KEY:KEY…)%` : `%${name}%`;
}

/** Texts that follow each other are one, empty ones none. */
function joined(parts: readonly TemplatePart[]): Template {
  const result: TemplatePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if ("text" in part && part.text === "") continue;
    if ("text" in part && last !== undefined && "text" in last)
      result[result.length - 1] = { text: last.text + part.text };
    else result.push(part);
  }
  return result;
}
