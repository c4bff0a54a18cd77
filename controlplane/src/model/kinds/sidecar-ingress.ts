import { describe } from "../../config/value.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { label } from "../decode/names.ts";
import { enumeration, nonEmptyString, portNumber } from "../decode/scalars.ts";
import { ipAddress, isUnix, UNIX, unixAddress } from "../decode/socket.ts";
import type { IngressListener, ProgramAddress, Protocol, TlsTermination } from "../types.ts";
import { connectionPool } from "./connection-pool.ts";
import { spoken } from "./protocol.ts";
import { serverTls, type ServerTlsSettings } from "./server-tls.ts";

/** Istio lets a sidecar pass on to its own machine only; addresses of none stand for the workload's. */
const HERE = ["127.0.0.1", "::1"];
const OWN = ["0.0.0.0", "::"];

const defaultEndpoint: Decoder<ProgramAddress> = refine(nonEmptyString, (text, value, path, context) => {
  if (isUnix(text)) {
    const socket = unixAddress(text, value, path, context);
    return socket === undefined ? undefined : { path: socket.slice(UNIX.length) };
  }
  const [, address = "", digits = ""] = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port > 0 && port <= 65_535) {
    if (HERE.includes(address)) return { address, port };
    if (OWN.includes(address)) return { port };
  }
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is no place on the sidecar's own machine`,
    allowed: "127.0.0.1:PORT, [::1]:PORT, 0.0.0.0:PORT (the workload's address), unix:///path/to/socket",
    fix: text.startsWith("localhost:") ? `write "${text.replace("localhost", "127.0.0.1")}"` : undefined,
  });
});

const port = message(
  "SidecarPort",
  {
    required: { number: portNumber, protocol: spoken },
    optional: { name: label },
    examples: { number: "9080", protocol: "HTTP" },
  },
  ({ protocol: { protocol, grpcWeb }, ...given }) => defined({ ...given, protocol, grpcWeb }),
);

/** Istio: IstioIngressListener. */
export const ingressListener: Decoder<IngressListener> = message(
  "IstioIngressListener",
  {
    required: { port },
    optional: {
      bind: ipAddress,
      captureMode: enumeration(["DEFAULT", "IPTABLES", "NONE"]),
      defaultEndpoint,
      tls: serverTls,
      connectionPool,
    },
    examples: { port: "{ number: 9080, protocol: HTTP }" },
  },
  (given, place): IngressListener | undefined => {
    const { port: at, bind, captureMode, defaultEndpoint: target, connectionPool: pool } = given;
    const isExact = bind !== undefined || captureMode === "NONE";
    if (isExact && isOwnPort(target, at.number, bind)) return refuseLoop(place, at.number);
    if (given.tls !== undefined && !endsTls(given.tls, place)) return undefined;
    return defined({
      name: at.name ?? String(at.number),
      port: at.number,
      protocol: given.tls === undefined ? at.protocol : inside(at.protocol),
      grpcWeb: at.grpcWeb,
      bind,
      target,
      tls: given.tls === undefined ? undefined : terminationOf(given.tls),
      connectionPool: pool,
      isExact,
    });
  },
);

/** Whether sidecar and program would both listen there. */
function isOwnPort(target: ProgramAddress | undefined, number: number, bind: string | undefined): boolean {
  if (target === undefined) return bind === undefined || OWN.includes(bind);
  if ("path" in target || target.port !== number) return false;
  return target.address === bind || OWN.includes(bind ?? "");
}

/** What comes out of TLS that is ended. */
function inside(outside: Protocol): Protocol {
  if (outside === "HTTPS") return "HTTP";
  return outside === "TLS" ? "TCP" : outside;
}

function refuseLoop(place: Place, number: number): undefined {
  const path = `${place.path}.defaultEndpoint`;
  return reportError(place.context, {
    offset: place.value("defaultEndpoint"),
    path,
    message: `${path} must say where the program listens, as the sidecar itself listens at port ${number}`,
    fix: `add defaultEndpoint: 127.0.0.1:${number === 65_535 ? number - 1 : number + 1}, or take away bind and captureMode: NONE`,
  });
}

function endsTls({ tls, httpsRedirect }: ServerTlsSettings, place: Place): boolean {
  if (httpsRedirect)
    reportWarning(place.context, {
      offset: place.value("tls", "httpsRedirect"),
      path: `${place.path}.tls.httpsRedirect`,
      code: "IST0133",
      message: `${place.path}.tls.httpsRedirect has no effect in a Sidecar`,
      fix: "take it away",
    });
  if (tls.mode !== "PASSTHROUGH") return hasFiles(tls, place);
  const path = `${place.path}.tls.mode`;
  reportError(place.context, {
    offset: place.value("tls", "mode"),
    path,
    message: `${path} is PASSTHROUGH, which is for gateways`,
    allowed: "SIMPLE, MUTUAL, OPTIONAL_MUTUAL",
    fix: "leave tls away, and give the port the protocol TLS",
  });
  return false;
}

/** Istio: Secrets by name are for gateways. */
function hasFiles(tls: TlsTermination, place: Place): boolean {
  if (tls.certificates.length > 0 && tls.caCertCredentialName === undefined) return true;
  const path = `${place.path}.tls`;
  reportError(place.context, {
    offset: place.key("tls"),
    path,
    message: `${path} names no certificate in files, and a sidecar has no others`,
    allowed: "serverCertificate and privateKey, or tlsCertificates; caCertificates for clients",
    fix: "write serverCertificate: FILE, privateKey: FILE",
  });
  return false;
}

function terminationOf({ tls }: ServerTlsSettings): TlsTermination | undefined {
  return tls.mode === "PASSTHROUGH" ? undefined : tls;
}
