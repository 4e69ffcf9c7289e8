/** What an evaluation found, as a file: `models eval --out` writes it, and whoever promotes a model reads it. */
import { readFile } from 'node:fs/promises';
import { listOf, parseJsonBy } from '@pilotlight/model-format';
import { gateResultSchema } from '@pilotlight/model-format/registry';
import * as z from 'zod/mini';
import { LifecycleError } from '../errors.ts';
import { findResultFault } from './gates.ts';

export const REPORT_FORMAT_VERSION = 1;

const text = z.string();
const count = z.int().check(z.nonnegative());
const share = z.number().check(z.minimum(0), z.maximum(1));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** The package that was judged. */
const modelSchema = z.strictObject({
  name: text,
  version: text,
  variant: text,
  /** Of its model.json. */
  manifestSha256: sha256,
});

/** A measured value, and the interval that it lies in 95 times of 100 where rows like these are drawn again. */
const measuredSchema = z.strictObject({
  value: z.number(),
  /** @default - there is one row, or the value is not one of a sample */
  interval: z.optional(z.tuple([z.number(), z.number()])),
});
export type Measured = z.infer<typeof measuredSchema>;

const labelSchema = z.strictObject({
  label: text,
  precision: share,
  recall: share,
  f1: share,
  /** Rows, or spans, that have the label in the dataset. */
  support: count,
});
export type LabelFigures = z.infer<typeof labelSchema>;

const binSchema = z.strictObject({ from: share, to: share, count, confidence: share, accuracy: share });

const sliceSchema = z.strictObject({
  /** `tokens`, `characters`, or a column of the dataset. */
  by: text,
  /** The value of the column, or a range: `9-14`. */
  value: text,
  rows: count,
  metrics: z.record(text, z.number()),
});
export type Slice = z.infer<typeof sliceSchema>;

const mistakeSchema = z.strictObject({
  /** Of the file, counted from 1. */
  line: count,
  input: text,
  gold: text,
  answer: text,
  /** @default - the model does not say how sure it is */
  confidence: z.optional(z.number()),
});
export type Mistake = z.infer<typeof mistakeSchema>;

const flipSchema = z.strictObject({ line: count, input: text, gold: text, before: text, after: text });
export type Flip = z.infer<typeof flipSchema>;

const comparisonSchema = z.strictObject({
  /** The package that was there before. */
  before: modelSchema,
  metrics: z.record(text, measuredSchema),
  /** After less before. */
  changes: z.record(text, measuredSchema),
  /** Rows whose answers differ. */
  flips: count,
  /** Rows that were right before and are wrong now. */
  regressions: count,
  /** Rows that were wrong before and are right now. */
  fixes: count,
  /** Of McNemar's test, two-sided: how probable such a difference is between two models that are equally good. @default - answers are not right or wrong */
  pValue: z.optional(share),
  /** Those that are worse now first; at most a hundred. */
  shown: listOf(flipSchema),
});
export type ComparisonReport = z.infer<typeof comparisonSchema>;

export const evaluationReportSchema = z.strictObject({
  formatVersion: z.literal(REPORT_FORMAT_VERSION),
  kind: z.literal('evaluation'),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  model: modelSchema,
  task: text,
  dataset: z.strictObject({
    name: text,
    /** Of the bytes of the file. */
    sha256,
    rows: count,
  }),
  /** By name, such as `accuracy`. */
  metrics: z.record(text, measuredSchema),
  /** @default - rows have no labels */
  labels: z.optional(listOf(labelSchema)),
  /** `counts[gold][predicted]`, in the order of `labels`. @default - rows have no labels of their own, or more than 200 of them */
  confusion: z.optional(z.strictObject({ labels: listOf(text), counts: listOf(listOf(count)) })),
  /** @default - the model does not say how sure it is */
  calibration: z.optional(listOf(binSchema)),
  slices: listOf(sliceSchema),
  /** The worst first. */
  mistakes: listOf(mistakeSchema),
  comparison: z.optional(comparisonSchema),
  gates: listOf(gateResultSchema),
  /** Where and with which code it was measured. */
  machine: z.strictObject({ cpu: text, arch: text, node: text, pilotlight: text }),
  seconds: z.number().check(z.nonnegative()),
});
export type EvaluationReport = z.infer<typeof evaluationReportSchema>;

/** A report has a line for each mistake that it shows, and a matrix of labels. */
const MAX_REPORT_BYTES = 100_000_000;

/**
 * Reads a report that `models eval --out` wrote.
 *
 * @throws LifecycleError DATASET_INVALID with the file and the reason
 */
export async function readEvaluationReport(file: string): Promise<EvaluationReport> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw invalid(file, 'it cannot be read', cause);
  });
  if (content.length > MAX_REPORT_BYTES) throw invalid(file, 'it is too long');
  const report = parseJsonBy(evaluationReportSchema, content, (reason, cause) =>
    invalid(file, reason, cause),
  );
  const fault = findGateFault(report);
  if (fault !== undefined) throw invalid(file, fault);
  return report;
}

/** Whether its gates are of its own model and dataset, and are borne out by their values. */
function findGateFault({ gates, model, dataset }: EvaluationReport): string | undefined {
  for (const [index, result] of gates.entries()) {
    const isOwn = result.manifestSha256 === model.manifestSha256 && result.dataset.sha256 === dataset.sha256;
    const fault = isOwn ? findResultFault(result) : 'it was judged on another model or dataset';
    if (fault !== undefined) return `gates.${index}: ${fault}`;
  }
  return undefined;
}

function invalid(file: string, reason: string, cause?: unknown): LifecycleError {
  const message = `The report ${file} is refused: ${reason}. Write it anew with pilotlight models eval MODEL DATASET --out FILE.`;
  return new LifecycleError('DATASET_INVALID', message, { cause });
}
