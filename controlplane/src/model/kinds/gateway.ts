import { describe } from "../../config/value.ts";
import { nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { hostPattern, label, labels } from "../decode/names.ts";
import { portNumber, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Gateway, GatewayServer, Labels } from "../types.ts";
import { protocol } from "./protocol.ts";

interface GatewaySpec {
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
}

const port = message(
  "Port",
  {
    required: { number: portNumber, name: label, protocol: protocol(["HTTP", "HTTP2", "GRPC"]) },
    later: ["targetPort"],
    examples: { name: "http", protocol: "HTTP" },
  },
  (given) => given,
);

/** `host`, `namespace/host`, `./host` or `*` + `/host`: the part before the slash says whose VirtualServices may bind. */
const serverHost: Decoder<GatewayServer["hosts"][number]> = refine(string, (text, value, path, context) => {
  const slash = text.indexOf("/");
  const written = slash < 0 ? "*" : text.slice(0, slash);
  if (slash === 0 || !/^(\*|\.|[a-z0-9][-a-z0-9]*)$/.test(written)) {
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: ${describe(value)} has no namespace before the slash`,
      allowed: "host, namespace/host, ./host, */host",
    });
  }
  const rest = text.slice(slash + 1);
  const host = hostPattern({ kind: "scalar", value: rest, source: rest, offset: value.offset }, path, context);
  return host === undefined ? undefined : { namespace: written === "." ? context.ref.namespace : written, host };
});

const server = message(
  "Server",
  {
    required: { port, hosts: nonEmptyList(serverHost) },
    optional: { name: string },
    later: ["tls", "bind", "defaultEndpoint"],
    examples: { hosts: '["*"]', port: "{ number: 80, name: http, protocol: HTTP }" },
  },
  (given): GatewayServer => ({ port: given.port, hosts: given.hosts }),
);

export const gatewaySpec = message(
  "Gateway",
  {
    required: { selector: labels, servers: nonEmptyList(server) },
    examples: { selector: "{ istio: ingressgateway }" },
  },
  (given, place): GatewaySpec | undefined => {
    const { selector, servers } = given;
    const path = `${place.path}.selector`;
    // Istio would take every workload then; each Envoy is also some program's sidecar here, so that is never meant.
    if (Object.keys(selector).length === 0)
      return reportError(place.context, {
        offset: place.value("selector"),
        path,
        message: `${path} must have a label`,
        fix: "write selector: { istio: ingressgateway }",
      });
    return { selector, servers };
  },
);

export function buildGateway(meta: ObjectMeta, spec: GatewaySpec): Gateway {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
