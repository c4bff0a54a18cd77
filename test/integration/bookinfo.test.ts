import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, callMany, type Answer } from "../kit/http.ts";
import { bookinfo, type MeshUnderTest } from "../kit/mesh.ts";
import { tolerance } from "../kit/statistics.ts";

// The sample mesh does what its YAML says, seen from the client and from Envoy's own admin interface.

let mesh: MeshUnderTest;

beforeAll(async () => {
  mesh = bookinfo();
  await mesh.start();
});
afterAll(async () => {
  await mesh.stop();
});

const reviews = (headers: Record<string, string> = {}): Promise<Answer> =>
  call(mesh.url("/api/v1/products/0/reviews"), headers);
const versionOf = ({ body }: Answer): string => (JSON.parse(body) as { version: string }).version;

describe("routing", () => {
  test("the page comes through the gateway, the sidecars and all services behind them", async () => {
    const { status, body } = await call(mesh.url("/productpage"));
    expect(status).toBe(200);
    expect(body).toContain("The Wind in the Willows");
    expect(body).toContain("Mole");
  });

  test("a path that no route knows gets 404 from the gateway", async () => {
    expect((await call(mesh.url("/nothing-here"))).status).toBe(404);
  });

  test("the redirect and the prefix rewrite of the gateway's VirtualService", async () => {
    const home = await call(mesh.url("/"));
    expect(home.status).toBe(301);
    expect(home.headers["location"]).toMatch(/\/productpage$/);
    const catalogue = await call(mesh.url("/catalog/0"));
    expect(catalogue.status).toBe(200);
    expect(JSON.parse(catalogue.body)).toMatchObject({ id: 0 });
  });

  test("90 of 100 requests reach v1 and 10 the canary v3 (99.99 % confidence)", async () => {
    const count = 1000;
    const answers = await callMany(count, () => reviews());
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const share = (version: string): number => answers.filter((answer) => versionOf(answer) === version).length / count;
    expect(share("v2")).toBe(0);
    expect(Math.abs(share("v1") - 0.9)).toBeLessThan(tolerance(0.9, count));
    expect(Math.abs(share("v3") - 0.1)).toBeLessThan(tolerance(0.1, count));
  });

  test("a header match sends jason to v2, always", async () => {
    const answers = await callMany(4, () => reviews({ "end-user": "jason" }), 4);
    expect(answers.map(versionOf)).toEqual(["v2", "v2", "v2", "v2"]);
  });
});

describe("fault", () => {
  test("jason waits for the delay of the ratings, others do not", async () => {
    const slow = await reviews({ "end-user": "jason" });
    expect(slow.milliseconds).toBeGreaterThanOrEqual(2000);
    expect(slow.milliseconds).toBeLessThan(3500);
    expect(slow.body).toContain("stars");
    const quick = await callMany(20, () => reviews());
    expect(Math.max(...quick.map(({ milliseconds }) => milliseconds))).toBeLessThan(1500);
  });

  test("chaos gets no ratings: the abort answers for them", async () => {
    const { status, body } = await reviews({ "end-user": "chaos" });
    expect(status).toBe(200);
    expect(body).toContain("Ratings service");
    expect(body).not.toContain('"stars"');
  });
});

describe("authorization", () => {
  test.each([
    ["DENY by path and header", "/admin/stats", "GET", {}, 403],
    ["the header opens it", "/admin/stats", "GET", { "x-team": "operations" }, 200],
    ["DENY by method, inside the mesh", "/api/v1/products/0/ratings", "POST", {}, 403],
    ["ALLOW by method and path lets through", "/catalog/0", "GET", {}, 200],
    ["ALLOW denies what it does not name", "/catalog/0", "DELETE", {}, 403],
    ["DENY at the gateway by a header's prefix", "/productpage", "GET", { "user-agent": "greedybot/2" }, 403],
    ["DENY at the gateway also where no route fits", "/nothing-here", "GET", { "user-agent": "greedybot/2" }, 403],
  ] as const)("%s", async (_, path, method, headers, status) => {
    const answer = await call(mesh.url(path), headers, method);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toContain("RBAC: access denied");
  });
});

describe("headers", () => {
  test("set, add and remove on the answer, per route", async () => {
    const page = await call(mesh.url("/api/v1/products/0/reviews"));
    expect(page.headers["x-bookinfo-mesh"]).toBe("sluice");
    expect(page.headers["cache-control"]).toContain("no-store");
    expect(page.headers["x-powered-by"]).toBeUndefined();
    const other = await call(mesh.url("/catalog/0"));
    expect(other.headers["x-bookinfo-mesh"]).toBeUndefined();
  });

  test("set and remove on the request: what the program sees", async () => {
    const asked = { "x-team": "operations", "x-debug": "1", "x-bookinfo-entry": "forged" };
    const { body } = await call(mesh.url("/admin/stats"), asked);
    const { headers } = JSON.parse(body) as { headers: Record<string, string> };
    expect(headers["x-bookinfo-entry"]).toBe("gateway");
    expect(headers["x-debug"]).toBeUndefined();
    expect(headers["x-sluice-peer"]).toBeUndefined();
  });

  test("the canary's destination marks its answers, and only its own", async () => {
    const answers = await callMany(200, () => reviews());
    for (const answer of answers) {
      expect(answer.headers["x-bookinfo-canary"]).toBe(versionOf(answer) === "v3" ? "true" : undefined);
    }
  });
});

describe("telemetry", () => {
  const gateway = "istio-ingressgateway.istio-system";
  /** istio_requests_total at one proxy: the sum over all samples with these labels. */
  async function requests(proxy: string, labels: Record<string, string>): Promise<number> {
    const samples = await mesh.admin(proxy).prometheus("istio_requests_total");
    return samples
      .filter((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  test("every request is counted once at its source and once at its destination, with both names", async () => {
    const source = { reporter: "source", destination_workload: "productpage-v1", response_code: "200" };
    const destination = { reporter: "destination", source_workload: "istio-ingressgateway", response_code: "200" };
    const before = [await requests(gateway, source), await requests("productpage-v1.bookinfo", destination)];
    await callMany(50, () => call(mesh.url("/api/v1/products")));
    const after = [await requests(gateway, source), await requests("productpage-v1.bookinfo", destination)];
    expect(after.map((value, index) => value - (before[index] ?? 0))).toEqual([50, 50]);
  });

  test("a request that a policy denied is counted too, with its code", async () => {
    const labels = { reporter: "destination", response_code: "403", destination_workload: "productpage-v1" };
    const before = await requests("productpage-v1.bookinfo", labels);
    await call(mesh.url("/admin/stats"));
    expect((await requests("productpage-v1.bookinfo", labels)) - before).toBe(1);
  });

  test("Istio's labels are whole", async () => {
    const samples = await mesh.admin("reviews-v1.bookinfo").prometheus("istio_requests_total");
    const sample = samples.find(({ labels }) => labels["reporter"] === "destination");
    expect(sample?.labels).toMatchObject({
      source_workload: "productpage-v1",
      source_workload_namespace: "bookinfo",
      source_app: "productpage",
      source_version: "v1",
      source_canonical_service: "productpage",
      destination_workload: "reviews-v1",
      destination_workload_namespace: "bookinfo",
      destination_app: "reviews",
      destination_version: "v1",
      destination_service: "reviews.bookinfo.svc.cluster.local",
      destination_service_name: "reviews",
      destination_service_namespace: "bookinfo",
      request_protocol: "http",
      response_code: "200",
      response_flags: "-",
      connection_security_policy: "none",
    });
  });

  test("the duration histogram has the delay that jason waited for", async () => {
    await reviews({ "end-user": "jason" });
    const sums = await mesh.admin("reviews-v2.bookinfo").prometheus("istio_request_duration_milliseconds_sum");
    const toRatings = sums.filter(({ labels }) => labels["reporter"] === "source");
    expect(toRatings.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(1900);
  });
});
