/** productpage: the page that people see, and the JSON API behind it. It has no data of its own. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { call, fields, unavailable } from "./client.ts";
import type { Answer, Unavailable } from "./client.ts";
import { renderPage } from "./page.ts";
import { json, notFound, readJson, serve } from "./server.ts";
import type { Reply } from "./server.ts";

const DETAILS = "http://details:9080/details/0";
const REVIEWS = "http://reviews:9080/reviews/0";
const RATINGS = "http://ratings:9080/ratings/0";

let requests = 0;

/** Who asks: ?user= first, then the cookie of an earlier login, then the header itself. */
function endUser(headers: IncomingHttpHeaders, url: URL): string {
  const asked = url.searchParams.get("user");
  if (asked !== null) return asked;
  const cookie = /(?:^|;\s*)user=([^;]*)/.exec(headers.cookie ?? "")?.[1];
  if (cookie !== undefined && cookie !== "") return cookie;
  const header = headers["end-user"];
  return typeof header === "string" ? header : "";
}

/** A header's value must not carry what a header cannot: names are letters, digits, dots and dashes. */
function safeUser(user: string): string {
  return /^[\w.-]{1,64}$/.test(user) ? user : "";
}

function data(what: string, answer: Answer): Readonly<Record<string, unknown>> | Unavailable {
  return answer.status === 200 ? fields(answer.body) : unavailable(what, answer);
}

async function page(headers: IncomingHttpHeaders, url: URL, user: string): Promise<Reply> {
  const [details, reviews] = await Promise.all([call(DETAILS, headers), call(REVIEWS, headers)]);
  const html = renderPage({
    user,
    details: data("Book details service", details),
    reviews: data("Reviews service", reviews),
  });
  const login = url.searchParams.has("user") ? { "set-cookie": `user=${user}; Path=/; SameSite=Lax` } : {};
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8", ...login }, body: html };
}

/** Passes on a service's answer: its status, and the `x-bookinfo-*` headers that the mesh put on it. */
function passOn(what: string, answer: Answer): Reply {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name.startsWith("x-bookinfo-") && typeof value === "string") headers[name] = value;
  }
  if (answer.status >= 200 && answer.status < 300) return json(answer.status, answer.body, headers);
  const reason = answer.error ?? answer.text.trim();
  return json(answer.status === 0 ? 502 : answer.status, { ...unavailable(what, answer), reason }, headers);
}

async function ratings(request: IncomingMessage, headers: IncomingHttpHeaders): Promise<Reply> {
  if (request.method !== "POST") return passOn("Ratings service", await call(RATINGS, headers));
  const body = JSON.stringify((await readJson(request)) ?? {});
  return passOn("Ratings service", await call(RATINGS, headers, { method: "POST", body }));
}

serve("productpage", async (request, url) => {
  requests++;
  const user = safeUser(endUser(request.headers, url));
  const { "end-user": _, ...others } = request.headers;
  const headers = user === "" ? others : { ...others, "end-user": user };
  switch (url.pathname) {
    case "/productpage":
      return page(headers, url, user);
    case "/api/v1/products":
      return json(200, [{ id: 0, title: "The Wind in the Willows" }]);
    case "/api/v1/products/0":
      return passOn("Book details service", await call(DETAILS, headers));
    case "/api/v1/products/0/reviews":
      return passOn("Reviews service", await call(REVIEWS, headers));
    case "/api/v1/products/0/ratings":
      return ratings(request, headers);
    case "/admin/stats":
      return json(200, { requests, uptimeSeconds: Math.round(process.uptime()), headers: request.headers });
    default:
      return notFound();
  }
});
