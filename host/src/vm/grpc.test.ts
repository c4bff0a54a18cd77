import { expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import type { GrpcServer } from "./grpc.ts";
import { createHost, type Host } from "./host.ts";

const CALLING = `
  function ask(upstream: string, kind: string): i32 {
    const u = utf8(upstream), s = utf8("rls.Service"), m = utf8("Should"), md = pairs(["x-md", "1"]), b = utf8("question");
    const status = kind == "call"
      ? hostGrpcCall(at(u), u.byteLength, at(s), s.byteLength, at(m), m.byteLength, at(md), md.byteLength, at(b), b.byteLength, 100, OUT)
      : hostGrpcStream(at(u), u.byteLength, at(s), s.byteLength, at(m), m.byteLength, at(md), md.byteLength, OUT);
    return status == 0 ? load<i32>(OUT) : -status;
  }
  function send(token: i32, text: string, end: i32): i32 { const b = utf8(text); return hostGrpcSend(token, at(b), b.byteLength, end); }
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    const kind = header(0, "x-kind");
    const token = ask(header(0, "x-cluster"), kind);
    say(kind + " " + token.toString());
    if (kind == "call") say("send " + send(token, "x", 0).toString());
    if (kind == "stream") say("send " + [send(token, "one", 0), send(token, "two", 1), send(99, "x", 0), send(98, "x", 0)].join(" "));
    if (header(0, "x-then") == "cancel") say("cancel " + [hostGrpcCancel(token), hostGrpcCancel(token)].join(" "));
    return 0;
  }
  export function proxy_on_grpc_receive_initial_metadata(id: i32, token: i32, n: i32): void { say("initial " + token.toString() + " " + n.toString() + " " + header(4, "x-i")); }
  export function proxy_on_grpc_receive(id: i32, token: i32, size: i32): void { say("message " + token.toString() + " " + size.toString() + " " + body(5)); }
  export function proxy_on_grpc_receive_trailing_metadata(id: i32, token: i32, n: i32): void { say("trailing " + token.toString() + " " + header(5, "x-t")); }
  export function proxy_on_grpc_close(id: i32, token: i32, code: i32): void { say("close " + token.toString() + " " + code.toString() + " " + status()); }
`;

const server: GrpcServer = {
  unary: ({ service, method, metadata, message }) => ({
    message: `${service}/${method} ${metadata.text("x-md")} ${new TextDecoder().decode(message)}`,
  }),
  stream: (stream) => {
    stream.initialMetadata([["x-i", "hello"]]);
    stream.onMessage = (message, end) => {
      stream.send(`echo ${new TextDecoder().decode(message)}`);
      if (end) stream.close(5, "none", [["x-t", "bye"]]);
    };
  },
};

async function run(headers: Readonly<Record<string, string>>): Promise<string[]> {
  const host: Host = createHost({
    grpc: {
      rls: server,
      failing: { unary: () => ({ status: 14, statusMessage: "away" }) },
      slow: { unary: () => ({ delayMs: 500 }) },
    },
  });
  const stream = host.load(await assemble(CALLING)).stream({ requestHeaders: Object.entries(headers) });
  stream.requestHeaders();
  host.advance(1000);
  return host.logs.filter((record) => record.source === "module").map((record) => record.message);
}

test.each<[string, Record<string, string>, string[]]>([
  [
    "a call that succeeds",
    { "x-kind": "call", "x-cluster": "rls" },
    ["call 1", "send 2", "message 1 29 rls.Service/Should 1 question"],
  ],
  [
    "a call by a GrpcService message",
    { "x-kind": "call", "x-cluster": "\n\u0005\n\u0003rls" },
    ["call 1", "send 2", "message 1 29 rls.Service/Should 1 question"],
  ],
  [
    "a call that fails",
    { "x-kind": "call", "x-cluster": "failing" },
    ["call 1", "send 2", "close 1 14 14 away{via_upstream}"],
  ],
  [
    "a call that is not answered in time",
    { "x-kind": "call", "x-cluster": "slow" },
    ["call 1", "send 2", "close 1 14 14 upstream request timeout{response_timeout}"],
  ],
  ["a call to no cluster", { "x-kind": "call", "x-cluster": "none" }, ["call -4", "send 1"]],
  [
    "a call that is cancelled",
    { "x-kind": "call", "x-cluster": "rls", "x-then": "cancel" },
    ["call 1", "send 2", "cancel 0 1"],
  ],
  [
    "a stream",
    { "x-kind": "stream", "x-cluster": "rls" },
    [
      "stream 2",
      "send 0 0 2 1",
      "initial 2 1 hello",
      "message 2 8 echo one",
      "message 2 8 echo two",
      "trailing 2 bye",
      "close 2 5 5 none{via_upstream}",
    ],
  ],
  [
    "a stream that is cancelled",
    { "x-kind": "stream", "x-cluster": "rls", "x-then": "cancel" },
    ["stream 2", "send 0 0 2 1", "cancel 0 1"],
  ],
])("gRPC: %s", async (_, headers, expected) => {
  expect(await run(headers)).toEqual(expected);
});
