import { describe } from "../../config/value.ts";
import { nonEmptyList } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { isIP } from "../decode/ip.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { hostPattern, label, labels } from "../decode/names.ts";
import { portNumber, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Gateway, GatewayServer, Labels } from "../types.ts";
import { spoken } from "./protocol.ts";
import { serverTls } from "./server-tls.ts";

interface GatewaySpec {
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
}

/** A field that Istio reads and never looks at. */
function unused(text: string, code: string): Decoder<true> {
  return (value, path, context) => {
    reportWarning(context, { offset: value.offset, path, code, message: `${path} ${text}`, fix: "remove it" });
    return true;
  };
}

const port = message(
  "Port",
  {
    required: { number: portNumber, name: label, protocol: spoken },
    optional: { targetPort: unused("is deprecated, and has no effect on a Gateway", "IST0002") },
    examples: { name: "http", protocol: "HTTP" },
  },
  ({ number, name, protocol: { protocol: speaks, grpcWeb } }) => ({
    port: { number, name, protocol: speaks },
    grpcWeb,
  }),
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

const bind: Decoder<string> = refine(string, (text, value, path, context) => {
  if (isIP(text) !== 0) return text;
  if (text.startsWith("unix://"))
    return reportError(context, {
      offset: value.offset,
      path,
      code: "SLU0004",
      message: `${path}: a gateway cannot listen on a Unix socket in this version of Sluice`,
      allowed: "an IP address such as 127.0.0.1",
    });
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not an IP address`,
    allowed: "an IP address such as 127.0.0.1",
  });
});

const server = message(
  "Server",
  {
    required: { port, hosts: nonEmptyList(serverHost) },
    optional: {
      name: string,
      tls: serverTls,
      bind,
      defaultEndpoint: unused("has no effect, in Istio neither", "IST0133"),
    },
    examples: { hosts: '["*"]', port: "{ number: 80, name: http, protocol: HTTP }" },
  },
  (given, place): GatewayServer | undefined => {
    const { hosts, tls: settings } = given;
    const { port: at, grpcWeb } = given.port;
    const common = defined({ port: at, hosts, bind: given.bind, grpcWeb });
    const speaksTls = at.protocol === "TLS" || at.protocol === "HTTPS";
    if (speaksTls) {
      if (settings?.httpsRedirect === true)
        return refuseTls(place, "tls.httpsRedirect", "is for servers of plain HTTP", "use the protocol HTTP");
      if (settings !== undefined) return { ...common, tls: settings.tls };
      return refuseTls(
        place,
        "tls",
        `is required for ${at.protocol}`,
        "add tls: { mode: SIMPLE, credentialName: NAME }",
      );
    }
    if (settings === undefined) return common;
    const isHttp = at.protocol !== "TCP";
    if (isHttp && settings.httpsRedirect && settings.tls.mode === "PASSTHROUGH" && settings.tls.auto === undefined)
      return { ...common, httpsRedirect: true };
    return refuseTls(
      place,
      "tls",
      `cannot stand beside the protocol ${at.protocol}`,
      isHttp ? "use the protocol HTTPS" : "use the protocol TLS",
    );
  },
);

function refuseTls(place: Place, field: string, text: string, fix: string): undefined {
  const path = `${place.path}.${field}`;
  return reportError(place.context, { offset: place.key("tls"), path, message: `${path} ${text}`, fix });
}

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
    // Istio: what is inside of TLS has routes by its port's name.
    const names = servers.map((one) => one.port.name);
    const again = names.findIndex((name, index) => names.indexOf(name) < index);
    if (again >= 0) {
      const here = `${place.path}.servers[${again}].port.name`;
      return reportError(place.context, {
        offset: place.value("servers", again, "port", "name"),
        path: here,
        message: `${here} repeats the name "${names[again]}"`,
        fix: "give each port a name of its own",
      });
    }
    return { selector, servers };
  },
);

export function buildGateway(meta: ObjectMeta, spec: GatewaySpec): Gateway {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
