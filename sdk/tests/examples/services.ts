// Examples of the reference: other services, other workers, the host's knowledge, and configurations. As requests.ts.

import {
  Action,
  BinaryReader,
  Bytes,
  CallResponse,
  ConnectionProperties,
  Counter,
  DataAction,
  DestinationProperties,
  Expression,
  Gauge,
  GrpcCall,
  HeadersAction,
  Histogram,
  HttpCall,
  HttpContext,
  JsonKind,
  JsonReader,
  LegacyProperties,
  LifeSpan,
  LogLevel,
  MetricName,
  MetricType,
  NodeProperties,
  PeerType,
  PluginContext,
  PluginProperties,
  PropertyList,
  PropertyMap,
  PropertyType,
  RequestProperties,
  ResponseProperties,
  SharedQueue,
  SharedValue,
  SourceProperties,
  StreamState,
  TcpContext,
  Updater,
  UpstreamProperties,
  XdsProperties,
  boolOf,
  callResponseHeaders,
  callResponseTrailers,
  callStatus,
  configError,
  declareProperty,
  defineMetric,
  downstreamData,
  environment,
  f64Of,
  getProperty,
  getPropertyBool,
  getPropertyF64,
  getPropertyI64,
  getPropertyList,
  getPropertyMap,
  grpcInitialMetadata,
  grpcMessage,
  grpcTrailingMetadata,
  i64Of,
  incrementMetric,
  joinPath,
  log,
  metricValue,
  recordMetric,
  registerPlugin,
  requestHeaders,
  sendLocalResponse,
  setEnvoyFilterState,
  setProperty,
  sharedData,
  sign,
  signPem,
  upstreamData,
  utf8,
  verifySignature,
  verifySignaturePem,
} from "proxy-wasm-assemblyscript-sdk";

class Streams extends PluginContext {
  constructor(private make: () => HttpContext) {
    super();
  }

  createHttpContext(): HttpContext {
    return this.make();
  }
}

function text(value: Bytes | null): string {
  return value === null ? "-" : value.toString();
}

//#region Context HttpCall CallResponse callResponseHeaders callResponseTrailers
/** Asks the cluster `auth` and waits; the answer comes to the stream that asked, with host calls acting on it. */
class Ask extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const call = HttpCall.to(utf8("auth")).method(utf8("POST")).path(utf8("/check")).body(utf8("who?"));
    if (this.dispatch(call.timeout(250).tag(1)) == 0) sendLocalResponse(503, utf8("no_auth"), utf8(""));
    return HeadersAction.StopIteration;
  }

  onCallResponse(_token: u32, response: CallResponse): void {
    if (!response.ok) {
      sendLocalResponse(response.timedOut ? 504 : 403, utf8("auth"), response.body());
      return;
    }
    // `response.header(name)` is short for the first of these.
    const user = callResponseHeaders.get(utf8("x-user"));
    const signed = callResponseTrailers.get(utf8("x-signature"));
    if (user !== null) requestHeaders.set(utf8("x-user"), user);
    if (signed !== null) requestHeaders.set(utf8("x-signature"), signed);
    this.resumeRequest();
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Ask()), "Context");

//#region GrpcCall grpcMessage callStatus CallStatus
/** A unary call: its message, or why there is none. */
class AskGrpc extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const call = GrpcCall.to(utf8("rpc")).service(utf8("auth.Users")).method(utf8("Find"));
    this.dispatchGrpc(call.metadata(utf8("x-tenant"), utf8("1")).message(utf8("jason")).timeout(250));
    return HeadersAction.StopAllIterationAndWatermark;
  }

  onGrpcMessage(_token: u32, _size: u32): void {
    requestHeaders.set(utf8("x-found"), grpcMessage.get());
    this.resumeRequest();
  }

  onGrpcClose(_token: u32, status: i32): void {
    const why = callStatus();
    log(LogLevel.Warn, "refused: " + status.toString() + " " + (why === null ? "" : why.message.toString()));
    this.resumeRequest();
  }
}
//#endregion
registerPlugin(() => new Streams(() => new AskGrpc()), "GrpcCall");

//#region grpcInitialMetadata grpcTrailingMetadata
/** A stream: what the server says before, in and behind its messages. */
class WatchGrpc extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const token = this.openGrpcStream(GrpcCall.to(utf8("rpc")).service(utf8("auth.Users")).method(utf8("Watch")));
    this.sendGrpc(token, utf8("all"), true);
    // A stream that has gone on may end first, and its calls are cancelled then.
    return HeadersAction.StopAllIterationAndWatermark;
  }

  onGrpcInitialMetadata(_token: u32, _count: u32): void {
    log(LogLevel.Info, "version " + text(grpcInitialMetadata.get(utf8("x-version"))));
  }

  onGrpcMessage(_token: u32, _size: u32): void {
    log(LogLevel.Info, "message " + grpcMessage.get().toString());
  }

  onGrpcTrailingMetadata(_token: u32, _count: u32): void {
    log(LogLevel.Info, "sum " + text(grpcTrailingMetadata.get(utf8("x-sum"))));
  }

  onGrpcClose(_token: u32, status: i32): void {
    log(LogLevel.Info, "closed " + status.toString());
    this.resumeRequest();
  }
}
//#endregion
registerPlugin(() => new Streams(() => new WatchGrpc()), "grpcInitialMetadata");

//#region PluginContext registerPlugin
/** Says every second how many requests there were. Registered with a name, it answers that root id only. */
class Reporter extends PluginContext {
  requests: u32 = 0;

  onConfigure(_configuration: Bytes): bool {
    this.setTickPeriod(1000);
    return true;
  }

  onTick(): void {
    log(LogLevel.Info, this.requests.toString() + " requests");
    this.requests = 0;
  }

  createHttpContext(): HttpContext {
    return new Counted();
  }
}

class Counted extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    ++changetype<Reporter>(this.plugin).requests;
    return HeadersAction.Continue;
  }
}

registerPlugin(() => new Reporter(), "PluginContext");
//#endregion

//#region SharedData sharedData SharedValue Updater
/** A count that all workers share. One object serves every update, so that none allocates. */
class AddOne extends Updater {
  next(current: Bytes | null): Bytes | null {
    store<u64>(COUNT.ptr, current !== null && current.length == 8 ? load<u64>(current.ptr) + 1 : 1);
    return COUNT;
  }
}
const COUNT = Bytes.wrap(memory.data(8, 8), 8);
const addOne = new AddOne();

class Share extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    sharedData.update(utf8("requests"), addOne);
    const now: SharedValue | null = sharedData.get(utf8("requests"));
    if (now !== null) log(LogLevel.Info, "request " + load<u64>(now.value.ptr).toString());
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Share()), "SharedData");

//#region SharedQueue
/** Streams put jobs into a queue; the plugin that registered it takes them out. */
class Jobs extends PluginContext {
  onConfigure(_configuration: Bytes): bool {
    return SharedQueue.register(utf8("jobs")) !== null;
  }

  onQueueReady(queue: u32): void {
    const job = SharedQueue.of(queue).dequeue();
    if (job !== null) log(LogLevel.Info, "job " + job.toString());
  }

  createHttpContext(): HttpContext {
    return new Enqueue();
  }
}

class Enqueue extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const jobs = SharedQueue.resolve(utf8("examples"), utf8("jobs"));
    const path = requestHeaders.get(utf8(":path"));
    if (jobs !== null && path !== null) jobs.enqueue(path);
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Jobs(), "SharedQueue");

//#region Counter Gauge Histogram MetricName
/** Metrics are defined when the plugin is configured; a metric's object is only its number. */
class Metered extends PluginContext {
  private requests: Counter = changetype<Counter>(0);
  private level: Gauge = changetype<Gauge>(0);
  private sizes: Histogram = changetype<Histogram>(0);

  onConfigure(configuration: Bytes): bool {
    this.requests = Counter.define(MetricName.of(utf8("example")).tag(utf8("kind"), utf8("request")).end());
    this.level = Gauge.define(utf8("example_level"));
    this.sizes = Histogram.define(utf8("example_sizes"));
    this.requests.increment();
    this.level.set(10);
    this.level.add(-3);
    this.sizes.record(configuration.length);
    return this.requests.isDefined && this.requests.value() > 0;
  }
}
//#endregion
registerPlugin(() => new Metered(), "Counter");

//#region defineMetric incrementMetric recordMetric metricValue MetricType
/** The same by numbers, for metrics whose kind is known only while running. */
class Numbered extends PluginContext {
  onConfigure(_configuration: Bytes): bool {
    const gauge = defineMetric(MetricType.Gauge, utf8("example_numbered"));
    recordMetric(gauge, 5);
    incrementMetric(gauge, 2);
    return metricValue(gauge) == 7;
  }
}
//#endregion
registerPlugin(() => new Numbered(), "defineMetric");

//#region JsonReader JsonKind configError
/** `{"limit": 10, "hosts": "a" or ["a", "b"]}`; what else is there is refused, with its place. */
class FromJson extends PluginContext {
  private limit: u32 = 0;
  private hosts: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    if (configuration.length == 0) return configError("", "there must be one");
    const json = JsonReader.of(configuration);
    json.object();
    while (json.nextKey()) {
      if (json.key.equals(utf8("limit"))) this.limit = json.u32(1, 1000);
      else if (json.key.equals(utf8("hosts"))) this.readHosts(json);
      else json.unknownKey();
    }
    json.required(utf8("limit"));
    // Safe also after a refusal: the limit is in its range, whatever was written.
    if (!json.failed)
      log(LogLevel.Info, this.hosts.toString() + " hosts, every " + (1000 / this.limit).toString() + " ms");
    return json.end();
  }

  private readHosts(json: JsonReader): void {
    if (json.peek() == JsonKind.String) return this.readHost(json);
    json.array();
    while (json.nextItem()) this.readHost(json);
  }

  private readHost(json: JsonReader): void {
    if (json.string().length == 0) json.fail("a host must have a name");
    ++this.hosts;
  }
}
//#endregion
registerPlugin(() => new FromJson(), "JsonReader");

//#region BinaryReader
/** A version, a count and so many names, each with its length before it. */
class FromBytes extends PluginContext {
  onConfigure(configuration: Bytes): bool {
    const reader = new BinaryReader(configuration);
    if (reader.u8() != 1) reader.fail("version 1 expected");
    for (let left = reader.varint(); left > 0 && !reader.failed; --left) {
      log(LogLevel.Info, "name " + reader.sized().toString());
    }
    return reader.end() || configError("", reader.error);
  }
}
//#endregion
registerPlugin(() => new FromBytes(), "BinaryReader");

//#region environment Environment
/** Reads a variable of the VM once, when it is configured. */
class FromEnvironment extends PluginContext {
  onConfigure(_configuration: Bytes): bool {
    const color = environment.get(utf8("COLOR"));
    log(LogLevel.Info, color === null ? utf8("no color") : color);
    return true;
  }
}
//#endregion
registerPlugin(() => new FromEnvironment(), "environment");

//#region getProperty getPropertyI64 getPropertyBool getPropertyF64 joinPath
/** Any property by its path, whose segments are parted by NUL. */
class AnyProperty extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const name = getProperty(utf8("request\0host"));
    const port = getPropertyI64(utf8("source\0port"));
    const encrypted = getPropertyBool(utf8("connection\0mtls"));
    const weight = getPropertyF64(utf8("metadata\0filter_metadata\0shop\0weight"));
    const header = getProperty(joinPath(utf8("request\0headers\0"), utf8("x-user")));
    const numbers = port.toString() + " " + encrypted.toString() + " " + weight.toString();
    log(LogLevel.Info, text(name) + " " + numbers + " " + text(header));
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new AnyProperty()), "getProperty");

//#region PropertyMap PropertyList getPropertyMap getPropertyList i64Of boolOf f64Of
/** Metadata of any shape: numbers in it are doubles. */
class Shapes extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const map: PropertyMap | null = getPropertyMap(utf8("metadata\0filter_metadata\0shop\0limits"));
    while (map !== null && map.next()) {
      if (map.key.equals(utf8("on"))) log(LogLevel.Info, "on " + boolOf(map.value).toString());
      else log(LogLevel.Info, map.key.toString() + " " + f64Of(map.value).toString());
    }
    const list: PropertyList | null = getPropertyList(utf8("metadata\0filter_metadata\0shop\0regions"));
    while (list !== null && list.next()) log(LogLevel.Info, list.value);
    const port = getProperty(utf8("source\0port"));
    if (port !== null) log(LogLevel.Info, "port " + i64Of(port).toString());
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Shapes()), "PropertyMap");

//#region RequestProperties ResponseProperties SourceProperties DestinationProperties ConnectionProperties UpstreamProperties
/** A line for each request. What the host does not know is -1 or null. */
class AccessLine extends HttpContext {
  onLog(): void {
    const request = text(RequestProperties.method()) + " " + text(RequestProperties.path());
    const response = ResponseProperties.code().toString() + " " + ResponseProperties.totalSize().toString();
    const from = text(SourceProperties.address()) + " to " + text(DestinationProperties.address());
    const by = text(UpstreamProperties.address()) + " " + text(ConnectionProperties.tlsVersion());
    log(LogLevel.Info, request + " " + response + " " + from + " by " + by);
  }
}
//#endregion
registerPlugin(() => new Streams(() => new AccessLine()), "RequestProperties");

//#region XdsProperties NodeProperties PluginProperties LegacyProperties StreamState
/** Where in the host's configuration the request is, and what other filters have said about it. */
class Where extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    log(LogLevel.Info, text(NodeProperties.id()) + " " + text(PluginProperties.name()));
    log(LogLevel.Info, text(XdsProperties.routeName()) + " " + text(LegacyProperties.clusterName()));
    log(LogLevel.Info, StreamState.metadata(utf8("shop"), utf8("tenant")) === null ? "no tenant" : "tenant");
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Where()), "XdsProperties");

//#region setProperty declareProperty PropertyType LifeSpan setEnvoyFilterState
/** Says something for filters that follow and for access logs: `%FILTER_STATE(wasm.tenant)%`. */
class Tenant extends PluginContext {
  onConfigure(_configuration: Bytes): bool {
    declareProperty(utf8("tenant"), PropertyType.String, true, utf8(""), LifeSpan.DownstreamRequest);
    return true;
  }

  createHttpContext(): HttpContext {
    return new SetTenant();
  }
}

class SetTenant extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    setProperty(utf8("tenant"), utf8("green"));
    // Of Envoy's own, where it has a factory for the name.
    setEnvoyFilterState(utf8("envoy.tcp_proxy.cluster"), utf8("green"), LifeSpan.DownstreamRequest);
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Tenant(), "setProperty");

//#region sign verifySignature
/** Signs with a private key and checks with the public one, both in DER; the configuration has them with their sizes. */
class WithDer extends PluginContext {
  onConfigure(configuration: Bytes): bool {
    const keys = new BinaryReader(configuration);
    const privateKey = keys.sized();
    const publicKey = keys.sized();
    const signature = sign(utf8("sha256"), privateKey, utf8("text"));
    return signature !== null && verifySignature(utf8("sha256"), publicKey, signature, utf8("text"));
  }
}
//#endregion
registerPlugin(() => new WithDer(), "sign");

//#region signPem verifySignaturePem
/** The same with keys in PEM. */
class WithPem extends PluginContext {
  onConfigure(configuration: Bytes): bool {
    const keys = new BinaryReader(configuration);
    const privateKey = keys.sized();
    const publicKey = keys.sized();
    const signature = signPem(utf8("sha256"), privateKey, utf8("text"));
    return signature !== null && verifySignaturePem(utf8("sha256"), publicKey, signature, utf8("text"));
  }
}
//#endregion
registerPlugin(() => new WithPem(), "signPem");

//#region Expression
/** A rule in CEL, compiled once; the value is 1 byte, as a property's is. */
class Rule extends PluginContext {
  rule: Expression | null = null;

  onConfigure(configuration: Bytes): bool {
    this.rule = Expression.create(configuration);
    return this.rule !== null || configError("", "not a CEL expression");
  }

  createHttpContext(): HttpContext {
    return new ByRule();
  }

  onDelete(): void {
    const rule = this.rule;
    if (rule !== null) rule.delete();
  }
}

class ByRule extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const rule = changetype<Rule>(this.plugin).rule;
    const value = rule !== null ? rule.evaluate() : null;
    if (value !== null && boolOf(value)) return HeadersAction.Continue;
    sendLocalResponse(403, utf8("rule"), utf8(""));
    return HeadersAction.StopIteration;
  }
}
//#endregion
registerPlugin(() => new Rule(), "Expression");

//#region TcpContext Action PeerType downstreamData upstreamData
/** Closes connections that speak SSH, and greets in the server's name. */
class NoSsh extends TcpContext {
  private greeted: bool = false;

  onNewConnection(): Action {
    return Action.Continue;
  }

  onDownstreamData(size: u32, endOfStream: bool): DataAction {
    if (size < 4 && !endOfStream) return DataAction.StopIterationAndBuffer;
    if (downstreamData.get(0, 4).equals(utf8("SSH-"))) this.closeDownstream();
    return DataAction.Continue;
  }

  onUpstreamData(_size: u32, _endOfStream: bool): DataAction {
    if (!this.greeted) upstreamData.prepend(utf8("welcome\n"));
    this.greeted = true;
    return DataAction.Continue;
  }

  onDownstreamClose(peer: PeerType): void {
    log(LogLevel.Info, peer == PeerType.Remote ? "the client left" : "closed here");
  }
}

class NoSshPlugin extends PluginContext {
  createTcpContext(): TcpContext {
    return new NoSsh();
  }
}
//#endregion
registerPlugin(() => new NoSshPlugin(), "TcpContext");
