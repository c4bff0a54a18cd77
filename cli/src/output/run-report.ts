import { formatTranscript, LogLevel } from "@sluice/host";
import type { LogRecord } from "@sluice/host";
import type { Message, RunOutcome } from "../run/run-request.ts";
import type { Style } from "./style.ts";

/** The document of `sluice run -o json`. */
export function runDocument(outcome: RunOutcome): object {
  const { problem = null, logs, upstream = null, downstream = null, localReply, trap = null } = outcome;
  return {
    problem,
    transcript: formatTranscript(outcome.transcript),
    logs: logs.map(({ level, message, source }) => ({ level: levelName(level), source, message })),
    request: upstream,
    response: downstream,
    answeredBy: localReply === undefined ? "upstream" : "filter",
    details: localReply?.details ?? null,
    trap,
  };
}

/** Every crossing in order, what was logged, and what came out on both sides. */
export function formatRun(outcome: RunOutcome, style: Style): string {
  const { problem, transcript, logs, upstream, downstream, localReply, trap } = outcome;
  const answered = localReply === undefined ? "the response as the client gets it" : "the filter's own answer";
  const parts = [
    formatTranscript(transcript).map((line) => (line.includes("->") ? line : style.strong(line))),
    logs.map((record) => formatLog(record, style)),
    formatMessage("the request as the upstream gets it", ">", upstream, style),
    formatMessage(answered, "<", downstream, style),
    trap === undefined
      ? []
      : [style.bad(`trap in ${trap.callback}: ${trap.message}`), ...trap.backtrace.map((at) => `  at ${at}`)],
    problem === undefined ? [] : [style.bad(problem)],
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function formatLog({ level, message, source }: LogRecord, style: Style): string {
  const colour = level >= LogLevel.Error ? style.bad : level === LogLevel.Warn ? style.doubtful : style.faint;
  return `${colour(`[${levelName(level)}]`)} ${source === "host" ? style.faint("host: ") : ""}${message}`;
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"] as const;

function levelName(level: LogLevel): string {
  return LEVELS[level] ?? String(level);
}

function formatMessage(title: string, sign: string, message: Message | undefined, style: Style): string[] {
  if (message === undefined) return [];
  const head = message.headers.map(([name, value]) => `${sign} ${name}: ${value}`);
  const body =
    message.body === ""
      ? []
      : [
          sign,
          ...message.body
            .trimEnd()
            .split("\n")
            .map((line) => `${sign} ${line}`),
        ];
  return [style.faint(title), ...head, ...body];
}
