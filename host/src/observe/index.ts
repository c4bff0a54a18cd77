/** Watches the crossings between a host and its modules: as a transcript, or counted. */
export { outline, shown, transcriptDifference, type TranscriptDifference } from "./difference.ts";
export { type EnvoyTrace, readEnvoyTrace } from "./envoy-trace.ts";
export { growth, type Growth, growthText, isGrowing } from "./growth.ts";
export { measure, type Measured } from "./measure.ts";
export { type ParsedTranscript, parseTranscript, transcriptJson } from "./transcript-json.ts";
export { argumentTexts } from "./values.ts";
export {
  type CallbackEntry,
  formatTranscript,
  type HostCallEntry,
  recorder,
  type ReturnEntry,
  type TranscriptEntry,
  type Unseen,
} from "./transcript.ts";
