import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { inHost } from "./in-host.ts";

beforeAll(() => fixtureBytes("whole"), 120_000);

describe("bodies", () => {
  it.each<[string, string, string]>([
    ["append", "status 0", "body+"],
    ["prepend", "status 0", "+body"],
    ["range", "status 0", "Ndy"],
    ["clear", "status 0", ""],
    ["inside", "status 2", "body"],
    ["none", "status 0", "body"],
  ])("%s", async (how, status, left) => {
    const { request, lines } = await inHost("whole");
    const stream = request("", ["x-body", how]);
    stream.requestBody("body");
    expect(lines()).toEqual(["body 4 4 od", status]);
    expect(stream.upstream.text).toBe(left);
  });

  it("are replaced as a whole, however they were cut", async () => {
    const { request, lines } = await inHost("whole");
    const stream = request("", ["x-body", "whole"]);
    stream.requestBody("bo", { endOfStream: false });
    expect(stream.paused.request).toBe(true);
    stream.requestBody("dy");
    expect(lines()).toEqual(["body 4 4 od", "status 0"]);
    expect(stream.upstream.text).toBe("new");
  });

  it("of a response change too, and its trailers", async () => {
    const { request } = await inHost("whole");
    const stream = request("");
    stream.responseHeaders([[":status", "200"]], { endOfStream: false });
    stream.responseBody("x", { endOfStream: false });
    stream.responseTrailers([
      ["x-secret", "1"],
      ["x-open", "2"],
    ]);
    expect(stream.downstream.text).toBe("<x>");
    expect(stream.downstream.trailers?.text("x-secret")).toBeUndefined();
    expect(stream.downstream.trailers?.text("x-open")).toBe("2");
  });

  it("are followed by trailers", async () => {
    const { request, lines } = await inHost("whole");
    const stream = request("", ["x-body", "whole"]);
    stream.requestBody("x", { endOfStream: false });
    stream.requestTrailers([["a", "1"]]);
    expect(lines()).toEqual(["trailers 1"]);
    expect(stream.upstream.trailers?.text("x-seen")).toBe("1");
  });

  it("that are not there are empty", async () => {
    const { request, lines } = await inHost("whole");
    request("sizes");
    const [sizes = "", body] = lines();
    expect(sizes).toMatch(/^[1-9]\d* 0$/);
    expect(body).toBe("0 0");
  });
});

describe("replies", () => {
  it("of gRPC have its status, and an HTTP status for those who do not speak it", async () => {
    const { request } = await inHost("whole");
    const { localReply } = request("reply-grpc");
    expect(localReply).toMatchObject({ status: 403, details: "denied", grpcStatus: 7 });
    expect(Buffer.from(localReply?.body ?? []).toString()).toBe("no");
  });

  it("can be a reset", async () => {
    const { request, lines } = await inHost("whole");
    expect(request("close").wasReset).toBe(true);
    expect(lines()).toEqual(["close 0"]);
  });
});
