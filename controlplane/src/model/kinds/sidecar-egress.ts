import { describe } from "../../config/value.ts";
import { nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { hostPattern, label } from "../decode/names.ts";
import { enumeration, integer, nonEmptyString, string } from "../decode/scalars.ts";
import { ipAddress, isUnix, unixAddress } from "../decode/socket.ts";
import type { EgressListener, ScopedHost } from "../types.ts";
import { spoken } from "./protocol.ts";

/** Hosts by which the one outbound listener is limited, or a listener of its own. */
export type Egress = { readonly hosts: readonly ScopedHost[] } | EgressListener;

/**
 * `namespace/host`; the namespace may be `*`, `.` for the Sidecar's own, or `~` for none. With `~` before its namespace
 * or host, an entry takes away from what the others name.
 */
const egressHost: Decoder<ScopedHost> = refine(string, (text, value, path, context) => {
  const [first = "", second = "", ...rest] = text.split("/");
  const isExcluded = (first.startsWith("~") && first !== "~") || second.startsWith("~");
  const [namespace, host] = isExcluded ? [first.replace(/^~/, ""), second.replace(/^~/, "")] : [first, second];
  if (rest.length > 0 || host === "" || !/^(\*|\.|~|[a-z0-9][-a-z0-9]*)$/.test(namespace))
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: ${describe(value)} is not namespace/host`,
      allowed: "namespace/host, ./host, */host, ~/*, ~namespace/host",
      fix: text.includes("/") ? undefined : `write "*/${text}"`,
    });
  const read = hostPattern({ kind: "scalar", value: host, source: host, offset: value.offset }, path, context);
  if (read === undefined) return undefined;
  const own = namespace === "." ? context.ref.namespace : namespace;
  return { namespace: own, host: read, ...(isExcluded ? { isExcluded } : {}) };
});

const proxyProtocol: Decoder<EgressListener["protocol"]> = (value, path, context) =>
  value.kind === "scalar" && value.source.toUpperCase() === "HTTP_PROXY"
    ? "HTTP_PROXY"
    : spoken(value, path, context)?.protocol;

const port = message(
  "SidecarPort",
  {
    // 0 is for a Unix socket.
    required: { number: integer(0, 65_535), protocol: proxyProtocol },
    optional: { name: label },
    examples: { number: "9080", protocol: "HTTP" },
  },
  (given) => given,
);

const bind: Decoder<string> = refine(nonEmptyString, (text, value, path, context) =>
  isUnix(text) ? unixAddress(text, value, path, context) : ipAddress(value, path, context),
);

/** Istio: IstioEgressListener. Nothing is captured here, so captureMode is NONE whatever it says. */
export const egressListener: Decoder<Egress> = message(
  "IstioEgressListener",
  {
    required: { hosts: nonEmptyList(egressHost) },
    optional: { port, bind, captureMode: enumeration(["DEFAULT", "IPTABLES", "NONE"]) },
    examples: { hosts: '["./*"]' },
  },
  (given, place): Egress | undefined => {
    const { hosts, port: at, captureMode } = given;
    if (hosts.every(({ isExcluded }) => isExcluded))
      return refuse(place, "hosts", "only takes hosts away", 'add what it takes them from, such as "*/*"');
    if (at === undefined) {
      if (given.bind === undefined) return { hosts };
      return refuse(place, "bind", "stands without port", "add port: { number: 9080, protocol: HTTP }");
    }
    const address = given.bind ?? "127.0.0.1";
    if (isUnix(address) !== (at.number === 0))
      return at.number === 0
        ? refuse(place, "port", "has the number 0, which is for a socket of unix:// in bind", "give it a number")
        : refuse(place, "port", `has the number ${at.number}, but a Unix socket has none`, "number: 0");
    if (isUnix(address) && captureMode === "IPTABLES")
      return refuse(place, "captureMode", "is IPTABLES, but nobody can capture a Unix socket", "captureMode: NONE");
    const name = at.name ?? `${address}_${at.number}`;
    return defined({ name, bind: address, port: at.number, protocol: at.protocol, hosts });
  },
);

function refuse(place: Place, field: string, text: string, fix: string): undefined {
  const path = `${place.path}.${field}`;
  return reportError(place.context, { offset: place.key(field), path, message: `${path} ${text}`, fix });
}
