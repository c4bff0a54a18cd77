import { call, type Answer } from "./http.ts";

/** What happened to the requests of a background load. */
export interface LoadReport {
  readonly total: number;
  /** One line for each request that got no answer, or one that `isGood` refused. */
  readonly failures: readonly string[];
}

export interface Load {
  /** Requests sent so far. */
  count(): number;
  stop(): Promise<LoadReport>;
}

/** Sends requests without a pause over a few connections until it is stopped. */
export function startLoad(
  url: string,
  isGood: (answer: Answer) => boolean = ({ status }) => status === 200,
  headers: Readonly<Record<string, string>> = {},
  connections = 4,
): Load {
  let running = true;
  let total = 0;
  const failures: string[] = [];
  const worker = async (): Promise<void> => {
    while (running) {
      total += 1;
      try {
        const answer = await call(url, headers);
        if (!isGood(answer)) failures.push(`${answer.status} ${answer.body.slice(0, 120)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const workers = Promise.all(Array.from({ length: connections }, worker));
  return {
    count: () => total,
    stop: async () => {
      running = false;
      await workers;
      return { total, failures };
    },
  };
}
