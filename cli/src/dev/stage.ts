import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdminClient } from "@sluice/host";
import { writeWhole } from "../build/stamp.ts";
import { sha256 } from "../build/sha256.ts";
import { EXTENSION_FILE, extensionDocument, FILTER_NAME } from "./envoy-config.ts";
import type { FilterKind } from "./envoy-config.ts";

/** A module with all that it runs with. */
export interface Act {
  readonly kind: FilterKind;
  readonly module: Uint8Array;
  readonly configuration: Uint8Array;
  readonly rootId: string;
}

/** What Envoy says to an act: it runs it, or it keeps the one before. */
export type Verdict = "accepted" | "rejected" | "no answer";

const VERDICT_MS = 10_000;
const POLL_MS = 15;

/**
 * The folder that Envoy watches: modules under the names of their digests, and the file that says which of them runs. That
 * file is renamed into its place, so that Envoy never reads half of it.
 */
export class Stage {
  readonly folder: string;
  #revision = 0;
  #previous: string | undefined;
  #current: string | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), "sluice-dev-")));
  }

  /** Puts it on. Without `admin` no Envoy runs yet that could have an opinion. */
  async show({ module, ...act }: Act, admin?: AdminClient): Promise<Verdict> {
    const before = admin === undefined ? NONE : await countsOf(admin);
    const file = join(this.folder, `${sha256(module)}.wasm`);
    if (file !== this.#current) await writeWhole(file, module);
    this.#revision += 1;
    const document = extensionDocument({ ...act, module: file, revision: this.#revision });
    const draft = join(this.folder, ".draft");
    await writeFile(draft, JSON.stringify(document));
    await rename(draft, join(this.folder, EXTENSION_FILE));
    const verdict = admin === undefined ? "accepted" : await awaitVerdict(admin, before);
    await this.#forget(file);
    return verdict;
  }

  /** What an Envoy that has just started says to the act that it found. */
  async verdictAtStart(admin: AdminClient): Promise<Verdict> {
    return await awaitVerdict(admin, NONE);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Keeps the module before the newest one: a rejected newest one leaves Envoy with it. */
  async #forget(file: string): Promise<void> {
    if (file === this.#current) return;
    const old = this.#previous;
    this.#previous = this.#current;
    this.#current = file;
    if (old !== undefined && old !== file) await rm(old, { force: true });
  }
}

interface Counts {
  readonly attempts: number;
  readonly rejected: number;
}

const NONE: Counts = { attempts: 0, rejected: 0 };

/** Of this one filter, whatever its kind is called in the counter's name. */
async function countsOf(admin: AdminClient): Promise<Counts> {
  const stats = await admin.stats(`^extension_config_discovery\\..*${FILTER_NAME.replace(".", "\\.")}\\.`);
  const sum = (name: string): number =>
    [...stats].reduce((total, [key, value]) => (key.endsWith(`.${name}`) ? total + value : total), 0);
  return { attempts: sum("config_reload"), rejected: sum("config_fail") };
}

/** Envoy tells no one when it has read its file; its counters do. */
async function awaitVerdict(admin: AdminClient, before: Counts): Promise<Verdict> {
  const deadline = performance.now() + VERDICT_MS;
  while (performance.now() < deadline) {
    const now = await countsOf(admin);
    if (now.attempts > before.attempts) return now.rejected > before.rejected ? "rejected" : "accepted";
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return "no answer";
}
