import { createServer, type RequestListener } from "node:http";

/** A server that a run of the filters needs, on loopback until it is stopped. */
export interface Upstream {
  readonly stop: () => Promise<void>;
}

/** Answers `/card` with a card number, and everything else with the headers that arrived, as JSON. */
export const echo: RequestListener = (request, response) => {
  if (request.url === "/card") response.end("card 1234567812345678 of jason");
  else response.setHeader("content-type", "application/json").end(JSON.stringify(request.headers));
};

/** Knows one user, by `Bearer jason`. */
export const authority: RequestListener = (request, response) => {
  if (request.headers.authorization === "Bearer jason") response.setHeader("x-user", "jason").end();
  else response.writeHead(401).end();
};

export async function startUpstream(port: number, handler: RequestListener): Promise<Upstream> {
  const server = createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
