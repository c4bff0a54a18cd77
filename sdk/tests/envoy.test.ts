import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { Status } from "../../host/src/index.ts";
import { fixtureBytes } from "./build-fixture.ts";
import { inHost } from "./in-host.ts";

beforeAll(() => fixtureBytes("whole"), 120_000);

/** The fields of a message that has only bytes, by number. */
function fieldsOf(message: Uint8Array): Map<number, Buffer> {
  const bytes = Buffer.from(message);
  const fields = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const field = bytes.readUInt8(at++) >> 3;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    fields.set(field, bytes.subarray(at, at + length));
    at += length;
  }
  return fields;
}

/** Envoy's sign and verify_signature, by the field numbers of its ext/{sign,verify_signature}.proto. */
const SIGNATURES = {
  sign: (message: Uint8Array): Uint8Array => {
    const [hash, key, text] = [String(fieldsOf(message).get(1)), fieldsOf(message).get(2), fieldsOf(message).get(3)];
    const privateKey = createPrivateKey({ key: key ?? Buffer.alloc(0), format: "der", type: "pkcs8" });
    const signature = sign(hash, text ?? Buffer.alloc(0), privateKey);
    return Buffer.concat([Buffer.from([0x08, 1, 0x12, signature.length]), signature]);
  },
  verify_signature: (message: Uint8Array): Uint8Array | Status => {
    const fields = fieldsOf(message);
    const [key, signature, text] = [2, 3, 4].map((field) => fields.get(field) ?? Buffer.alloc(0));
    if (!key || !signature || !text || key.length < 10) return Status.BadArgument;
    const publicKey = createPublicKey({ key, format: "der", type: "spki" });
    const right = verify(String(fields.get(1)), text, publicKey, signature);
    return right ? Buffer.from([0x08, 1]) : Buffer.from([0x12, 1, 0x3f]);
  },
};

describe("Envoy's foreign functions", () => {
  it("sign and verify", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const hex = (bytes: Buffer): string => bytes.toString("hex");
    const { request, lines } = await inHost("whole", { host: { foreign: SIGNATURES } });
    request(
      "crypto",
      ["x-key", hex(privateKey.export({ type: "pkcs8", format: "der" }))],
      ["x-public", hex(publicKey.export({ type: "spki", format: "der" }))],
    );
    expect(lines()).toEqual(["signed true 0", "verified true false", "no key false 2"]);
  });

  it("compress and uncompress", async () => {
    const { request, lines } = await inHost("whole");
    request("zlib");
    expect(lines()).toEqual(["true 1000", "true 3"]);
  });

  it("declare a property, and set a filter state", async () => {
    const { request, lines } = await inHost("whole");
    const stream = request("state");
    expect(lines()).toEqual(["declared 0", "set 0", "filter state 0"]);
    expect(Buffer.from(stream.filterState.get("envoy.tcp_proxy.cluster") ?? []).toString()).toBe("other");
  });

  it("evaluate CEL where the host has it, and say so where it has not", async () => {
    const bare = await inHost("whole", { host: { foreign: { expr_create: () => Status.NotFound } } });
    bare.request("expression");
    expect(bare.lines()).toEqual(["no CEL 1"]);
    const tokens: number[] = [];
    const { request, lines } = await inHost("whole", {
      host: {
        foreign: {
          expr_create: () => new Uint8Array(4),
          expr_evaluate: (token) => {
            tokens.push(Buffer.from(token).readUInt32LE(0));
            return new Uint8Array([1]);
          },
          expr_delete: () => undefined,
        },
      },
    });
    request("expression");
    expect(lines()).toEqual(["CEL 1 0"]);
    expect(tokens).toEqual([0]);
  });
});

describe("a plugin", () => {
  it("starts the VM, validates and configures", async () => {
    const { started } = await inHost("whole", { vmConfiguration: "of the VM", configuration: "mine" });
    expect(started).toContain("vm start of the VM");
    for (const line of started.filter((text) => text.startsWith("validate"))) expect(line).toBe("validate mine");
  });

  it("refuses to start", async () => {
    await expect(inHost("whole", { vmConfiguration: "refuse" })).rejects.toThrow(/./);
  });

  it("is called by the host's own functions", async () => {
    const { plugin, lines } = await inHost("whole");
    plugin.foreignCall(7, Buffer.from("argument"));
    expect(lines()).toEqual(["foreign 7 argument"]);
  });

  it("ends", async () => {
    const { plugin, lines } = await inHost("whole");
    plugin.close();
    expect(lines()).toEqual(["plugin done", "plugin delete"]);
  });
});
