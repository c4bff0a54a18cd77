import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { startControlPlane } from "@sluice/controlplane";
import type { ControlPlane } from "@sluice/controlplane";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "../failure.ts";
import { PLAIN } from "../output/style.ts";
import { createProgram } from "./program.ts";
import { selfSigned } from "./self-signed.fixture.ts";
import { VERBS } from "./verbs.ts";

// The verbs that look at a mesh, on the sample mesh, with a real control plane that no Envoy has connected to.

const root = join(import.meta.dirname, "..", "..", "..");
const bookinfo = relative(process.cwd(), join(root, "examples", "bookinfo"));
const golden = (name: string): string => join(import.meta.dirname, "golden", `${name}.txt`);
const folder = mkdtempSync(join(tmpdir(), "sluice-verbs-"));
const bad = join(folder, "bad");
const BAD_OBJECT = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: details, namespace: bookinfo }
spec:
  hosts: [details]
  http:
    - route: [{ destination: { host: detials } }]
`;

function secureGateway({ certificate, privateKey }: Awaited<ReturnType<typeof selfSigned>>): string {
  const indented = (pem: string): string => pem.trim().replaceAll("\n", "\n    ");
  const server =
    "{ port: { number: 8443, name: https, protocol: HTTPS }, hosts: [shop.test], tls: { mode: SIMPLE, credentialName: shop } }";
  return `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: istio-system }
spec: { selector: { istio: ingressgateway }, servers: [${server}] }
---
apiVersion: v1
kind: Secret
metadata: { name: shop, namespace: istio-system }
stringData:
  tls.crt: |
    ${indented(certificate)}
  tls.key: |
    ${indented(privateKey)}
`;
}

async function run(...args: string[]): Promise<{ text: string; code: number }> {
  const lines: string[] = [];
  let code = 0;
  const program = createProgram(VERBS, {
    terminal: {
      style: PLAIN,
      line: (text) => void lines.push(text),
      step: () => Promise.reject(new Error("no step here")),
    },
    progress: { during: (_what, work) => work },
    setExitCode: (value) => (code = value),
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { text: error.message, code: error.exitCode };
  }
  return { text: lines.join("\n"), code };
}

let controlPlane: ControlPlane;
let server: string;
/** The admin interface of an Envoy that has no configuration. */
const admin = createServer((_, answer) => answer.end(JSON.stringify({ configs: [] })));
let adminAddress: string;

beforeAll(async () => {
  cpSync(bookinfo, bad, { recursive: true });
  writeFileSync(join(bad, "details.yaml"), BAD_OBJECT);
  for (const module of ["authorization", "policies"])
    writeFileSync(join(folder, `${module}.wasm`), Buffer.from("\0asm\u0001\0\0\0"));
  controlPlane = await startControlPlane({
    folder: bookinfo,
    stateFile: join(folder, "state.json"),
    modulesFolder: folder,
    xdsPort: 0,
    httpPort: 0,
    log: () => {},
  });
  server = `http://127.0.0.1:${controlPlane.httpPort}`;
  await new Promise<void>((resolve) => admin.listen(0, "127.0.0.1", resolve));
  adminAddress = `127.0.0.1:${(admin.address() as AddressInfo).port}`; // Of a TCP server it is never a path.
});
afterAll(async () => {
  await controlPlane.close();
  admin.close();
  rmSync(folder, { recursive: true });
});

describe("validate and analyze", () => {
  test("the sample mesh is fine", async () => {
    const fine = { code: 0, text: "✓ nothing to complain about in 23 objects of 7 files" };
    expect(await run("validate", bookinfo)).toEqual(fine);
    expect(await run("validate", "-f", bookinfo, "--filename", bookinfo)).toEqual(fine);
    expect(await run("analyze", bookinfo)).toEqual({ code: 0, text: "✓ nothing to complain about in 7 files" });
  });

  test("what refers to nothing is valid by itself, and an error in the whole", async () => {
    expect(await run("validate", bad)).toMatchObject({ code: 0 });
    const { text, code } = await run("analyze", bad);
    expect(code).toBe(79);
    expect(text.replaceAll(bad, "mesh")).toMatchInlineSnapshot(`
      "mesh/details.yaml:7:38: error IST0101 ReferencedResourceNotFound
        VirtualService bookinfo/details: spec.http[0].route[0].destination.host: no ServiceEntry has the host detials.bookinfo.svc.cluster.local
        7 |     - route: [{ destination: { host: detials } }]
          |                                      ^
        allowed: details.bookinfo.svc.cluster.local, productpage.bookinfo.svc.cluster.local, ratings.bookinfo.svc.cluster.local, reviews.bookinfo.svc.cluster.local
        fix: did you mean "details"?

      1 error in 7 files"
    `);
  });

  test.each<[what: string, args: string[], code: number, lines: number]>([
    ["one line each", ["-o", "log"], 79, 1],
    ["suppressed by code", ["-o", "log", "-S", "IST0101"], 0, 0],
    ["suppressed by object", ["-o", "log", "-S", "IST0101=VirtualService bookinfo/*"], 0, 0],
    ["suppressed as istioctl names objects", ["-o", "log", "-S", "IST0101=VirtualService details.bookinfo"], 0, 0],
    ["another object", ["-o", "log", "-S", "IST0101=VirtualService other/*"], 79, 1],
  ])("%s", async (_, args, code, lines) => {
    const ran = await run("analyze", bad, ...args);
    expect(ran.code).toBe(code);
    expect(ran.text.split("\n").filter((line) => line !== "").length).toBe(lines);
  });

  test("findings as data", async () => {
    const { text } = await run("analyze", bad, "-o", "json");
    expect(JSON.parse(text)).toMatchObject([
      { code: "IST0101", name: "ReferencedResourceNotFound", severity: "error", position: { line: 7 } },
    ]);
  });

  test("what is not looked at is counted", async () => {
    const file = join(folder, "deployment.yaml");
    writeFileSync(file, "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\n");
    const text = "✓ nothing to complain about in 0 objects of 1 file (1 more has no meaning here)";
    expect(await run("validate", file)).toEqual({ code: 0, text });
    expect(await run("validate")).toMatchObject({ code: 2 });
  });

  test("what is not there", async () => {
    expect(await run("analyze", "nowhere")).toEqual({ code: 2, text: "there is no file or folder nowhere" });
    expect(await run("analyze")).toMatchObject({ code: 2 });
  });

  test("a list of all codes", async () => {
    expect((await run("analyze", "--list")).text).toContain("IST0101  ReferencedResourceNotFound\n");
  });
});

describe("explain", () => {
  test.each<[name: string, args: string[], code: number]>([
    ["explain-gateway", ["GET", "http://localhost:8080/catalog/0"], 0],
    ["explain-sidecar", ["GET", "http://ratings:9080/ratings/0", "-H", "end-user: chaos", "--from", "reviews-v2"], 0],
    ["explain-nothing", ["POST", "http://localhost:8080/nowhere"], 1],
  ])("%s", async (name, args, code) => {
    const ran = await run("explain", "request", ...args, "-f", bookinfo);
    expect(ran.code).toBe(code);
    await expect(`${ran.text}\n`).toMatchFileSnapshot(golden(name));
  });

  test("of the running mesh", async () => {
    const question = [
      "explain",
      "request",
      "GET",
      "http://ratings:9080/0",
      "-H",
      "end-user: jason",
      "--from",
      "reviews-v1",
    ];
    const running = await run(...question, "--server", server);
    expect(running).toMatchObject({ code: 0, text: expect.stringContaining("✓ slow-for-jason") });
    expect(await run(...question, "--from", "nobody", "--server", server)).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^there is no workload nobody with a sidecar; there is: /),
    });
    expect(await run(...question, "--server", "http://127.0.0.1:9")).toMatchObject({ code: 2 });
  });

  test("as data, and what cannot be explained", async () => {
    const { text } = await run("explain", "request", "get", "http://localhost:8080/", "-f", bookinfo, "-o", "json");
    expect(JSON.parse(text)).toMatchObject({
      outcome: { kind: "redirect", location: "http://localhost:8080/productpage" },
    });
    expect(await run("explain", "request", "GET", "http://a", "--from", "b", "-f", bookinfo)).toMatchObject({
      code: 2,
    });
  });
});

describe("proxy-config", () => {
  const shows = (...args: string[]) => run("proxy-config", ...args, "--server", server);

  test("what was sent and what runs, in a table", async () => {
    const { text, code } = await shows("cluster", "productpage-v1", "--fqdn", "reviews", "--admin", adminAddress);
    expect(code).toBe(0);
    expect(text).toMatchInlineSnapshot(`
      "SERVICE                             PORT  SUBSET  DIRECTION  TYPE  SENT           RUNNING  FROM
      reviews.bookinfo.svc.cluster.local  9080  v1      outbound   EDS   NOT_REQUESTED  missing  DestinationRule bookinfo/reviews
      reviews.bookinfo.svc.cluster.local  9080  v2      outbound   EDS   NOT_REQUESTED  missing  DestinationRule bookinfo/reviews
      reviews.bookinfo.svc.cluster.local  9080  v3      outbound   EDS   NOT_REQUESTED  missing  DestinationRule bookinfo/reviews
      reviews.bookinfo.svc.cluster.local  9080  -       outbound   EDS   NOT_REQUESTED  missing  DestinationRule bookinfo/reviews"
    `);
  });

  test.each<[args: string[], lines: number]>([
    [["listener", "istio-ingressgateway.istio-system"], 1],
    [["endpoint", "productpage-v1", "--fqdn", "reviews", "--subset", "v2"], 1],
    [["cluster", "productpage-v1", "--direction", "inbound"], 1],
    [["listener", "istio-ingressgateway", "--port", "8080"], 1],
    [["route", "istio-ingressgateway", "--name", "http.8080"], 6],
    [["extension", "productpage-v1", "--name", "sluice.outbound"], 1],
  ])("%j", async (args, lines) => {
    const [table = "", note] = (await shows(...args)).text.split("\n\n");
    expect(table.split("\n").length).toBe(1 + lines);
    expect(note).toMatch(/^What the Envoy runs is not known/);
  });

  test("as data", async () => {
    const json = await shows("cluster", "productpage-v1", "--fqdn", "reviews", "--subset", "v2", "-o", "json");
    expect(JSON.parse(json.text)).toMatchObject([{ type: "cluster", config: { type: "EDS" } }]);
    expect((await shows("cluster", "productpage-v1", "--subset", "v2", "-o", "yaml")).text).toMatch(
      /^- type: cluster\n/,
    );
  });

  test("a proxy that is not there, and no control plane", async () => {
    expect(await shows("route", "nobody")).toMatchObject({
      code: 2,
      text: expect.stringMatching(/no proxy nobody; there is: /),
    });
    expect(await run("pc", "route", "x", "--server", "http://127.0.0.1:9")).toMatchObject({ code: 2 });
  });
});

describe("diff", () => {
  const modules = (): string[] => ["--modules", folder];

  test("nothing would change", async () => {
    expect(await run("diff", bookinfo, "--server", server, ...modules())).toEqual({
      code: 0,
      text: "✓ nothing would change",
    });
    expect(await run("diff", bookinfo, bookinfo, ...modules())).toMatchObject({ code: 0 });
  });

  test("a weight", async () => {
    const after = join(folder, "after");
    cpSync(bookinfo, after, { recursive: true });
    const file = join(after, "reviews.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("weight: 90", "weight: 70"));
    const { text, code } = await run("diff", after, "--server", server, ...modules());
    expect(code).toBe(1);
    expect(text).toMatchInlineSnapshot(`
      "~ route outbound
          virtual_hosts[reviews.bookinfo.svc.cluster.local:9080].routes[2].route.weighted_clusters.clusters[outbound|9080|v1|reviews.bookinfo.svc.cluster.local].weight
            - 90
            + 70
        for details-v1.bookinfo, productpage-v1.bookinfo, ratings-v1.bookinfo and 3 more proxies"
    `);
    const { text: json } = await run("diff", bookinfo, after, "-o", "json", ...modules());
    expect(JSON.parse(json)).toHaveLength(6);
  });

  test("sent and running", async () => {
    const { text, code } = await run("diff", "--proxy", "productpage-v1", "--admin", adminAddress, "--server", server);
    expect(code).toBe(1);
    expect(text).toContain("missing");
  });

  test("a certificate by whom it names and until when, and never a key", async () => {
    const [old, renewed] = [await selfSigned("shop.test"), await selfSigned("shop.test", "www.shop.test")];
    const [before, after] = [join(folder, "old-certificate"), join(folder, "new-certificate")];
    for (const [path, pair] of [
      [before, old],
      [after, renewed],
    ] as const) {
      mkdirSync(path);
      writeFileSync(join(path, "edge.yaml"), secureGateway(pair));
    }
    const { text, code } = await run("diff", before, after, ...modules());
    expect(code).toBe(1);
    expect(text).toContain("~ secret kubernetes://shop");
    expect(text).toMatch(/subject_alt_name\n +- "DNS:shop.test"\n +\+ "DNS:shop.test, DNS:www.shop.test"/);
    expect(text).toContain("tls_certificate.private_key.public_key_sha256");
    expect(text).not.toMatch(/BEGIN|PRIVATE/);
    const { text: json } = await run("diff", before, after, "-o", "json", ...modules());
    const key = renewed.privateKey.split("\n")[1] ?? "";
    expect(key).not.toBe("");
    expect(json).not.toContain(key);
  });

  test("what two proxies are sent", async () => {
    const both = ["diff", "--proxy", "reviews-v1", "--with"];
    const { text, code } = await run(...both, "reviews-v2", "--server", server);
    expect(code).toBe(1);
    expect(text).toContain("for reviews-v2.bookinfo in place of reviews-v1.bookinfo");
    expect(await run(...both, "reviews-v1", "--server", server)).toEqual({ code: 0, text: "✓ no difference" });
    expect(await run("diff", bookinfo, "--with", "reviews-v1")).toMatchObject({ code: 2 });
  });

  test("a folder with errors is not compared", async () => {
    const { text, code } = await run("diff", bookinfo, bad, ...modules());
    expect(code).toBe(2);
    expect(text).toMatch(/^\S+bad has errors, .*\n +\S+details.yaml:7:\d+: IST0101 /);
  });

  test("neither folder nor proxy", async () => {
    expect(await run("diff")).toEqual({ code: 2, text: "name a folder, or a proxy with --proxy" });
  });
});

describe("wait and status", () => {
  test("nobody has connected", async () => {
    const { text, code } = await run("wait", "--timeout", "0.1", "--server", server);
    expect(code).toBe(1);
    expect(text).toContain("  reviews-v1.bookinfo: not connected");
  });

  test.each([
    ["VirtualService/reviews.bookinfo", "VirtualService bookinfo/reviews: acknowledged by 0 of"],
    ["VirtualService/nobody", "VirtualService/nobody: no such object"],
  ])("%s", async (object, reason) => {
    const { text, code } = await run("wait", object, "--timeout", "0.1", "--server", server);
    expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining(reason) });
  });

  test("the status of every object", async () => {
    const { text, code } = await run("status", "--objects", "--server", server);
    expect(code).toBe(1);
    expect(text).toMatch(/^VirtualService bookinfo\/reviews +applied +0\/6 +\S*reviews\.yaml:21$/m);
    expect(text).toMatch(/0 of 7 proxies in sync, \d+ objects applied$/);
  });
});
