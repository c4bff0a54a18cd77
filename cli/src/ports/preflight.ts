import { createServer } from "node:net";
import { findPortHolders } from "./holder.ts";
import type { PortHolder } from "./holder.ts";

/** A port that the mesh is about to listen on, and what for, in words that end a sentence. */
export interface WantedPort {
  readonly address: string;
  readonly port: number;
  readonly purpose: string;
}

export interface PortConflict extends WantedPort {
  readonly holder?: PortHolder;
}

/** The wanted ports on which nothing can listen now. */
export async function findPortConflicts(wanted: readonly WantedPort[]): Promise<PortConflict[]> {
  const free = await Promise.all(wanted.map((want) => canListen(want.address, want.port)));
  const taken = wanted.filter((_, index) => free[index] === false);
  const holders = await findPortHolders(new Set(taken.map((want) => want.port)));
  return taken.map((want) => {
    const holder = holders.get(want.port);
    return holder === undefined ? want : { ...want, holder };
  });
}

function canListen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

const MAX_COMMAND = 80;

/** One line for each conflict. */
export function formatPortConflict(conflict: PortConflict): string {
  const command = conflict.holder?.command ?? "";
  const short = command.length > MAX_COMMAND ? `${command.slice(0, MAX_COMMAND - 1)}…` : command;
  const holder =
    conflict.holder === undefined
      ? "unknown (another user's process?)"
      : `process ${conflict.holder.pid} (${short || "name unknown"})`;
  return `port ${conflict.port} on ${conflict.address}, wanted for ${conflict.purpose}, is held by ${holder}`;
}
