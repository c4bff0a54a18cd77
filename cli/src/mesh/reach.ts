import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_ADDRESS, DEFAULT_HTTP_PORT } from "../commands/context.ts";
import { EXIT, Failure, messageOf } from "../failure.ts";
import { fieldsOf } from "../json.ts";
import { ControlPlaneApi, NoSuchProxy, Refused } from "./api.ts";

/** Where `--server` looks unless told otherwise. */
export const DEFAULT_SERVER = `http://${DEFAULT_ADDRESS}:${DEFAULT_HTTP_PORT}`;

/** Asks the control plane at an address; a Failure says what to do where none answers, or the mesh has no such proxy. */
export async function ask<T>(server: string, question: (api: ControlPlaneApi) => Promise<T>): Promise<T> {
  const api = new ControlPlaneApi(server.replace(/\/+$/, ""));
  try {
    return await question(api);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof Refused) throw new Failure(error.message, EXIT.usage);
    if (error instanceof NoSuchProxy) {
      const known = await api.proxies().then(
        (proxies) => proxies.map(({ id }) => id).join(", "),
        () => "",
      );
      throw new Failure(`${error.message}; there is: ${known}`, EXIT.usage);
    }
    throw new Failure(
      `no control plane answers at ${server} (${causeOf(error)}).\n` +
        "Start a mesh with `sluice up FOLDER`, or name another address with --server.",
      EXIT.usage,
    );
  }
}

/** fetch says only "fetch failed"; the reason is one level down. */
function causeOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** The whole name of a proxy: a user may leave out the namespace where only one proxy has the name. */
export async function fullProxyId(api: ControlPlaneApi, name: string): Promise<string> {
  const ids = (await api.proxies()).map(({ id }) => id);
  if (ids.includes(name)) return name;
  const [only, ...others] = ids.filter((id) => id.startsWith(`${name}.`));
  if (only === undefined) throw new NoSuchProxy(name);
  if (others.length > 0) throw new Failure(`${name} is several proxies: ${[only, ...others].join(", ")}`, EXIT.usage);
  return only;
}

/**
 * The /config_dump of a proxy's own admin interface: at `admin` (HOST:PORT), else where a `sluice up` of this folder says
 * that it is.
 */
export async function fetchDump(proxyId: string, admin: string | undefined): Promise<string> {
  const url = admin === undefined ? await knownAdmin(proxyId) : `http://${admin.replace(/^https?:\/\//, "")}`;
  if (url === undefined)
    throw new Failure(`where is the admin interface of ${proxyId}? Name it with --admin HOST:PORT`, EXIT.usage);
  try {
    const response = await fetch(`${url}/config_dump`, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return await response.text();
  } catch (error) {
    throw new Failure(`the Envoy of ${proxyId} does not answer at ${url} (${causeOf(error)})`, EXIT.usage);
  }
}

/** `sluice up` writes the addresses below the folder in which it is started; the newest counts. */
async function knownAdmin(proxyId: string): Promise<string | undefined> {
  const runs = await readdir(".sluice").catch(() => []);
  const files = await Promise.all(
    runs.map(async (run) => {
      const path = join(".sluice", run, "admin.json");
      return { path, changed: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  for (const { path } of files.toSorted((a, b) => b.changed - a.changed)) {
    const text = await readFile(path, "utf8").catch(() => "{}");
    const url = fieldsOf(JSON.parse(text))[proxyId];
    if (typeof url === "string") return url;
  }
  return undefined;
}
