/** What Envoy does then, and what to do instead, of each way to use a host wrongly. */
const KINDS = {
  "start-section": {
    why: "current context and memory are not there yet, and Envoy may crash",
    fix: "build with --exportStart _initialize, and call the host from a callback",
  },
  "before-start": {
    why: "before the VM's start Envoy allows logging, clock, randomness and environment only; any other call loses the VM",
    fix: "do it in onConfigure or in a stream's callback",
  },
  "outside-callback": {
    why: "it is there only while its callback runs; Envoy answers that there is nothing",
    fix: "read it in its callback, and keep a copy",
  },
  "never-resumed": {
    why: "in Envoy the client waits until a time-out",
    fix: "resume it, or answer it yourself, on every way out: also when a call-out fails or times out",
  },
  "resumed-in-callback": {
    why: "Envoy goes on before the callback has returned, and again after it: the upstream gets the request twice, or it hangs",
    fix: "return Continue; resume only what an earlier callback has paused",
  },
  "resumed-without-response": {
    why: "Envoy 1.40 ends with a segmentation fault when a response is resumed before there is one",
    fix: "resume the response only after its headers have come",
  },
  "reply-in-log": {
    why: "the stream is over: Envoy 1.40 calls on_log again and again until it ends with a segmentation fault",
    fix: "reply and close in the callbacks of the request or the response",
  },
  "incomplete-call": {
    why: "Envoy refuses the call with BadArgument (2), and says nothing more",
    fix: "give :method, :path and :authority, and a time-out that is not negative",
  },
  "unknown-cluster": {
    why: "Envoy refuses the call with BadArgument (2) or InternalFailure (10)",
    fix: "name a cluster of the configuration; in a test give it to createHost({ clusters }) or createHost({ grpc })",
  },
  "unreadable-pairs": {
    why: "Envoy takes them as none at all, without a word: more than 1,024 pairs or 1 MiB, or a NUL that is missing",
    fix: "send fewer, or change single headers",
  },
  "upper-case-header": {
    why: "Envoy turns names into lower case, so that a look at all headers shows another name than was written",
    fix: "write header names in lower case",
  },
  "content-length": {
    why: "the other side waits for bytes that never come, or takes the rest for something else, and breaks the connection",
    fix: "remove content-length in the header callback when the body's length changes",
  },
  "leaked-context": {
    why: "streams that never end keep their memory in the VM",
    fix: "end each one: stream.complete(), connection.complete()",
  },
  "malloc-trap": {
    why: "Envoy lets the callback go on without its result, and then the VM is lost",
    fix: "make no host call but a log in the allocator, and let it return 0 when there is no memory",
  },
} as const;

export type MisuseKind = keyof typeof KINDS;

/** Something that a module, or a test of it, does wrongly though nothing else may show it. */
export interface Misuse {
  readonly kind: MisuseKind;
  /** What was done, and where. */
  readonly what: string;
  /** What comes of it in Envoy. */
  readonly why: string;
  readonly fix: string;
  readonly rootId: string;
  readonly contextId: number;
}

/** What there is to say about a misuse of that kind. */
export function misuseOf(kind: MisuseKind, what: string, rootId: string, contextId: number): Misuse {
  return { kind, what, ...KINDS[kind], rootId, contextId };
}

/** In one line. */
export function misuseText({ what, why, fix }: Misuse): string {
  return `${what}: ${why}. ${fix[0]?.toUpperCase() ?? ""}${fix.slice(1)}`;
}
