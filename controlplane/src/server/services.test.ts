import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import { snapshotOf } from "../xds/kit.ts";
import { Fleet } from "./fleet.ts";
import { serveGrpc } from "./grpc.ts";
import type { GrpcServer } from "./grpc.ts";
import { discoveryMethods } from "./services.ts";

const quiet = (): void => {};
const fleet = new Fleet({
  sent: quiet,
  flushed: quiet,
  answered: quiet,
  stale: quiet,
  settled: quiet,
  connected: quiet,
  disconnected: quiet,
  queued: quiet,
  quarantined: quiet,
});
let server: GrpcServer;

beforeAll(async () => {
  server = await serveGrpc("127.0.0.1", 0, fleet);
  const contents = Object.fromEntries(KINDS.map((kind) => [kind, { x: "1" }]));
  fleet.update({ byProxy: new Map([["p", snapshotOf(contents)]]), changed: new Set(["p"]) });
});
afterAll(() => {
  fleet.closeAll();
  server.close();
});

interface Answer {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly unknown[];
  readonly removedResources?: readonly string[];
}

/** The first answer to one request. */
async function ask(
  path: string,
  [input, output]: readonly [DescMessage, DescMessage],
  request: object,
): Promise<Answer> {
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  try {
    const stream = client.makeBidiStreamRequest(
      path,
      (message: Record<string, unknown>) => Buffer.from(toBinary(input, create(input, message))),
      (bytes: Buffer) => fromBinary(output, bytes) as unknown as Answer,
    );
    return await new Promise((resolve, reject) => {
      stream.on("data", resolve);
      stream.on("error", reject);
      stream.write({ node: { id: "p" }, ...request });
    });
  } finally {
    client.close();
  }
}

const schemas = {
  delta: [DeltaDiscoveryRequestSchema, DeltaDiscoveryResponseSchema],
  sotw: [DiscoveryRequestSchema, DiscoveryResponseSchema],
} as const;

test.each(discoveryMethods().map((method) => [method.path, method] as const))(
  "%s answers; on a stream for one type the type need not be said",
  async (path, { variant: { protocol, typeUrl } }) => {
    const names = protocol === "delta" ? { resourceNamesSubscribe: ["x", "none"] } : { resourceNames: ["x", "none"] };
    const request = { ...names, ...(typeUrl === undefined ? { typeUrl: TYPE_URLS.route } : {}) };
    const answer = await ask(path, schemas[protocol], request);
    expect(answer.typeUrl).toBe(typeUrl ?? TYPE_URLS.route);
    if (protocol === "delta" && typeUrl === TYPE_URLS.virtualHost) {
      expect(answer.resources).toMatchObject([{ name: "x" }, { name: "none", aliases: ["none"] }]);
      return;
    }
    expect(answer.resources).toHaveLength(1);
    if (protocol === "delta") expect(answer.removedResources).toEqual(["none"]);
  },
);

test.each(Object.entries(TYPE_URLS))("%s by both aggregated methods", async (_, typeUrl) => {
  const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService";
  const delta = await ask(`${path}/DeltaAggregatedResources`, schemas.delta, {
    typeUrl,
    resourceNamesSubscribe: ["x"],
  });
  expect(delta.resources).toHaveLength(1);
  const world = await ask(`${path}/StreamAggregatedResources`, schemas.sotw, { typeUrl, resourceNames: ["x"] });
  expect(world.resources).toHaveLength(1);
});

test("another type on a stream for one type ends it", async () => {
  const path = "/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters";
  await expect(ask(path, schemas.delta, { typeUrl: TYPE_URLS.route })).rejects.toThrow(/INVALID_ARGUMENT.*only/);
});
