/**
 * `model.json` of a package that the engine runs itself, on ONNX Runtime. Strict: an unknown key is an error, so that a
 * package made for a later engine is refused by an earlier one instead of being half understood.
 */

import * as z from 'zod/mini';
import { modelNameSchema, modelVersionSchema } from '../ref/names.ts';
import { SCHEME_NAMES } from '../schemes.ts';
import { TASK_FACTS, TASKS } from '../tasks.ts';
import { listOf } from '../untrusted.ts';
import {
  baseSourceSchema,
  countUpTo,
  FORMAT_VERSION,
  graphFileSchema,
  licenseSchema,
  listsGraphs,
  namesDefault,
  nonNegativeInt,
  type PackageFile,
  packageFileSchema,
  packageFilesSchema,
  positiveInt,
  sha256Schema,
  tensorNameSchema,
  text,
  toolchainSchema,
  variantNameSchema,
} from './common.ts';

export const taskNameSchema = z.enum(TASKS);

/** The thing that each axis of a tensor counts: `['batch', 'tokens', 'hidden']`. */
const axisSchema = z.enum(['batch', 'tokens', 'labels', 'hidden', 'vocabulary']);
export type Axis = z.infer<typeof axisSchema>;

const inputSchema = z.strictObject({
  name: tensorNameSchema,
  role: z.enum(['input_ids', 'attention_mask', 'token_type_ids']),
  type: z.literal('int64'),
  axes: listOf(axisSchema).check(z.minLength(1)),
});
const outputSchema = z.strictObject({
  name: tensorNameSchema,
  role: z.enum(['logits', 'start_logits', 'end_logits', 'hidden_states', 'embeddings']),
  type: z.literal('float32'),
  axes: listOf(axisSchema).check(z.minLength(1)),
});

/** One ONNX graph. */
const graphSchema = z.strictObject({
  file: graphFileSchema,
  inputs: listOf(inputSchema).check(
    z.minLength(1),
    z.refine(
      (inputs) => new Set(inputs.map(({ role }) => role)).size === inputs.length,
      'must have one input for a role',
    ),
  ),
  outputs: listOf(outputSchema).check(z.minLength(1)),
});
export type Graph = z.infer<typeof graphSchema>;

/** The graphs of a variant, by what they do. An encoder and the step of a decoder will be two names beside `model`. */
const graphNameSchema = z.enum(['model']);
export type GraphName = z.infer<typeof graphNameSchema>;

/** A token of the largest encoders takes some tens of milliseconds on one core. */
const MOST_MS_PER_TOKEN = 60_000;

const cosine = z.number().check(z.minimum(-1), z.maximum(1));

/** The distance of a variant from fp32, measured on texts by what the task of the model serves. */
const judgementSchema = z.strictObject({
  /** Texts, or pairs of texts, that were compared. */
  texts: positiveInt,
  /** Cosine of the embedding of a text to that of fp32. @default - the model gives no embeddings */
  cosine: z.optional(z.strictObject({ least: cosine, mean: cosine })),
  /**
   * Differences of the scores that are served. Where choices share one probability (labels, spans, answers, tokens), in shares of the score
   * of fp32; else of probabilities, or of values in units of their root mean square. @default - there are none
   */
  scores: z.optional(
    z.strictObject({
      largest: z.number().check(z.nonnegative()),
      mean: z.number().check(z.nonnegative()),
    }),
  ),
  decisions: z.strictObject({
    /**
     * What is decided: the nearest of the other texts, the label of a text, which of two texts scores higher, the spans of a text, the
     * answer to a question, the token in place of a mask.
     */
    of: z.enum(['neighbours', 'labels', 'orders', 'spans', 'answers', 'tokens']),
    total: nonNegativeInt,
    /** Those that are not as fp32 decides. */
    changed: nonNegativeInt,
    /** Those of the changed ones that fp32 decided by a clear margin. */
    clear: nonNegativeInt,
  }),
});
export type Judgement = z.infer<typeof judgementSchema>;

const variantSchema = z.strictObject({
  graphs: z.record(graphNameSchema, graphSchema),
  /** Every file of the variant, graphs and external data alike. */
  files: packageFilesSchema,
  opset: positiveInt,
  onnxruntime: text,
  /** The quantisation of the weights: a name from `schemes.ts`. */
  scheme: z.enum(SCHEME_NAMES),
  /** Largest product of batch size and padded length that one run of the session gets, tuned when packaging. */
  tokenBudget: countUpTo(2 ** 24),
  /**
   * Milliseconds that a token takes on the CPU of the machine that packaged the model, in full batches at `tokenBudget`: an
   * estimate of work, to compare requests by. @default - not measured
   */
  inferMsPerToken: z.optional(z.number().check(z.positive(), z.maximum(MOST_MS_PER_TOKEN))),
  tier: z.enum(['lambda', 'gpu']),
  /** Weights of an int8 variant that stay fp32 because its answers were not good enough with all of them in int8. */
  keptFp32: z.optional(listOf(text)),
  /**
   * True where the answers to the goldens are the same, bit for bit, alone and in a batch: `verify` holds the variant to it. A call then
   * gives the same whatever is called beside it. @default - they are not, or the package is from before this was recorded
   */
  sameInAnyBatch: z.optional(z.literal(true)),
  /** What the variant loses against fp32. @default - it is fp32, or was packaged before this was measured */
  againstFp32: z.optional(judgementSchema),
  /**
   * How many times as fast as fp32 it reads texts on the CPU of the machine that packaged the model, one batch after the other:
   * for people to read. @default - not measured
   */
  speedup: z.optional(z.number().check(z.positive(), z.maximum(1_000))),
});
export type Variant = z.infer<typeof variantSchema>;

/**
 * A tokenizer.json divided, so that its vocabulary is read beside the work of the thread that loads the model; see
 * tokenizer/ADR-split-tokenizer.md.
 */
const splitTokenizerSchema = z.strictObject({
  /** tokenizer.json with no more of the vocabulary than its added tokens. */
  rest: packageFileSchema,
  /** In the order in which the library takes them: vocab.txt of a WordPiece; vocab.json and merges.txt of a BPE. */
  vocabulary: listOf(packageFileSchema).check(z.minLength(1), z.maxLength(2)),
});
export type SplitTokenizer = z.infer<typeof splitTokenizerSchema>;

/** How text becomes token ids. AllenNLP's vocabularies and indexers will be a second `kind`. */
const textProcessingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tokenizer.json'),
    file: packageFileSchema,
    /** The files that are opened in place of `file`. @default - `file` itself */
    split: z.optional(splitTokenizerSchema),
    /** The number of tokens. Ids may have gaps, so that the highest can be above it. */
    vocabSize: countUpTo(10_000_000),
    padTokenId: nonNegativeInt,
    /** The text that stands for a token to be filled in. @default '[MASK]' */
    maskToken: z.optional(text),
    /** Longest sequence that the model takes, special tokens included. */
    maxTokens: countUpTo(1_000_000),
    /** The end of a text that is cut where it is too long, unless a call says it. @default 'right' */
    truncationSide: z.optional(z.enum(['left', 'right'])),
  }),
]);
export type TextProcessing = z.infer<typeof textProcessingSchema>;

/** The files that a tokenizer is opened from. */
export function tokenizerFiles({ file, split }: TextProcessing): readonly PackageFile[] {
  return split ? [split.rest, ...split.vocabulary] : [file];
}

const qualitySchema = z.strictObject({
  dataset: text,
  metric: text,
  rows: positiveInt,
  fp32: z.number(),
  served: z.number(),
  /** Share of predictions on which the served variant and fp32 give the same label, 0 to 1. */
  agreement: z.number().check(z.minimum(0), z.maximum(1)),
});
export type Quality = z.infer<typeof qualitySchema>;

export const poolingSchema = z.enum(['cls', 'mean', 'max', 'last-token', 'none']);

export const onnxManifestSchema = z
  .strictObject({
    formatVersion: z.literal(FORMAT_VERSION),
    /** Absent in the files of packages, where its absence means ONNX Runtime. */
    runtime: z._default(z.literal('onnx'), 'onnx'),
    name: modelNameSchema,
    version: modelVersionSchema,
    description: z.optional(z.string()),
    task: taskNameSchema,
    /** Label of each logit, by its index. Empty where the task has none. */
    labels: listOf(text).check(z.maxLength(100_000)),
    taskDefaults: z.optional(
      z.strictObject({
        /** The function that turns logits into scores; `sigmoid` for a multi-label model. */
        functionToApply: z.optional(z.enum(['softmax', 'sigmoid', 'none'])),
        pooling: z.optional(poolingSchema),
        normalize: z.optional(z.boolean()),
        /** Prompts that are put before a text that is to be embedded, by the name of their purpose: `query`, `passage`. */
        prompts: z.optional(z.record(text, z.string())),
        /** The one of `prompts` that is put before a text where a call says nothing of prompts. @default - none */
        defaultPrompt: z.optional(text),
        /** How a tagger's labels are chosen. @default 'argmax' */
        decoding: z.optional(z.enum(['argmax', 'constrained'])),
        /** The label that says that a text follows from another. @default - the one that begins with "entail" */
        entailment: z.optional(text),
      }),
    ),
    textProcessing: textProcessingSchema,
    defaultVariant: text,
    variants: z.record(variantNameSchema, variantSchema),
    /** Inputs, token ids and fp32 outputs to verify against; read by `verify`, not at load. */
    goldens: packageFileSchema,
    modelCard: packageFileSchema,
    source: z.strictObject({
      kind: z.enum(['huggingface', 'onnx']),
      id: text,
      revision: z.optional(z.string()),
      license: licenseSchema,
      base: baseSourceSchema,
      /** The numbers of the weights as the source has them. @default - fp32, or a checkpoint says it */
      precision: z.optional(z.enum(['fp16', 'bf16', 'int8', 'int4'])),
      files: z.record(z.string(), sha256Schema),
    }),
    quality: listOf(qualitySchema),
    toolchain: toolchainSchema,
  })
  .check(
    namesDefault,
    listsGraphs,
    z.refine(
      ({ taskDefaults: { prompts = {}, defaultPrompt } = {} }) =>
        defaultPrompt === undefined || Object.hasOwn(prompts, defaultPrompt),
      { path: ['taskDefaults', 'defaultPrompt'], error: 'must name one of the prompts' },
    ),
    z.refine(({ task, labels }) => labels.length > 0 || !TASK_FACTS[task].labelled, {
      path: ['labels'],
      error: 'must not be empty for a classification task',
    }),
    z.refine((manifest) => new Set(manifest.labels).size === manifest.labels.length, {
      path: ['labels'],
      error: 'must be distinct',
    }),
  );
export type OnnxManifest = z.infer<typeof onnxManifestSchema>;
