/** Versions compared, and models recognised by what they answer. */
export type { AnswerComparison, Flip, TokenDifference } from './answers/compare.ts';
export { type ComparedSide, type DiffOptions, diffModels, type ModelDiff } from './diff.ts';
export { type Fingerprint, type FingerprintOptions, fingerprintModel, shortForm } from './fingerprint.ts';
export { type FlipLimit, keepsTo, parseFlipLimit } from './gate.ts';
export { diffMarkdown, type MarkdownOptions } from './markdown.ts';
export type { PackageComparison } from './package/facts.ts';
export { collectAnswers } from './run/collect.ts';
export type { LatencyComparison } from './run/latency.ts';
export type { Machine } from './run/machine.ts';
export { isRecording, type Recording, readRecording, writeRecording } from './run/recording.ts';
export { builtInSamples, readSamples, type Sample } from './run/samples.ts';
export { type AnsweredBy, openSide, parseSide, type Side, type SideName } from './run/side.ts';
