import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { resourceOf } from "../xds/kit.ts";
import { decodeRequest, encodeResponse, printable } from "./wire.ts";

describe("encodeResponse", () => {
  test("is what the generated schema reads, for any response", () => {
    const names = fc.uniqueArray(fc.string());
    fc.assert(
      fc.property(names, names, names, fc.string(), (present, removed, unresolved, nonce) => {
        const resources = present.map((name) => resourceOf("route", name, "v"));
        const message = fromBinary(
          DeltaDiscoveryResponseSchema,
          encodeResponse({ typeUrl: "type.googleapis.com/t", nonce, resources, removed, unresolved }),
        );
        expect(message.typeUrl).toBe("type.googleapis.com/t");
        expect(message.nonce).toBe(nonce);
        expect(message.removedResources).toEqual(removed);
        expect(
          message.resources.map((each) => [each.name, each.version, each.aliases, each.resource?.typeUrl]),
        ).toEqual([
          ...resources.map(({ name, version, typeUrl }) => [name, version, [], typeUrl]),
          ...unresolved.map((name) => [name, "", [name], undefined]),
        ]);
        expect(message.resources.map(({ resource }) => [...(resource?.value ?? [])])).toEqual([
          ...resources.map(({ value }) => [...value]),
          ...unresolved.map(() => []),
        ]);
      }),
    );
  });
});

describe("decodeRequest", () => {
  test("takes the proxy's id and Envoy's version from the node", () => {
    const version = { majorNumber: 1, minorNumber: 40, patch: 0 };
    const bytes = toBinary(
      DeltaDiscoveryRequestSchema,
      create(DeltaDiscoveryRequestSchema, {
        node: {
          userAgentName: "envoy",
          id: "sidecar~127.0.0.1~front-v1.shop~shop.svc.cluster.local",
          userAgentVersionType: { case: "userAgentBuildVersion", value: { version } },
        },
        typeUrl: "t",
        resourceNamesSubscribe: ["a"],
        initialResourceVersions: { a: "1" },
      }),
    );
    expect(decodeRequest(bytes)).toEqual({
      type: "request",
      request: { typeUrl: "t", subscribe: ["a"], unsubscribe: [], initialVersions: { a: "1" }, nonce: "" },
      node: {
        nodeId: "sidecar~127.0.0.1~front-v1.shop~shop.svc.cluster.local",
        proxyId: "front-v1.shop",
        envoyVersion: "1.40.0",
        metadata: {},
        proxyClass: "envoy 1.40.0",
      },
    });
  });

  test("tells a NACK from an ACK by error_detail alone", () => {
    const nack = create(DeltaDiscoveryRequestSchema, { responseNonce: "1", errorDetail: { message: "bad\n" } });
    expect(decodeRequest(toBinary(DeltaDiscoveryRequestSchema, nack)).request.error).toBe("bad");
    const ack = create(DeltaDiscoveryRequestSchema, { responseNonce: "1" });
    expect(decodeRequest(toBinary(DeltaDiscoveryRequestSchema, ack)).request).not.toHaveProperty("error");
  });

  test("either reads any bytes or throws an error, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeRequest(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

test.each([
  ["front.shop", "front.shop"],
  ["a\nforged line", "a?forged line"],
  ["\u001b[31mred", "?[31mred"],
])("printable(%j)", (text, expected) => {
  expect(printable(text)).toBe(expected);
});
