import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../kit/eventually.ts";
import { object, serviceOf, TrafficMesh, type Got } from "./traffic/kit.ts";

// Types that a mesh uses when it is asked to: virtual hosts on demand (VHDS), by a label of a WorkloadEntry, and runtime values
// (RTDS), by the MeshConfig.

let mesh: TrafficMesh;
let programs: { a: number; b: number };
const client = "client.echo";

const subset = (host: string, name: string, of: string): string =>
  object(
    "DestinationRule",
    host.replaceAll(".", "-"),
    `host: ${host}\nsubsets: [{ name: ${name}, labels: { version: ${of} } }]`,
  );
const route = (name: string, host: string, to: string, of: string): string =>
  object(
    "VirtualService",
    name,
    `hosts: ["${host}"]\nhttp: [{ route: [{ destination: { host: ${to}, subset: ${of} } }], headers: { response: { set: { x-route: ${name} } } } }]`,
  );
const clientOf = (labels: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: { name: client, namespace: echo }\nspec: { address: 127.0.0.1, labels: { ${labels} } }\n`;
const hosts = async (): Promise<readonly string[]> =>
  (await mesh.acknowledged(client, "virtualHost")).map((name) => name.split("/").at(-1) ?? "");

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  programs = { a: await mesh.program("a"), b: await mesh.program("b") };
  mesh.write("client.yaml", clientOf("app: client, sluice.dev/virtual-hosts: on-demand"));
  const services = ["one.test", "two.test", "three.test", "four.test"].map((host) => serviceOf(host, "HTTP", programs));
  mesh.write("services.yaml", services.join("---\n"));
  mesh.write("routes.yaml", `${subset("two.test", "a", "a")}---\n${route("two", "two.test", "two.test", "a")}`);
  await mesh.start();
});
afterAll(async () => {
  await mesh?.stop();
});

test("the first request to a host brings its routes, and no others", async () => {
  expect(await hosts()).toEqual([]);
  expect(await mesh.ask("sidecar", "one.test", "/")).toMatchObject({ status: 200 });
  expect(await hosts()).toEqual(["one.test"]);
  expect(await mesh.ask("sidecar", "one.test:80", "/")).toMatchObject({ status: 200 });
  expect(await mesh.ask("sidecar", "ONE.test", "/")).toMatchObject({ status: 200 });
  expect(await hosts()).toEqual(["one.test", "one.test:80"]);
  expect(mesh.status()?.proxies).toMatchObject([{ state: "SYNCED" }]);
});

test("what nobody declared is answered as without it, and many first requests at once are all answered", async () => {
  expect(await mesh.ask("sidecar", "nowhere.other", "/")).toMatchObject({ status: 502 });
  const all = await Promise.all(
    ["three.test", "four.test", "three.test", "none.test"].map((host) => mesh.ask("sidecar", host, "/")),
  );
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 502]);
});

// Envoy starts a request without a body anew when its route has come, and goes on with one that has a body.
test("a first request with a body passes the policies of its route", async () => {
  expect(await post("two.test", "some text")).toMatchObject({ status: 200, to: "a", answer: { "x-route": "two" } });
});

test("routes that change, come and go reach the hosts that were asked for, and fail no request", async () => {
  const failures: string[] = [];
  let running = true;
  const load = (async (): Promise<void> => {
    while (running) {
      const { status } = await mesh.ask("sidecar", "two.test", "/");
      if (status !== 200) failures.push(String(status));
    }
  })();
  for (const name of ["x", "y", "z"]) {
    const version = name === "y" ? "b" : "a";
    mesh.write("routes.yaml", `${subset("two.test", name, version)}---\n${route(name, "two.test", "two.test", name)}`);
    await eventually(`${name} is live`, async () => {
      const { to, answer } = await mesh.ask("sidecar", "two.test", "/");
      return to === version && answer["x-route"] === name;
    });
  }
  // A host that the Envoy has been told about as one that nobody declared.
  mesh.write("routes.yaml", `${subset("two.test", "a", "a")}---\n${route("wild", "*.other", "two.test", "a")}`);
  await eventually("the wildcard is live", async () => {
    const got = await mesh.ask("sidecar", "nowhere.other", "/");
    return got.status === 200 && got.answer["x-route"] === "wild";
  });
  mesh.write("routes.yaml", "");
  await eventually("it is gone", async () => (await mesh.ask("sidecar", "nowhere.other", "/")).status === 502);
  running = false;
  await load;
  expect(failures).toEqual([]);
});

test("hosts become all there, and on demand again, under load, and fail no request", async () => {
  const failures: string[] = [];
  let running = true;
  const load = ["one.test", "two.test", "three.test"].map(async (host) => {
    while (running) {
      const got = await mesh.ask("sidecar", host, "/").catch((error: unknown) => ({ status: String(error) }));
      if (got.status !== 200) failures.push(`${at} ${host} ${got.status}`);
    }
  });
  let at = "";
  const isThere = async (routes: string): Promise<boolean> =>
    (await mesh.acknowledged(client, "route")).includes(routes);
  for (const [labels, routes] of [
    ["app: client", "outbound"],
    ["app: client, sluice.dev/virtual-hosts: on-demand", "outbound.on-demand"],
  ] as const) {
    at = labels;
    mesh.write("client.yaml", clientOf(labels));
    await eventually(`${routes} are there`, async () => (await isThere(routes)) || undefined);
    // A while with the new routes, as with the old ones.
    for (let time = 0; time < 20; time++) await mesh.ask("sidecar", "four.test", "/");
  }
  running = false;
  await Promise.all(load);
  expect(failures).toEqual([]);
});

test("runtime values reach a running Envoy, change, and go (RTDS)", async () => {
  const valueOf = async (): Promise<unknown> => {
    const { entries } = JSON.parse((await mesh.envoys[0]?.admin.get("/runtime")) ?? "{}") as Runtime;
    return entries["upstream.healthy_panic_threshold"]?.final_value;
  };
  const values = (threshold: string): string =>
    `defaultConfig: { runtimeValues: { upstream.healthy_panic_threshold: "${threshold}" } }\n`;
  expect(await valueOf()).toBeUndefined();
  await mesh.change("mesh.yaml", values("25"));
  await eventually("the value is there", async () => (await valueOf()) === "25");
  await mesh.change("mesh.yaml", values("30"));
  await eventually("it has changed", async () => (await valueOf()) === "30");
  await mesh.change("mesh.yaml", "trustDomain: cluster.local\n");
  await eventually("it is gone", async () => (await valueOf()) === undefined || undefined);
});

/** As Envoy's admin page has it. */
interface Runtime {
  readonly entries: Readonly<Record<string, { readonly final_value: string }>>;
}

async function post(host: string, body: string): Promise<Pick<Got, "status" | "answer"> & { readonly to: unknown }> {
  return await new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: mesh.outboundPort,
      method: "POST",
      headers: { host },
      agent: new Agent(),
    };
    const outgoing = request(options, (incoming) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => {
        const answer = incoming.headers as Record<string, string>;
        resolve({
          status: incoming.statusCode ?? 0,
          answer,
          to: text.startsWith("{") ? (JSON.parse(text) as { to: string }).to : text,
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
