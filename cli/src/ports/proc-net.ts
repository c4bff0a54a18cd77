/** A listening socket as Linux shows it in /proc/net/tcp and /proc/net/tcp6. */
export interface ListeningSocket {
  readonly port: number;
  /** Joins the socket to the processes whose /proc/PID/fd has a link `socket:[INODE]`. */
  readonly inode: string;
}

const LISTEN = "0A";

/** Reads the table's text; rows that are not listening, or that cannot be read, are left out. */
export function parseListeningSockets(table: string): ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const row of table.split("\n").slice(1)) {
    // Columns: slot, local address:port, remote, state, queues, timer, retransmits, uid, timeout, inode ...
    const columns = row.trim().split(/\s+/);
    const [, local, , state] = columns;
    const inode = columns[9];
    if (local === undefined || state !== LISTEN || inode === undefined || inode === "0") continue;
    const port = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16);
    if (Number.isInteger(port)) sockets.push({ port, inode });
  }
  return sockets;
}
