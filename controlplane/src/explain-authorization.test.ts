import { expect, test } from "vitest";
import { explainAccess } from "./explain-authorization.ts";
import { admitTexts, objectText } from "./model/testing/decode-text.ts";

const { mesh } = admitTexts({
  "a.yaml": objectText("WorkloadEntry", "address: 127.0.0.9\nports: { http: 9080 }\nlabels: { app: orders }", "orders"),
  "b.yaml": objectText(
    "AuthorizationPolicy",
    "selector: { matchLabels: { app: orders } }\nrules: [{ to: [{ operation: { methods: [GET], ports: ['9080'] } }], when: [{ key: 'request.headers[x-user]', values: [ada] }] }]",
    "readers",
  ),
  "c.yaml": objectText("AuthorizationPolicy", "selector: { matchLabels: { app: other } }\nrules: []", "others"),
});

test.each<[headers: Record<string, string>, summary: RegExp]>([
  [{ "X-User": "ada" }, /^allowed by ns\[shop\]-policy\[readers\]-rule\[0\]$/],
  [{}, /^denied: no rule of the ALLOW policies matches \(shop\/readers\)$/],
])("the policies of a proxy about a request with %o", (headers, summary) => {
  const result = explainAccess(mesh, { proxy: "orders.shop", headers });
  if (result.kind !== "explained") throw new Error(result.kind);
  expect(result.explanation.summary).toMatch(summary);
  expect(result.request).toMatchObject({ method: "GET", path: "/", port: 9080, destinationIp: "127.0.0.9" });
});

test("a proxy that is not there", () => {
  expect(explainAccess(mesh, { proxy: "order.shop" })).toEqual({ kind: "unknown proxy", known: ["orders.shop"] });
});

test.each([
  ["new.org", true],
  ["old.org", true],
  ["other.org", false],
])("a principal under the trust domain %s: %s", (domain, allowed) => {
  const renamed = admitTexts({
    "mesh.yaml": "trustDomain: new.org\ntrustDomainAliases: [old.org]\n",
    "a.yaml": objectText(
      "WorkloadEntry",
      "address: 127.0.0.9\nports: { http: 9080 }\nlabels: { app: orders }",
      "orders",
    ),
    "b.yaml": objectText(
      "AuthorizationPolicy",
      "rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/cart] } }] }]",
      "carts",
    ),
  });
  const result = explainAccess(renamed.mesh, { proxy: "orders.shop", peer: `spiffe://${domain}/ns/shop/sa/cart` });
  expect(result).toMatchObject({ explanation: { decision: { allowed } } });
});
