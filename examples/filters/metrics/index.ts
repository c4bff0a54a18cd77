// Counts requests by the class of their status and measures how long they took. With the stats tag
// `(;\.status_class=([^;]*))` Envoy shows the counters as one metric: example_requests{status_class="2xx"}.
import {
  Bytes,
  Counter,
  Histogram,
  HttpContext,
  MetricName,
  PluginContext,
  getPropertyI64,
  registerPlugin,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class Metrics extends HttpContext {
  onLog(): void {
    const plugin = changetype<Plugin>(this.plugin);
    // 0 for a request that got no answer.
    const statusClass = <i32>getPropertyI64(utf8("response\0code"), 0) / 100;
    unchecked(plugin.requests[min(statusClass, 5)]).increment();
    plugin.duration.record(getPropertyI64(utf8("request\0duration"), 0) / 1_000_000);
  }
}

class Plugin extends PluginContext {
  requests: StaticArray<Counter> = new StaticArray<Counter>(6);
  duration: Histogram = Histogram.define(utf8("example_duration_ms"));

  constructor() {
    super();
    unchecked((this.requests[0] = counterOf(utf8("none"))));
    unchecked((this.requests[1] = counterOf(utf8("1xx"))));
    unchecked((this.requests[2] = counterOf(utf8("2xx"))));
    unchecked((this.requests[3] = counterOf(utf8("3xx"))));
    unchecked((this.requests[4] = counterOf(utf8("4xx"))));
    unchecked((this.requests[5] = counterOf(utf8("5xx"))));
  }

  createHttpContext(): HttpContext {
    return new Metrics();
  }
}

function counterOf(statusClass: Bytes): Counter {
  return Counter.define(MetricName.of(utf8("example_requests")).tag(utf8("status_class"), statusClass).end());
}

registerPlugin(() => new Plugin());
