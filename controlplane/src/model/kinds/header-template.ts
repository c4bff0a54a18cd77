import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { string } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import { TIME_FIELDS, type Template, type TemplatePart } from "../header-policy.ts";

/** What a command stands for; several pieces for a time. */
type Command = (argument: string) => TemplatePart | Template | undefined;

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

function as(form: "number" | "host", ...property: readonly string[]): Command {
  return (argument) => (argument === "" ? { property, as: form } : undefined);
}

/** Those of strftime's fields, and Envoy's of parts of a second, that all places have alike. */
const TIMES: Readonly<Record<string, string>> = {
  "%Y": "{year}",
  "%m": "{month}",
  "%d": "{day}",
  "%H": "{hour}",
  "%M": "{minute}",
  "%S": "{second}",
  "%F": "{year}-{month}-{day}",
  "%T": "{hour}:{minute}:{second}",
  "%s": "{epoch}",
  "%3f": "{milliseconds}",
  "%6f": "{microseconds}",
  "%9f": "{nanoseconds}",
  "%%": "%",
};
const ISO_8601 = "%FT%T.%3fZ";

function time(argument: string): Template | undefined {
  const format = argument === "" ? ISO_8601 : argument;
  const written = format.match(/%(?:[369]f|.)|[^%]+|%/gu) ?? [];
  if (/[{}]/.test(format) || written.some((piece) => piece.startsWith("%") && !Object.hasOwn(TIMES, piece)))
    return undefined;
  const spelled = written.map((piece) => TIMES[piece] ?? piece).join("");
  return spelled.split(/[{}]/).map((piece, i): TemplatePart => {
    const field = TIME_FIELDS.find((one) => i % 2 === 1 && one === piece);
    return field === undefined ? { text: piece } : { time: field };
  });
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
  START_TIME: time,
  DOWNSTREAM_REMOTE_ADDRESS: plain("source", "address"),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: as("host", "source", "address"),
  DOWNSTREAM_REMOTE_PORT: as("number", "source", "port"),
  DOWNSTREAM_LOCAL_ADDRESS: plain("destination", "address"),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: as("host", "destination", "address"),
  DOWNSTREAM_LOCAL_PORT: as("number", "destination", "port"),
  DOWNSTREAM_PEER_URI_SAN: plain("connection", "uri_san_peer_certificate"),
  DOWNSTREAM_PEER_DNS_SAN: plain("connection", "dns_san_peer_certificate"),
  DOWNSTREAM_PEER_SUBJECT: plain("connection", "subject_peer_certificate"),
  DOWNSTREAM_PEER_FINGERPRINT_256: plain("connection", "sha256_peer_certificate_digest"),
  DOWNSTREAM_LOCAL_URI_SAN: plain("connection", "uri_san_local_certificate"),
  DOWNSTREAM_LOCAL_SUBJECT: plain("connection", "subject_local_certificate"),
  DOWNSTREAM_TLS_VERSION: plain("connection", "tls_version"),
  CONNECTION_ID: as("number", "connection", "id"),
  REQUESTED_SERVER_NAME: plain("connection", "requested_server_name"),
  PROTOCOL: plain("request", "protocol"),
  ROUTE_NAME: plain("xds", "route_name"),
  VIRTUAL_HOST_NAME: plain("xds", "virtual_host_name"),
  UPSTREAM_CLUSTER: plain("xds", "cluster_name"),
  NODE_ID: plain("xds", "node", "id"),
  NODE_CLUSTER: plain("xds", "node", "cluster"),
  NODE_METADATA: below("xds", "node", "metadata"),
  CLAIM: below("metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload"),
  DYNAMIC_METADATA: below("metadata", "filter_metadata"),
  CLUSTER_METADATA: below("xds", "cluster_metadata", "filter_metadata"),
  FILTER_STATE: below("filter_state"),
  UPSTREAM_HOST: plain("upstream", "address"),
  UPSTREAM_LOCAL_ADDRESS: plain("upstream", "local_address"),
  UPSTREAM_METADATA: below("xds", "upstream_host_metadata", "filter_metadata"),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: as("number", "upstream", "request_attempt_count"),
  RESPONSE_CODE: as("number", "response", "code"),
  RESPONSE_CODE_DETAILS: plain("response", "code_details"),
};

/** Whether something is known only when the response comes. */
export function isLate(part: TemplatePart): boolean {
  if ("responseHeader" in part) return true;
  if (!("property" in part)) return false;
  const [first, second] = part.property;
  return first === "upstream" || first === "response" || second === "upstream_host_metadata";
}

const WRITTEN = /%%|%([A-Z][A-Z_0-9]*)(?:\(([^)]*)\))?%|%/g;

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
    parts.push(...[part].flat());
  }
  return joined([...parts, { text: text.slice(end) }]);
});

type Reporter = (message: string, allowed?: string, fix?: string) => undefined;

function partOf([whole, name, argument = ""]: RegExpMatchArray, report: Reporter): TemplatePart | Template | undefined {
  if (whole === "%%") return { text: "%" };
  if (name === undefined) return report("has a percent sign that begins no command", undefined, "write %%");
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const known = Object.keys(COMMANDS);
  if (name === "ENVIRONMENT") {
    return report(
      "has %ENVIRONMENT%, which no filter can read",
      undefined,
      `put it into the node's metadata: %NODE_METADATA(${argument})%`,
    );
  }
  if (command === undefined)
    return report(`has the unknown command ${whole}`, known.join(", "), didYouMean(name, known));
  return command(argument) ?? report(`has ${whole}, whose argument does not fit`, argumentOf(name));
}

function argumentOf(name: string): string {
  if (name === "REQ" || name === "RESP") return `%${name}(HEADER)%`;
  if (name === "START_TIME") return `%START_TIME%, or %START_TIME(FORMAT)% with ${Object.keys(TIMES).join(" ")}`;
  return /METADATA|CLAIM|STATE/.test(name) ? `%${name}(KEY:KEY…)%` : `%${name}%`;
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
