import { describe, expect, test } from "vitest";
import { parseCluster, parseHeader, parseUrl } from "./flags.ts";

describe("a header", () => {
  test.each([
    ["Authorization: Bearer x", ["authorization", "Bearer x"]],
    ["x-a:1", ["x-a", "1"]],
    ["x-time: 12:30:00", ["x-time", "12:30:00"]],
    [":authority: shop", [":authority", "shop"]],
    ["x-empty;", ["x-empty", ""]],
    ["x-empty:", ["x-empty", ""]],
  ])("%s", (text, header) => expect(parseHeader(text)).toEqual(header));

  test.each(["nothing", "", ": x", "a b: c"])("%j is none", (text) => {
    expect(() => parseHeader(text)).toThrow(/is no header: write "name: value"/);
  });
});

describe("a cluster's answer", () => {
  test.each([
    ["auth=200", { cluster: "auth", answer: { status: 200, body: "" } }],
    ["auth=403:not: you", { cluster: "auth", answer: { status: 403, body: "not: you" } }],
    ["outbound|80||auth=200", { cluster: "outbound|80||auth", answer: { status: 200, body: "" } }],
    ["auth=timeout", { cluster: "auth", answer: "timeout" }],
    ["auth=reset", { cluster: "auth", answer: "reset" }],
  ])("%s", (text, answer) => expect(parseCluster(text)).toEqual(answer));

  test.each(["auth", "=200", "auth=ok", "auth=20"])("%s is none", (text) => {
    expect(() => parseCluster(text)).toThrow(/says no cluster's answer: write NAME=STATUS/);
  });
});

describe("a URL", () => {
  test.each([
    ["/cart?a=1", "http://localhost/cart?a=1"],
    ["shop/cart", "http://shop/cart"],
    ["https://shop:8443", "https://shop:8443/"],
  ])("%s", (text, url) => expect(parseUrl(text).href).toBe(url));

  test("is needed", () => expect(() => parseUrl("http://")).toThrow(/is no URL: write http:\/\/HOST\/PATH, or \/PATH/));
});
