import { serve } from "@hono/node-server";
import type { ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type {
  ConnectionExplanation,
  ConnectionQuestion,
  Explanation,
  Question,
  Unanswerable,
} from "../explain/types.ts";
import type { Proxy } from "../model/types.ts";
import { KINDS } from "../snapshot/kinds.ts";
import type { ObjectPlace, StatusReport } from "../status/types.ts";
import type { ResourceDifference } from "./compare.ts";
import { listenError } from "./errors.ts";
import { isResourceKind } from "./inspect.ts";
import type { ResourceView } from "./inspect.ts";
import { openapi } from "./openapi.ts";
import { connectionQuestionIn, questionIn } from "./question.ts";
import type { WaitFilter, WaitResult } from "./wait.ts";

/** An Envoy that should run, as GET /proxies lists it. */
export interface ExpectedProxy {
  readonly id: string;
  readonly kind: "sidecar" | "gateway";
  readonly address: string;
  readonly inbound: readonly {
    readonly name: string;
    readonly appPort: number;
    readonly listenPort: number;
    readonly host?: string;
  }[];
  readonly outbound?: { readonly address: string; readonly port: number };
  /** Ports on the outbound address, one for each port of a service that does not speak HTTP. */
  readonly tcp?: readonly { readonly host: string; readonly port: number; readonly listenPort: number }[];
  readonly gatewayPorts: readonly number[];
  /** Where its bootstrap is to be had; a path of this server. */
  readonly bootstrap: string;
  readonly connected: boolean;
}

/** What the HTTP API shows. */
export interface HttpSource {
  proxies(): readonly Proxy[];
  isConnected(proxyId: string): boolean;
  status(): StatusReport;
  metrics(): string;
  module(sha256: string): Uint8Array | undefined;
  bootstrap(proxy: Proxy, admin: { address: string; port: number }): object;
  /** `undefined`: no such proxy. */
  resources(
    proxyId: string,
    filter: { type?: string | undefined; name?: string | undefined },
  ): Promise<readonly ResourceView[] | undefined>;
  /** With the proxy's own /config_dump. */
  compare(proxyId: string, dump: unknown): readonly ResourceDifference[] | undefined;
  wait(filter: WaitFilter, timeoutMs: number): Promise<WaitResult>;
  quarantine(): readonly SetAside[];
  explain(question: Question): Explanation | Unanswerable;
  explainConnection(question: ConnectionQuestion): ConnectionExplanation | Unanswerable;
}

/** What is set aside because Envoys refused it. */
export interface SetAside {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly proxyClass: string;
  readonly message: string;
  readonly rejectedBy: readonly string[];
  /** It concerns only those that refused it, since others took it. */
  readonly local: boolean;
  readonly instead?: string;
  readonly objects: readonly ObjectPlace[];
}

/**
 * GET /healthz, /status, /proxies, /bootstrap/ID (query: admin=ADDRESS:PORT, otherwise a free port of 127.0.0.1),
 * /modules/SHA256.wasm, /metrics, and the rest that /openapi.json describes.
 */
export function createApp(source: HttpSource): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/status", (context) => context.json(source.status()));
  app.get("/proxies", (context) =>
    context.json(source.proxies().map((proxy) => expectedProxy(proxy, source.isConnected(proxy.id)))),
  );
  app.get("/bootstrap/:id", (context) => {
    const id = context.req.param("id");
    const proxy = source.proxies().find((each) => each.id === id);
    if (proxy === undefined) return context.text("no such proxy: see /proxies\n", 404);
    const admin = parseAddress(context.req.query("admin") ?? "127.0.0.1:0");
    if (admin === undefined) return context.text("admin must be ADDRESS:PORT\n", 400);
    return context.json(source.bootstrap(proxy, admin));
  });
  app.get("/modules/:file", (context) => {
    const [, sha256] = /^([0-9a-f]{64})\.wasm$/.exec(context.req.param("file")) ?? [];
    const bytes = sha256 === undefined ? undefined : source.module(sha256);
    if (bytes === undefined) return context.text("no module has this digest\n", 404);
    return context.body(new Uint8Array(bytes), 200, {
      "content-type": "application/wasm",
      "cache-control": "public, max-age=31536000, immutable",
      etag: `"${sha256}"`,
    });
  });
  addInspection(app, source);
  app.get("/openapi.json", (context) => context.json(openapi));
  app.get("/metrics", (context) =>
    context.body(source.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  return app;
}

/** Nobody waits longer; who wants to, asks again. */
const maxWaitSeconds = 300;

/** A config dump of a proxy of a large mesh. */
const maxDumpBytes = 64 * 1024 * 1024;

function addInspection(app: Hono, source: HttpSource): void {
  app.get("/proxies/:id/resources", async (context) => {
    const { type, name } = context.req.query();
    if (type !== undefined && !isResourceKind(type)) {
      return context.text(`type must be one of ${KINDS.join(", ")}\n`, 400);
    }
    const resources = await source.resources(context.req.param("id"), { type, name });
    if (resources === undefined) return context.text("no such proxy: see /proxies\n", 404);
    return context.json(resources);
  });
  app.post("/proxies/:id/compare", bodyLimit({ maxSize: maxDumpBytes }), async (context) => {
    const dump: unknown = await context.req.json().catch(() => undefined);
    if (dump === undefined) return context.text("the body must be the JSON of Envoy's /config_dump\n", 400);
    const differences = source.compare(context.req.param("id"), dump);
    if (differences === undefined) return context.text("no such proxy: see /proxies\n", 404);
    return context.json(differences);
  });
  app.get("/wait", async (context) => {
    const { kind, namespace, name, timeout = "30" } = context.req.query();
    const seconds = Number(timeout);
    if (!(seconds >= 0 && seconds <= maxWaitSeconds)) {
      return context.text(`timeout must be seconds from 0 to ${maxWaitSeconds}\n`, 400);
    }
    return context.json(await source.wait({ kind, namespace, name }, seconds * 1000));
  });
  app.get("/explain", (context) => {
    const question = questionIn(context.req.queries());
    if ("problem" in question) return context.text(`${question.problem}\n`, 400);
    const explanation = source.explain(question);
    return "problem" in explanation ? context.text(refusal(explanation), 400) : context.json(explanation);
  });
  app.get("/explain/connection", (context) => {
    const question = connectionQuestionIn(context.req.queries());
    if ("problem" in question) return context.text(`${question.problem}\n`, 400);
    const explanation = source.explainConnection(question);
    return "problem" in explanation ? context.text(refusal(explanation), 400) : context.json(explanation);
  });
  app.get("/quarantine", (context) => context.json(source.quarantine()));
}

function refusal({ problem, allowed }: Unanswerable): string {
  return `${problem}${allowed === undefined ? "" : `; there is: ${allowed}`}\n`;
}

/** An open HTTP port. */
export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with a ControlPlaneError if it cannot listen. */
export async function serveHttp(address: string, port: number, app: Hono): Promise<HttpServer> {
  const { server, bound } = await new Promise<{ server: ServerType; bound: number }>((resolve, reject) => {
    // By itself it would put its own Request and Response in the place of everybody's in this process.
    const options = { fetch: app.fetch, hostname: address, port, overrideGlobalObjects: false };
    const opened = serve(options, (info) => resolve({ server: opened, bound: info.port }));
    opened.on("error", (error) => reject(listenError(error, address, port, "HTTP")));
  });
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function expectedProxy(
  { id, kind, workload, inbound, outbound, tcp, gateways }: Proxy,
  connected: boolean,
): ExpectedProxy {
  const ports = gateways.flatMap(({ servers }) => servers.map(({ port }) => port.number));
  return {
    id,
    kind,
    address: workload.address,
    inbound: inbound.map(({ name, appPort, listenPort, service }) => ({
      name,
      appPort,
      listenPort,
      ...(service === undefined ? {} : { host: service.host }),
    })),
    ...(outbound === undefined ? {} : { outbound }),
    ...(tcp === undefined ? {} : { tcp }),
    gatewayPorts: [...new Set(ports)].toSorted((a, b) => a - b),
    bootstrap: `/bootstrap/${encodeURIComponent(id)}`,
    connected,
  };
}

function parseAddress(text: string): { address: string; port: number } | undefined {
  const [, address, digits] = /^([0-9a-fA-F.:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}
