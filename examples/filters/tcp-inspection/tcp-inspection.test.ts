import { createHost, type Host } from "@sluice/host";
import "@sluice/host/testing";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const module = await exampleModule("tcp-inspection");

/** A connection that brings these chunks, and what came of it. */
function connect(chunks: readonly (string | Uint8Array)[]): { host: Host; toUpstream: string; closed: boolean } {
  const host = createHost();
  const connection = host.load(module).connection();
  connection.open();
  for (const chunk of chunks) connection.downstream(chunk);
  const closed = connection.closed;
  connection.complete();
  return { host, toUpstream: Buffer.from(connection.toUpstream).toString("latin1"), closed };
}

const clientHello = Uint8Array.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]);

test("TLS passes and is counted", () => {
  const { host, toUpstream } = connect([clientHello]);
  expect(toUpstream).toBe(Buffer.from(clientHello).toString("latin1"));
  expect(host.metrics.find("example_connections_tls")?.value).toBe(1n);
});

test("HTTP passes and is counted once, however many bytes follow", () => {
  const { host, toUpstream } = connect(["GET / HTTP/1.1\r\n", "host: shop\r\n\r\n"]);
  expect(toUpstream).toBe("GET / HTTP/1.1\r\nhost: shop\r\n\r\n");
  expect(host.metrics.find("example_connections_plain")?.value).toBe(1n);
});

test.each([
  ["in one piece", ["SSH-2.0-OpenSSH\r\n"]],
  ["byte by byte", Array.from("SSH-2.0-OpenSSH\r\n")],
])("SSH %s is closed before any of it passes", (_case, chunks) => {
  const { host, toUpstream, closed } = connect(chunks);
  expect(closed).toBe(true);
  expect(toUpstream).toBe("");
  expect(host).toLog("ssh is closed here");
});

test("a connection that brings too little to tell passes at its end", () => {
  const connection = createHost().load(module).connection();
  connection.open();
  expect(connection.downstream("S")).toPause();
  expect(connection.downstream("S", { endOfStream: true })).toContinue();
});
