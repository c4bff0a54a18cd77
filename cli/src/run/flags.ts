import type { Header } from "@sluice/host";
import { EXIT, Failure } from "../failure.ts";

/** `Name: value`, as curl's -H has it; `Name;` is a header without a value. */
export function parseHeader(text: string): Header {
  const empty = /^([^:;\s]+);$/.exec(text)?.[1];
  if (empty !== undefined) return [empty.toLowerCase(), ""];
  const match = /^(:?[^:\s]+)\s*:(.*)$/s.exec(text);
  if (match?.[1] === undefined) throw new Failure(`"${text}" is no header: write "name: value"`, EXIT.usage);
  return [match[1].toLowerCase(), (match[2] ?? "").trim()];
}

/** What a cluster answers: `auth=200`, `auth=403:no`, `auth=timeout`, `auth=reset`. */
export interface ClusterAnswer {
  readonly cluster: string;
  readonly answer: { readonly status: number; readonly body: string } | "timeout" | "reset";
}

export function parseCluster(text: string): ClusterAnswer {
  const match = /^([^=]+)=(?:(timeout|reset)|(\d{3})(?::(.*))?)$/s.exec(text);
  const [, cluster, ending, status, body = ""] = match ?? [];
  if (cluster === undefined) {
    const advice = "write NAME=STATUS, NAME=STATUS:BODY, NAME=timeout or NAME=reset, such as auth=200";
    throw new Failure(`"${text}" says no cluster's answer: ${advice}`, EXIT.usage);
  }
  if (ending === "timeout" || ending === "reset") return { cluster, answer: ending };
  return { cluster, answer: { status: Number(status), body } };
}

/** Where a request goes; a bare path or host is taken as curl takes it. */
export function parseUrl(text: string): URL {
  const full = text.startsWith("/") ? `http://localhost${text}` : /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new Failure(`"${text}" is no URL: write http://HOST/PATH, or /PATH`, EXIT.usage);
  return new URL(full);
}
