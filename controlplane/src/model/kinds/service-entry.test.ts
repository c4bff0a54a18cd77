import { describe, expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

describe("ServiceEntry", () => {
  test("with a selector", () => {
    const spec = `
hosts: [Reviews.shop.svc.cluster.local]
ports: [{ number: 9080, name: http, protocol: http, targetPort: 8080 }, { number: 90, name: grpc-api }]
resolution: STATIC
location: MESH_INTERNAL
workloadSelector: { labels: { app: reviews } }
exportTo: ["*"]`;
    expect(decodeGood("ServiceEntry", spec)).toMatchObject({
      hosts: ["reviews.shop.svc.cluster.local"],
      ports: [
        { number: 9080, name: "http", protocol: "HTTP", targetPort: 8080 },
        { number: 90, name: "grpc-api", protocol: "GRPC" },
      ],
      resolution: "STATIC",
      location: "MESH_INTERNAL",
      endpoints: [],
      workloadSelector: { app: "reviews" },
    });
  });

  test("defaults are protobuf's zero values, and inline endpoints are WorkloadEntries", () => {
    const spec = `
hosts: [api.example.com]
ports: [{ number: "443", name: tls, protocol: TLS }]
resolution: DNS
endpoints: [{ address: a.example.com, ports: { tls: 8443 }, labels: { zone: a }, weight: 0, service_account: sa }]`;
    expect(decodeGood("ServiceEntry", spec)).toMatchObject({
      location: "MESH_EXTERNAL",
      endpoints: [
        { address: "a.example.com", ports: { tls: 8443 }, labels: { zone: "a" }, weight: 1, serviceAccount: "sa" },
      ],
    });
  });

  const ports = "ports: [{ number: 80, name: http, protocol: HTTP }]";
  test.each<[name: string, spec: string, problems: string[]]>([
    [
      "an unknown field",
      `hosts: [a]\n${ports}\nlocaton: MESH_INTERNAL`,
      [
        '7:3 IST0106 spec.locaton is not a field of ServiceEntry | allowed: addresses, endpoints, exportTo, hosts, location, ports, resolution, subjectAltNames, workloadSelector | fix: did you mean "location"?',
      ],
    ],
    ["no hosts", ports, ["5:3 IST0106 spec.hosts is required"]],
    ["an empty list of hosts", `hosts: []\n${ports}`, ["5:10 IST0106 spec.hosts must have at least one item"]],
    [
      "a host with a scheme",
      `hosts: [http://a.b/c]\n${ports}`,
      [
        '5:11 IST0106 spec.hosts[0] is "http://a.b/c", which is not a host name | allowed: a DNS name, "*" or "*." and a DNS name | fix: leave out the scheme: a.b',
      ],
    ],
    [
      "a host with a port",
      `hosts: ["a.b:80"]\n${ports}`,
      [
        '5:11 IST0106 spec.hosts[0] is "a.b:80", which is not a host name | allowed: a DNS name, "*" or "*." and a DNS name | fix: leave out the port',
      ],
    ],
    [
      "a host twice",
      `hosts: [a.b, A.b]\n${ports}`,
      ["5:16 IST0106 spec.hosts[1] repeats the host a.b of hosts[0] | fix: keep one of the two"],
    ],
    [
      "a port out of range",
      "hosts: [a]\nports: [{ number: 70000, name: http, protocol: HTTP }]",
      ["6:21 IST0106 spec.ports[0].number is 70000, which is out of range | allowed: a whole number from 1 to 65535"],
    ],
    [
      "a port number twice",
      "hosts: [a]\nports:\n- { number: 80, name: http }\n- { number: 80, name: tcp }",
      [
        "8:15 IST0106 spec.ports[1] repeats the number 80 of ports[0] | fix: give each port of the service a number of its own; targetPort says where the programs listen",
      ],
    ],
    [
      "a misspelled protocol",
      "hosts: [a]\nports: [{ number: 80, name: http, protocol: HTPP }]",
      [
        '6:47 IST0106 spec.ports[0].protocol is the unknown protocol "HTPP" | allowed: HTTP, HTTP2, GRPC, TCP, TLS, HTTPS | fix: did you mean "HTTP"?',
      ],
    ],
    [
      "no protocol and a name that tells none",
      "hosts: [a]\nports: [{ number: 80, name: web }]",
      [
        "6:11 IST0106 spec.ports[0].protocol is required | allowed: HTTP, HTTP2, GRPC, TCP, TLS, HTTPS | fix: add protocol: HTTP, or name the port http-web",
      ],
    ],
    [
      "a resolution of another case",
      `hosts: [a]\n${ports}\nresolution: static`,
      [
        '7:15 IST0106 spec.resolution has the unknown value "static" | allowed: STATIC, DNS, DNS_ROUND_ROBIN, NONE, DYNAMIC_DNS | fix: did you mean "STATIC"?',
      ],
    ],
    [
      "endpoints beside a selector",
      `hosts: [a]\n${ports}\nresolution: STATIC\nendpoints: [{ address: 1.2.3.4 }]\nworkloadSelector: { labels: { a: b } }`,
      ["8:3 IST0106 spec.endpoints cannot stand beside workloadSelector | fix: keep one of the two"],
    ],
    [
      "endpoints without a resolution",
      `hosts: [a]\n${ports}\nendpoints: [{ address: 1.2.3.4 }]`,
      [
        "7:3 IST0106 spec.endpoints must be empty when resolution is NONE (also when it is not given) | fix: set resolution: STATIC",
      ],
    ],
    [
      "a host name as a static endpoint",
      `hosts: [a]\n${ports}\nresolution: STATIC\nendpoints:\n- address: 1.2.3.4\n- address: b.c`,
      [
        "10:14 IST0106 spec.endpoints[1].address must be an IP address or a Unix socket when resolution is STATIC | fix: set resolution: DNS",
      ],
    ],
    [
      "an endpoint's port that the entry lacks",
      `hosts: [a]\n${ports}\nresolution: STATIC\nendpoints: [{ address: 1.2.3.4, ports: { web: 1 } }]`,
      ['8:49 IST0106 spec.endpoints[0].ports["web"] names no port of this entry | allowed: http'],
    ],
    [
      "a wildcard by DNS",
      `hosts: ["*.a.b"]\n${ports}\nresolution: DNS`,
      ["5:11 IST0106 spec.hosts[0] cannot be a wildcard when resolution is DNS and there are no endpoints"],
    ],
    [
      "a selector without labels",
      `hosts: [a]\n${ports}\nworkloadSelector: { labels: {} }`,
      ["7:3 IST0106 spec.workloadSelector must have a label, or it would select every workload"],
    ],
    [
      "a name to resolve by request that is no wildcard",
      `hosts: [a.com]\n${ports}\nresolution: DYNAMIC_DNS`,
      ["5:3 IST0106 spec.hosts must be one wildcard when resolution is DYNAMIC_DNS"],
    ],
    [
      "an address that is none",
      `hosts: [a]\n${ports}\naddresses: [1.2.3.4/33]`,
      [
        '7:15 IST0106 spec.addresses[0] is "1.2.3.4/33", which is not an address | allowed: an IP address, or a range such as 10.0.0.0/8',
      ],
    ],
    [
      "a static entry without endpoints",
      `hosts: [a]\n${ports}\nresolution: STATIC`,
      [
        "5:3 IST0133 warning spec has neither endpoints nor workloadSelector, so every request to it fails | fix: add workloadSelector: { labels: { app: NAME } }",
      ],
    ],
    [
      "several mistakes at once",
      "hosts: a\nports: [{ number: http, name: a_b }]",
      [
        '5:10 IST0106 spec.hosts must be a list, not "a" | fix: write hosts: [a]',
        '6:21 IST0106 spec.ports[0].number must be a whole number, not "http" | allowed: a whole number from 1 to 65535',
        '6:33 IST0106 spec.ports[0].name is "a_b", which is not a name | allowed: letters, digits and - inside, at most 63',
      ],
    ],
  ])("refuses %s", (_, spec, problems) => {
    expect(decodeSpecText("ServiceEntry", spec).problems).toEqual(problems);
  });
});

test("databases are TCP, by their protocol or by a port's name; a port of UDP is left out", () => {
  const { declared, problems } = decodeSpecText(
    "ServiceEntry",
    "hosts: [a.com]\nresolution: DNS\nports:\n- { number: 1, name: db, protocol: Mongo }\n- { number: 2, name: redis-cache }\n- { number: 53, name: dns, protocol: UDP }",
  );
  expect(declared?.object).toMatchObject({
    ports: [
      { number: 1, protocol: "TCP" },
      { number: 2, protocol: "TCP" },
    ],
  });
  expect(problems).toEqual([
    "10:40 SLU0003 warning spec.ports[2].protocol is UDP, which no sidecar takes (nor does Istio's): the port is left out",
  ]);
});

describe("WorkloadEntry", () => {
  test("all fields", () => {
    const spec =
      "address: 127.0.0.1\nports: { http: 9080 }\nlabels: { app: reviews, version: v1 }\nweight: 5\nserviceAccount: reviews";
    expect(decodeGood("WorkloadEntry", spec)).toMatchObject({
      name: "x",
      namespace: "shop",
      address: "127.0.0.1",
      ports: { http: 9080 },
      labels: { app: "reviews", version: "v1" },
      weight: 5,
      serviceAccount: "reviews",
    });
  });

  test.each<[name: string, spec: string, problems: string[]]>([
    [
      "an address with a port",
      "address: 127.0.0.1:80",
      [
        '5:12 IST0106 spec.address is "127.0.0.1:80", which is not an IP address | allowed: an IP address such as 127.0.0.1 | fix: put the port into ports',
      ],
    ],
    [
      "a host name",
      "address: a.b",
      [
        '5:12 IST0133 warning spec.address is the host name "a.b", where no sidecar can listen: the program is reached without one | allowed: an IP address such as 127.0.0.1, for a sidecar',
      ],
    ],
    [
      "a unix socket",
      "address: unix:///a",
      [
        "5:12 IST0133 warning spec.address is a Unix socket, where no sidecar can listen: the program is reached without one | allowed: an IP address such as 127.0.0.1, for a sidecar",
      ],
    ],
    [
      "a socket that is no path",
      "address: unix://run/app.sock",
      [
        '5:12 IST0106 spec.address is "unix://run/app.sock", whose socket is neither a path from the root nor a name after @ | allowed: unix:///run/app.sock, unix://@name | fix: write "unix:///run/app.sock"',
      ],
    ],
    [
      "ports of a socket",
      "address: unix:///run/app.sock\nports: { http: 80 }",
      ["6:3 IST0106 spec.ports cannot stand beside a Unix socket, which has no ports | fix: take ports away"],
    ],
    [
      "a label that is a number",
      "address: 1.2.3.4\nlabels: { version: 1.10 }",
      ['6:22 IST0106 spec.labels["version"] must be a string, not the number 1.10 | fix: put it in quotes: "1.10"'],
    ],
    ["a port without a value", "address: 1.2.3.4\nports:\n  http:", ['7:5 IST0106 spec.ports["http"] has no value']],
    ["no spec", "# nothing", ["4:1 IST0106 spec.address is required | fix: add address: 127.0.0.1"]],
  ])("reports %s", (_, spec, problems) => {
    expect(decodeSpecText("WorkloadEntry", spec).problems).toEqual(problems);
  });
});

test.each([["grpc-web, protocol: GRPC-WEB"], ["grpc-web"], ["grpc-web-shop"]])(
  "a port for browsers is one of gRPC: name %s",
  (port) => {
    const spec = `hosts: [a.b]\nresolution: DNS\nports: [{ number: 80, name: ${port} }]`;
    expect(decodeGood("ServiceEntry", spec)).toMatchObject({ ports: [{ protocol: "GRPC", grpcWeb: true }] });
  },
);
