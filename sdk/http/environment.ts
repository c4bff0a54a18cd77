import { Status } from "../abi/enums";
import { environ_get, environ_sizes_get } from "../abi/wasi";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { FLAGS_SLOT, NUMBER_SLOT } from "./slots";
import { noteStatus } from "./status";

const EQUALS: u8 = 0x3d;

/** The VM's environment variables; see `environment`. (WASI: environ_get) */
@unmanaged
export class Environment {
  /**
   * The value of a variable, as a view; null when there is none. Two host calls that bring all variables: ask once, in
   * `onVmStart` or `onConfigure`, and keep what you made of it. May be asked at top level as well.
   */
  get(name: Bytes): Bytes | null {
    const found = find(name);
    noteStatus(found ? Status.Ok : Status.NotFound);
    return found;
  }
}

function find(name: Bytes): Bytes | null {
  if (environ_sizes_get(NUMBER_SLOT, FLAGS_SLOT) != 0) return null;
  const count = load<u32>(NUMBER_SLOT);
  const size = load<u32>(FLAGS_SLOT);
  const entries = allocate(<usize>count * sizeof<usize>());
  const text = allocate(size);
  if (environ_get(entries, text) != 0) return null;
  for (let index: u32 = 0; index < count; ++index) {
    const value = valueIn(load<usize>(entries + ((<usize>index) << 2)), text + size, name);
    if (value) return value;
  }
  return null;
}

/** What stands behind `name=` in an entry, up to its NUL; null when it is another variable's. */
function valueIn(entry: usize, end: usize, name: Bytes): Bytes | null {
  const view = Bytes.wrap(entry, <i32>(end - entry));
  if (!view.startsWith(name) || view.at(name.length) != EQUALS) return null;
  const from = name.length + 1;
  return view.slice(from, view.indexOf(0, from));
}

/**
 * Environment variables that the host gives to the VM: in Envoy `vm_config.environment_variables`, by `host_env_keys`
 * those of the proxy's own process.
 */
export const environment: Environment = changetype<Environment>(0);
