import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

let host: Harness;

beforeAll(async () => {
  host = load(await fixtureBytes("callbacks"));
  startPlugin(host, 1, "");
}, 120_000);

describe("callbacks that a proxy hardly ever calls", () => {
  it("hand HTTP/2 metadata to the stream", () => {
    host.logs.length = 0;
    host.exports["proxy_on_context_create"]?.(2, 1);
    expect(host.exports["proxy_on_request_metadata"]?.(2, 3)).toBe(0);
    expect(host.exports["proxy_on_response_metadata"]?.(2, 1)).toBe(0);
    expect(host.exports["proxy_on_response_metadata"]?.(2, 2)).toBe(1);
    expect(host.logs).toEqual(["2 request metadata 3", "2 response metadata 1", "2 response metadata 2"]);
  });

  it("validate a configuration without taking it", () => {
    const validate = (text: string): number | undefined => {
      host.configuration = Buffer.from(text);
      return host.exports["proxy_validate_configuration"]?.(1, text.length);
    };
    expect(validate("right")).toBe(1);
    host.logs.length = 0;
    expect(validate("wrong")).toBe(0);
    expect(host.logs).toEqual(["4 configuration refused: only `right` is right"]);
  });
});
