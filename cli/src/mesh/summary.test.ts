import { expect, test } from "vitest";
import { PLAIN } from "../output/style.ts";
import { parseProcfile } from "../procfile.ts";
import { formatSummary } from "./summary.ts";

const GATEWAY = {
  id: "edge.istio-system",
  kind: "gateway",
  address: "127.0.0.1",
  inbound: [],
  gatewayPorts: [8080, 8081],
} as const;
const PLACES = {
  folder: "my-mesh",
  logs: ".sluice/my-mesh/logs",
  admins: ".sluice/my-mesh/admin.json",
  admin: "http://127.0.0.1:15000",
  apiUrl: "http://127.0.0.1:15014",
};

test("what is said when the mesh is up", () => {
  const procfile = parseProcfile("# try: curl -s http://127.0.0.1:8080/a\n# open: http://127.0.0.1:8080/\n");
  const lines = formatSummary({ proxies: [GATEWAY], procfile, ...PLACES }, PLAIN);
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "
      Gateway   http://127.0.0.1:8080
                http://127.0.0.1:8081
      Open      http://127.0.0.1:8080/
      Try       curl -s http://127.0.0.1:8080/a
      Metrics   http://127.0.0.1:15000/stats/prometheus (edge.istio-system; the other Envoys: .sluice/my-mesh/admin.json)
      Live YAML my-mesh (save a file there, and the mesh follows)
      Logs      .sluice/my-mesh/logs
      Status    http://127.0.0.1:15014/status, or: sluice status
      Stop      Ctrl-C
    "
  `);
});

test("a mesh without gateway or hints", () => {
  const lines = formatSummary({ proxies: [], procfile: parseProcfile(""), ...PLACES }, PLAIN);
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "
      Gateway   none: the mesh has no Gateway
      Try       curl http://127.0.0.1:15014/status
                curl http://127.0.0.1:15014/proxies
      Live YAML my-mesh (save a file there, and the mesh follows)
      Logs      .sluice/my-mesh/logs
      Status    http://127.0.0.1:15014/status, or: sluice status
      Stop      Ctrl-C
    "
  `);
});
