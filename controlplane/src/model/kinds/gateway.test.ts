import { expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

test("a Gateway's hosts say whose VirtualServices may bind", () => {
  const spec = `
selector: { istio: ingressgateway }
servers:
- port: { number: 8080, name: http, protocol: HTTP }
  hosts: ["*", "./a.b", "*/c.d", "other/*.e.f"]`;
  expect(decodeGood("Gateway", spec)).toMatchObject({
    selector: { istio: "ingressgateway" },
    servers: [
      {
        port: { number: 8080, name: "http", protocol: "HTTP" },
        hosts: [
          { namespace: "*", host: "*" },
          { namespace: "shop", host: "a.b" },
          { namespace: "*", host: "c.d" },
          { namespace: "other", host: "*.e.f" },
        ],
      },
    ],
  });
});

const server = "servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]";
test.each<[name: string, spec: string, problems: string[]]>([
  [
    "an empty selector",
    `selector: {}\n${server}`,
    ["5:13 IST0106 spec.selector must have a label | fix: write selector: { istio: ingressgateway }"],
  ],
  [
    "TLS",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: SIMPLE }",
    [
      "9:5 SLU0004 spec.servers[0].tls is not supported yet by this version of Sluice",
      '7:49 SLU0004 spec.servers[0].port.protocol: "HTTPS" is not supported yet by this version of Sluice | allowed: HTTP, HTTP2, GRPC',
    ],
  ],
  [
    "an empty namespace",
    "selector: { a: b }\nservers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [/a] }]",
    [
      '6:73 IST0106 spec.servers[0].hosts[0]: "/a" has no namespace before the slash | allowed: host, namespace/host, ./host, */host',
    ],
  ],
])("a Gateway refuses %s", (_, spec, problems) => {
  expect(decodeSpecText("Gateway", spec).problems).toEqual(problems);
});
