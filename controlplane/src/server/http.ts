import { serve } from "@hono/node-server";
import type { ServerType } from "@hono/node-server";
import { Hono } from "hono";
import type { Proxy } from "../model/types.ts";
import type { StatusReport } from "../status/types.ts";
import { listenError } from "./errors.ts";

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
}

/**
 * GET /healthz, /status, /proxies, /bootstrap/ID (query: admin=ADDRESS:PORT, otherwise a free port of 127.0.0.1),
 * /modules/SHA256.wasm and /metrics.
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
  app.get("/metrics", (context) =>
    context.body(source.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  return app;
}

/** An open HTTP port. */
export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with a ControlPlaneError if it cannot listen. */
export async function serveHttp(address: string, port: number, app: Hono): Promise<HttpServer> {
  const { server, bound } = await new Promise<{ server: ServerType; bound: number }>((resolve, reject) => {
    const opened = serve({ fetch: app.fetch, hostname: address, port }, (info) =>
      resolve({ server: opened, bound: info.port }),
    );
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

function expectedProxy({ id, kind, workload, inbound, outbound, gateways }: Proxy, connected: boolean): ExpectedProxy {
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
