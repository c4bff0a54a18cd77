import { createHost } from "@sluice/host";
import "@sluice/host/testing";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";
import { newIssuer } from "./tokens.ts";

const module = await exampleModule("jwt");
const issuer = newIssuer();
const host = createHost({ clock: { now: () => 1_800_000_000n * 1_000_000_000n } });
const plugin = host.load(module, { configuration: issuer.publicKey });
const valid = issuer.sign({ sub: "jason", exp: 1_800_000_060 });

async function answerTo(authorization?: string): Promise<string> {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await plugin.fetch(new Request("http://shop/", { headers }), {
    upstream: () => new Response("ok\n"),
  });
  return `${response.status} ${(await response.text()).trim()}`;
}

test("a valid token passes", async () => {
  expect(await answerTo(`Bearer ${valid}`)).toBe("200 ok");
});

test.each<[string, string | undefined, string]>([
  ["no header", undefined, "401 no token"],
  ["another scheme", "Basic amFzb246", "401 no token"],
  ["text that is no token", "Bearer abc", "401 no JWT"],
  ["a token of two parts", `Bearer ${valid.slice(0, valid.lastIndexOf("."))}`, "401 no JWT"],
  ["a signature that is not base64url", `Bearer ${valid.slice(0, valid.lastIndexOf("."))}.a+b`, "401 no JWT"],
  ["an empty signature", `Bearer ${valid.slice(0, valid.lastIndexOf("."))}.`, "401 forged"],
  ["a token of another issuer", `Bearer ${newIssuer().sign({ exp: 1_800_000_060 })}`, "401 forged"],
  ["changed claims", `Bearer ${valid.replace(".", ".A")}`, "401 forged"],
  ["a token that has expired", `Bearer ${issuer.sign({ exp: 1_799_999_999 })}`, "401 expired"],
  ["a token that never expires", `Bearer ${issuer.sign({ sub: "jason" })}`, "401 expired"],
])("%s is refused", async (_case, authorization, answer) => {
  expect(await answerTo(authorization)).toBe(answer);
});

test("without a key the plugin does not come up, and says why", () => {
  const bare = createHost();
  expect(bare.load(module).problem).toBeDefined();
  expect(bare).toLog("configuration refused: wanted the public key, as PEM");
});
