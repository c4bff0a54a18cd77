import { expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { createHost, type Host } from "./host.ts";

const TCP = `
  let opened: i32 = 0;
  export function proxy_on_context_create(id: i32, parent: i32): void { if (parent) opened = id; }
  export function proxy_on_new_connection(id: i32): i32 { say("NEW"); return 0; }
  export function proxy_on_downstream_data(id: i32, size: i32, eos: i32): i32 {
    say("DOWN " + size.toString() + " " + eos.toString() + " " + body(2));
    const text = body(2);
    if (text.startsWith("trap")) unreachable();
    if (text.startsWith("close")) { say("close " + hostCloseStream(2).toString()); return 1; }
    if (text.startsWith("wait")) { hostTick(10); return 1; }
    if (size < 4) return 1;
    setBody(2, 0, 0, "> ");
    return 0;
  }
  export function proxy_on_upstream_data(id: i32, size: i32, eos: i32): i32 { say("UP " + size.toString() + " " + eos.toString() + " " + body(3)); return size < 4 ? 1 : 0; }
  export function proxy_on_tick(id: i32): void { hostTick(0); hostEffective(opened); say("TICK " + body(2)); hostContinue(2); }
  export function proxy_on_downstream_connection_close(id: i32, by: i32): void { say("DOWN CLOSE " + by.toString()); }
  export function proxy_on_upstream_connection_close(id: i32, by: i32): void { say("UP CLOSE " + by.toString()); }
  export function proxy_on_done(id: i32): i32 { say("DONE"); return 1; }
  export function proxy_on_delete(id: i32): void { say("DELETE"); }
`;

function said(host: Host): string[] {
  return host.logs.filter((record) => record.source === "module").map((record) => record.message);
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("bytes pass both ways, held ones are shown again with the next", async () => {
  const host = createHost();
  const connection = host.load(await assemble(TCP)).connection();
  expect(connection.open()).toMatchObject({ action: "continue" });
  expect(connection.downstream("ab")).toMatchObject({ action: "pause", returned: 1 });
  expect(connection.downstream("cd")).toMatchObject({ action: "continue" });
  connection.upstream("answer", { endOfStream: true });
  connection.closeDownstream("remote");
  connection.complete();
  expect(text(connection.toUpstream)).toBe("> abcd");
  expect(text(connection.toDownstream)).toBe("answer");
  expect(said(host)).toEqual([
    "NEW",
    "DOWN 2 0 ab",
    "DOWN 4 0 abcd",
    "UP 6 1 answer",
    "UP CLOSE 0",
    "DOWN CLOSE 2",
    "DONE",
    "DELETE",
  ]);
});

test("a tick lets held bytes go on", async () => {
  const host = createHost();
  const connection = host.load(await assemble(TCP)).connection();
  connection.open();
  connection.downstream("wait for it");
  expect(connection.paused.downstream).toBe(true);
  host.advance(10);
  expect(text(connection.toUpstream)).toBe("wait for it");
  expect(said(host)).toContain("TICK wait for it");
});

test("a module closes its connection; a trap does so too, but for one that fails open", async () => {
  const wasm = await assemble(TCP);
  const host = createHost();
  const closing = host.load(wasm).connection();
  closing.open();
  expect(closing.downstream("close")).toEqual({ action: "pause", returned: 1, reset: true });
  expect(closing.closed).toBe(true);
  closing.closeDownstream();
  closing.complete();
  // Once, by this side (1), whichever side of the connection the module has closed.
  expect(said(host).slice(-3)).toEqual(["DOWN CLOSE 1", "DONE", "DELETE"]);
  const trapping = host.load(wasm, { vmId: "a" }).connection();
  trapping.open();
  expect(trapping.downstream("trap").trap?.message).toBe("unreachable");
  expect(trapping.closed).toBe(true);
});
