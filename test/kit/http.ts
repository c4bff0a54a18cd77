import { Agent, request } from "node:http";

/** An answer, whole: header names are lower case; repeated headers are joined by ", ". */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly milliseconds: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/**
 * One GET (or another method) to a server on loopback. Rejects only where no answer came: a refused or broken connection is
 * a failed request in the tests that count those.
 */
export function call(url: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const flat = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: Object.fromEntries(flat) as Record<string, string>,
          body: Buffer.concat(chunks).toString("utf8"),
          milliseconds: performance.now() - started,
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Many equal calls, some at a time. */
export async function callMany(count: number, one: () => Promise<Answer>, atOnce = 8): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const worker = async (): Promise<void> => {
    while (answers.length + inFlight < count) {
      inFlight += 1;
      try {
        answers.push(await one());
      } finally {
        inFlight -= 1;
      }
    }
  };
  let inFlight = 0;
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}
