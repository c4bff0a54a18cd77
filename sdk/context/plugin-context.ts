import { Status } from "../abi/enums";
import { proxy_set_tick_period_milliseconds } from "../abi/imports";
import { ticksOf } from "../timers/ticks-table";
import { Bytes } from "../wire/bytes";
import { Context } from "./context";
import { HttpContext } from "./http-context";
import { TcpContext } from "./tcp-context";

/**
 * One configuration of the filter in this VM. A new configuration makes a new object in the same VM; streams that
 * began with the old one go on with the old one, which is then done and deleted.
 */
export class PluginContext extends Context {
  /** Objects of ended streams, to be handed out again. The runtime's. */
  pool: Context | null;
  /** The same for TCP connections. The runtime's. */
  tcpPool: Context | null;
  /** The period of `setTickPeriod`, for timers that come later. The runtime's. */
  tickPeriod: u32;

  /** The VM starts with this plugin: its configuration's bytes, valid in the call only. False fails the VM. */
  onVmStart(_vmConfiguration: Bytes): bool {
    return true;
  }

  /** Whether the host should take this configuration; comes before `onConfigure` from hosts that ask (Envoy's extension). */
  onValidate(_configuration: Bytes): bool {
    return true;
  }

  /** The configuration's bytes, valid in the call only. False refuses it: the host goes on with the last good one. */
  onConfigure(_configuration: Bytes): bool {
    return true;
  }

  /** An object for a new HTTP stream, called only when the pool has none; null leaves streams alone. */
  createHttpContext(): HttpContext | null {
    return null;
  }

  /** The same for a TCP connection. A plugin may create both kinds. */
  createTcpContext(): TcpContext | null {
    return null;
  }

  onTick(): void {}

  /** A record for an access log that is this plugin. */
  onLog(): void {}

  /** The plugin is to end. False keeps it until `finish()` is called. */
  onDone(): bool {
    return true;
  }

  onDelete(): void {}

  /** There is something in a shared queue that this plugin has registered. */
  onQueueReady(_queue: u32): void {}

  /** The host calls a function of the filter; which there are is between the host and the filter. */
  onForeignFunction(_functionId: u32, _argument: Bytes): void {}

  /** How often `onTick` comes, in milliseconds; 0 ends it. Timers do not disturb it. */
  setTickPeriod(milliseconds: u32): Status {
    this.tickPeriod = milliseconds;
    const ticks = ticksOf(this.id);
    return ticks ? ticks.setPeriod(milliseconds) : proxy_set_tick_period_milliseconds(milliseconds);
  }
}
