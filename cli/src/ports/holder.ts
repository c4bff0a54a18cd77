import { execFile } from "node:child_process";
import { readFile, readdir, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { parseListeningSockets } from "./proc-net.ts";

/** The process that listens on a port; `command` is its command line as far as it can be read. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/**
 * Who listens on these TCP ports of this machine, by port. Linux: from /proc; elsewhere: from `lsof`. A port whose holder
 * cannot be known (another user's process, no lsof) is not in the answer.
 */
export async function findPortHolders(ports: ReadonlySet<number>): Promise<Map<number, PortHolder>> {
  if (ports.size === 0) return new Map();
  return process.platform === "linux" ? holdersFromProc(ports) : holdersFromLsof(ports);
}

async function holdersFromProc(ports: ReadonlySet<number>): Promise<Map<number, PortHolder>> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const portOfInode = new Map<string, number>();
  for (const socket of tables.flatMap(parseListeningSockets)) {
    if (ports.has(socket.port)) portOfInode.set(socket.inode, socket.port);
  }
  const holders = new Map<number, PortHolder>();
  if (portOfInode.size === 0) return holders;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      for (const inode of await socketInodes(pid)) {
        const port = portOfInode.get(inode);
        if (port !== undefined) holders.set(port, { pid: Number(pid), command: await commandLine(pid) });
      }
    }),
  );
  return holders;
}

async function socketInodes(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const links = await Promise.all(descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

async function commandLine(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text.split("\0").join(" ").trim();
}

async function holdersFromLsof(ports: ReadonlySet<number>): Promise<Map<number, PortHolder>> {
  const holders = new Map<number, PortHolder>();
  for (const port of ports) {
    const args = ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"];
    const { stdout } = await promisify(execFile)("lsof", args).catch(() => ({ stdout: "" }));
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    const command = /^c(.*)$/m.exec(stdout)?.[1] ?? "";
    if (pid !== undefined) holders.set(port, { pid: Number(pid), command });
  }
  return holders;
}
