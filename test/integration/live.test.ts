import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../kit/http.ts";
import { eventually } from "../kit/eventually.ts";
import { startLoad } from "../kit/load.ts";
import { bookinfo, type MeshUnderTest } from "../kit/mesh.ts";

// The mesh changes while it serves: edits, bad edits, and the control plane's death.

let mesh: MeshUnderTest;

beforeAll(async () => {
  mesh = bookinfo();
  await mesh.start();
});
afterAll(async () => {
  await mesh.stop();
});

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const reviews = async (): Promise<string> => {
  const { body } = await call(mesh.url("/api/v1/products/0/reviews"));
  return (JSON.parse(body) as { version: string }).version;
};

describe("an edit under load", () => {
  test("takes effect within a second, and no request fails", async () => {
    const load = startLoad(mesh.url("/api/v1/products/0/reviews"));
    await pause(300);
    const original = mesh.read("reviews.yaml");
    const saved = performance.now();
    mesh.write("reviews.yaml", original.replace("weight: 90", "weight: 0").replace("weight: 10", "weight: 100"));
    await eventually("four answers in a row are v3 (by chance once in ten thousand)", async () => {
      for (let index = 0; index < 4; index += 1) if ((await reviews()) !== "v3") return undefined;
      return true;
    });
    const took = performance.now() - saved;
    mesh.write("reviews.yaml", original);
    await mesh.controlPlane.synced();
    await pause(300);
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.total).toBeGreaterThan(100);
    expect(took).toBeLessThan(1000);
  });

  test("new subsets, renamed ones and policies that come and go fail no request", async () => {
    const load = startLoad(mesh.url("/productpage"));
    const original = {
      reviews: mesh.read("reviews.yaml"),
      ratings: mesh.read("ratings.yaml"),
      authorization: mesh.read("authorization.yaml"),
    };
    for (let round = 0; round < 3; round += 1) {
      mesh.write(
        "reviews.yaml",
        original.reviews.replaceAll(/\bv1$/gm, "first").replace("version: first", "version: v1"),
      );
      await pause(250);
      mesh.write("authorization.yaml", "");
      mesh.write("ratings.yaml", "");
      await pause(250);
      mesh.write("reviews.yaml", original.reviews);
      mesh.write("authorization.yaml", original.authorization);
      mesh.write("ratings.yaml", original.ratings);
      await pause(250);
    }
    await mesh.controlPlane.synced();
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.total).toBeGreaterThan(50);
  });
});

describe("a policy that is edited", () => {
  test("a new DENY denies, and its removal opens again", async () => {
    const deny = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-page, namespace: bookinfo }
spec:
  selector: { matchLabels: { app: productpage } }
  action: DENY
  rules: [{ to: [{ operation: { paths: ["/productpage"] } }] }]
`;
    mesh.write("no-page.yaml", deny);
    await eventually("the page is denied", async () => (await call(mesh.url("/productpage"))).status === 403);
    mesh.write("no-page.yaml", "");
    await eventually("the page is back", async () => (await call(mesh.url("/productpage"))).status === 200);
  });
});

describe("a bad edit", () => {
  test("is told with its place, and everything stays as it was", async () => {
    const original = mesh.read("reviews.yaml");
    const load = startLoad(mesh.url("/api/v1/products/0/reviews"));
    const printed = mesh.controlPlane.output().length;
    mesh.write("reviews.yaml", original.replace("weight: 90", "wieght: 90"));
    const line = original.split("\n").findIndex((text) => text.includes("weight: 90")) + 1;
    const said = await eventually("the error is printed", () => {
      const text = mesh.controlPlane.output().slice(printed);
      return text.includes("wieght") ? text : undefined;
    });
    expect(said).toContain(`reviews.yaml:${line}:`);
    expect(said).toMatch(/did you mean "?weight/);
    const { objects } = await mesh.controlPlane.status();
    expect(objects.find(({ kind, name }) => kind === "VirtualService" && name === "reviews")?.state).toBe("kept");
    mesh.write("reviews.yaml", "kind: [unclosed\n\t- x");
    await pause(400);
    expect((await call(mesh.url("/productpage"))).status).toBe(200);
    mesh.write("reviews.yaml", original);
    await mesh.controlPlane.synced();
    expect((await load.stop()).failures).toEqual([]);
  });

  test("one bad object does not keep back a good edit beside it", async () => {
    const original = { reviews: mesh.read("reviews.yaml"), gateway: mesh.read("gateway.yaml") };
    mesh.write("reviews.yaml", original.reviews.replace("subset: v3", "subset: v9"));
    mesh.write("gateway.yaml", original.gateway.replace("x-bookinfo-mesh: sluice", "x-bookinfo-mesh: edited"));
    await eventually("the good edit is live", async () => {
      const { headers } = await call(mesh.url("/productpage"));
      return headers["x-bookinfo-mesh"] === "edited";
    });
    mesh.write("reviews.yaml", original.reviews);
    mesh.write("gateway.yaml", original.gateway);
    await mesh.controlPlane.synced();
  });
});

describe("what only Envoy finds wrong", () => {
  test("is REJECTED in the status, with Envoy's words and the user's object, and harms nothing", async () => {
    const original = mesh.read("gateway.yaml");
    // The YAML is right, but the port is taken on this machine: only the Envoy that tries to listen there can know.
    const squatter = createServer().listen(18_099, "127.0.0.1");
    mesh.edit(
      "gateway.yaml",
      "  servers:\n",
      '  servers:\n    - port: { number: 18099, name: taken, protocol: HTTP }\n      hosts: ["*"]\n',
    );
    const rejected = await eventually("the gateway rejects the route", async () => {
      const { proxies } = await mesh.controlPlane.status();
      return proxies.find(({ state }) => state === "REJECTED");
    });
    expect(rejected.id).toBe("istio-ingressgateway.istio-system");
    expect(rejected.rejected[0]?.message).toMatch(/\S/);
    expect(rejected.rejected[0]?.objects).toContainEqual(
      expect.objectContaining({
        kind: "Gateway",
        name: "bookinfo-gateway",
        file: expect.stringContaining("gateway.yaml"),
      }),
    );
    expect(rejected.rejected[0]?.message).toContain("18099");
    expect((await call(mesh.url("/productpage"))).status).toBe(200);
    squatter.close();
    mesh.write("gateway.yaml", original);
    await mesh.controlPlane.synced();
  });
});

describe("the control plane is killed", () => {
  test("no request fails; started again it takes over the same Envoys without a change, and edits work", async () => {
    const gateway = mesh.admin("istio-ingressgateway.istio-system");
    const versions = async (): Promise<readonly (string | undefined)[]> => {
      const stats = await gateway.stats("");
      return [
        "listener_manager.listener_modified",
        "cluster_manager.cluster_modified",
        "cluster_manager.cluster_removed",
      ].map((name) => String(stats.get(name)));
    };
    const load = startLoad(mesh.url("/productpage"));
    const before = await versions();
    await mesh.controlPlane.kill();
    await pause(500);
    await mesh.controlPlane.start();
    await mesh.controlPlane.synced();
    expect(await versions()).toEqual(before);
    mesh.edit("gateway.yaml", "x-bookinfo-mesh: sluice", "x-bookinfo-mesh: again");
    await eventually("an edit works after the restart", async () => {
      const { headers } = await call(mesh.url("/productpage"));
      return headers["x-bookinfo-mesh"] === "again";
    });
    const report = await load.stop();
    expect(report.failures).toEqual([]);
  });

  // SLUICE_TEST_KILLS=100 is the long form.
  const kills = Number(process.env["SLUICE_TEST_KILLS"] ?? 5);
  test(
    `${kills} kills at random moments, while the mesh is edited, fail no request`,
    async () => {
      const original = mesh.read("reviews.yaml");
      // Every subset, and with it every cluster and every route to it, gets another name.
      const renamed = original.replaceAll(/\b(subset|name): v(\d)\b/g, "$1: other$2");
      expect(renamed).not.toBe(original);
      const load = startLoad(mesh.url("/productpage"));
      for (let round = 0; round < kills; round += 1) {
        mesh.write("reviews.yaml", round % 2 === 0 ? renamed : original);
        await pause(Math.random() * 600);
        await mesh.controlPlane.kill();
        mesh.write("ratings.yaml", mesh.read("ratings.yaml").replace(/fixedDelay: .*/, `fixedDelay: ${round + 1}s`));
        await pause(Math.random() * 300);
        await mesh.controlPlane.start();
        if (round % 5 === 4) await mesh.controlPlane.synced();
      }
      mesh.write("reviews.yaml", original);
      await mesh.controlPlane.synced();
      const { failures, total } = await load.stop();
      expect(failures).toEqual([]);
      expect(total).toBeGreaterThan(50);
    },
    60_000 + kills * 15_000,
  );

  test("a restart with a bad file on disk keeps the last good object", async () => {
    const original = mesh.read("reviews.yaml");
    mesh.write("reviews.yaml", original.replace("weight: 90", "weight: ninety"));
    await eventually("the object is kept", async () => {
      const { objects } = await mesh.controlPlane.status();
      return objects.some(({ name, state }) => name === "reviews" && state === "kept");
    });
    await mesh.controlPlane.kill();
    await mesh.controlPlane.start();
    await mesh.controlPlane.synced();
    const jason = await call(mesh.url("/api/v1/products/0/reviews"), { "end-user": "jason" });
    expect((JSON.parse(jason.body) as { version: string }).version).toBe("v2");
    mesh.write("reviews.yaml", original);
    await mesh.controlPlane.synced();
  });
});
