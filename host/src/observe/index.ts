/** Watches the crossings between a host and its modules: as a transcript, or counted. */
export { measure, type Measured } from "./measure.ts";
export { formatTranscript, recorder, type TranscriptEntry } from "./transcript.ts";
