import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer, request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const FOLDER = fileURLToPath(new URL("../../../examples/bookinfo", import.meta.url));
const PROXY_PORT = 20610;
const PORTS: Readonly<Record<string, number>> = { productpage: 20611, details: 20612, ratings: 20613, reviews: 20614 };

/** A stand-in for a sidecar: takes absolute-form requests, sends them on by host name, and notes what it saw. */
const seen: { url: string; headers: Record<string, unknown> }[] = [];
let broken: string | undefined;
const proxy = createServer((request, response) => {
  seen.push({ url: request.url ?? "", headers: { ...request.headers } });
  const url = new URL(request.url ?? "/");
  const port = PORTS[url.hostname];
  if (port === undefined || url.hostname === broken) {
    response.writeHead(503).end("no healthy upstream");
    return;
  }
  const outgoing = httpRequest(
    { port, path: url.pathname, method: request.method, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  request.pipe(outgoing);
});

const programs: ChildProcess[] = [];

function start(args: readonly string[], port: number | undefined): void {
  const env = { ...process.env, PORT: String(port), HTTP_PROXY: `http://127.0.0.1:${PROXY_PORT}` };
  programs.push(spawn(process.execPath, args, { cwd: FOLDER, env, stdio: "ignore" }));
}

async function healthy(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    (response) => response.ok,
    () => false,
  );
}

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${PORTS["productpage"]}${path}`, init);
}

function change(body: string): Promise<Response> {
  return get("/api/v1/products/0/ratings", { method: "POST", body });
}

beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(PROXY_PORT, "127.0.0.1", resolve));
  start(["programs/productpage.ts"], PORTS["productpage"]);
  start(["programs/details.ts"], PORTS["details"]);
  start(["programs/ratings.ts"], PORTS["ratings"]);
  start(["programs/reviews.ts", "v3"], PORTS["reviews"]);
  for (const port of Object.values(PORTS)) await vi.waitUntil(() => healthy(port), { timeout: 10_000 });
});

afterAll(() => {
  for (const program of programs) program.kill();
  proxy.close();
});

describe("bookinfo's programs", () => {
  test("reach each other by host name through their sidecar, and pass on who asks", async () => {
    seen.length = 0;
    const headers = {
      "end-user": "jason",
      "x-request-id": "r-1",
      traceparent: "00-1-1-01",
      "x-b3-traceid": "b",
      "x-other": "o",
    };
    const answer = await get("/api/v1/products/0/reviews", { headers });
    expect(await answer.json()).toMatchObject({
      version: "v3",
      reviews: [{ rating: { stars: 5, color: "red" } }, { rating: { stars: 4, color: "red" } }],
    });
    expect(seen.map(({ url }) => url)).toEqual(["http://reviews:9080/reviews/0", "http://ratings:9080/ratings/0"]);
    const { "x-other": _, ...propagated } = headers;
    for (const request of seen) {
      expect(request.headers).toMatchObject(propagated);
      expect(request.headers).not.toHaveProperty("x-other");
    }
  });

  test("show the page, with the version that answered, in its colour", async () => {
    const html = await (await get("/productpage")).text();
    expect(html).toContain("The Wind in the Willows");
    expect(html).toContain("answered by reviews v3");
    expect(html).toContain("#c8102e");
  });

  test("sign a user in by the page's address, and out again", async () => {
    const signedIn = await get("/productpage?user=jason");
    expect(signedIn.headers.get("set-cookie")).toContain("user=jason;");
    seen.length = 0;
    await get("/productpage", { headers: { cookie: "user=jason" } });
    expect(seen[0]?.headers["end-user"]).toBe("jason");
    expect(await (await get("/productpage?user=%3Cscript%3E")).text()).not.toContain("<script>");
  });

  test.each([
    ["reviews", "/api/v1/products/0/reviews", 503, { error: "Reviews service is currently unavailable", status: 503 }],
    ["details", "/api/v1/products/0", 503, { error: "Book details service is currently unavailable", status: 503 }],
    [
      "ratings",
      "/api/v1/products/0/reviews",
      200,
      { reviews: [{ rating: { error: "Ratings service is currently unavailable", status: 503 } }, {}] },
    ],
  ])("say so when %s fails, and show the rest", async (service, path, status, body) => {
    broken = service;
    const answer = await get(path);
    const page = await get("/productpage");
    broken = undefined;
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject(body);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("is currently unavailable (503)");
  });

  test("take a new rating", async () => {
    expect(await (await change('{"Mole": 3}')).json()).toMatchObject({ ratings: { Mole: 3 } });
    expect((await change('{"Mole": 9}')).status).toBe(400);
    expect((await change('{"Toad": 1}')).status).toBe(400);
    expect((await change("no JSON")).status).toBe(200);
  });
});
