/**
 * `model.json` of a package that was made of an AllenNLP archive. The engine reads the predictor's JSON, and answers with it; graphs
 * are by name, because a model may have an encoder and a step. See ADR-allennlp.md.
 */
import * as z from 'zod/mini';
import { modelNameSchema, modelVersionSchema } from '../ref/names.ts';
import { SCHEME_NAMES } from '../schemes.ts';
import { listOf } from '../untrusted.ts';
import {
  baseSourceSchema,
  countUpTo,
  FORMAT_VERSION,
  graphFileSchema,
  licenseSchema,
  listsGraphs,
  namesDefault,
  packageFileSchema,
  packageFilesSchema,
  positiveInt,
  sha256Schema,
  tensorNameSchema,
  text,
  toolchainSchema,
  variantNameSchema,
} from './common.ts';

/** The tasks of Hugging Face that a model of an archive may do beside its predictor's JSON. */
const ARCHIVE_TASKS = [
  'text-classification',
  'token-classification',
  'question-answering',
  'text2text-generation',
  'fill-mask',
] as const;
export type ArchiveTaskName = (typeof ARCHIVE_TASKS)[number];

/** A registrable name of AllenNLP, as config.json has it: `crf_tagger`. */
const registrable = text.check(z.maxLength(200), z.regex(/^[\w.:-]+$/, 'must be a registrable name'));

const tensorName = tensorNameSchema.check(z.maxLength(1_000));
const archiveGraphSchema = z.strictObject({
  file: graphFileSchema,
  /** Named as the tensors of AllenNLP's instances, their paths joined by dots. */
  inputs: listOf(z.strictObject({ name: tensorName, type: z.enum(['int64', 'float32', 'bool']) })).check(
    z.minLength(1),
  ),
  /** float32. */
  outputs: listOf(z.strictObject({ name: tensorName })).check(z.minLength(1)),
});
export type ArchiveGraph = z.infer<typeof archiveGraphSchema>;

/** `model`, or `encoder` and `step`. */
const graphName = z.string().check(z.regex(/^[a-z][a-z0-9_-]{0,99}$/, 'must be the name of a graph'));

const archiveVariantSchema = z.strictObject({
  graphs: z
    .record(graphName, archiveGraphSchema)
    .check(z.refine((graphs) => Object.keys(graphs).length > 0, 'must have a graph')),
  /** Every file of the variant, graphs and external data alike. */
  files: packageFilesSchema,
  opset: positiveInt,
  onnxruntime: text,
  scheme: z.enum(SCHEME_NAMES),
  /** Largest product of instances and padded length that one batch has. */
  tokenBudget: countUpTo(2 ** 24),
  /** Milliseconds that a token takes on the machine that packaged the model. @default - not measured */
  inferMsPerToken: z.optional(z.number().check(z.positive(), z.maximum(60_000))),
  tier: z.literal('lambda'),
  /** Largest difference from the goldens of a number of an answer; everything else is equal. @default - it is fp32 */
  largestDifference: z.optional(z.number().check(z.nonnegative())),
  /** How many times as fast as fp32 it is on the machine that packaged the model. @default - not measured */
  speedup: z.optional(z.number().check(z.positive(), z.maximum(1_000))),
});
export type ArchiveVariant = z.infer<typeof archiveVariantSchema>;

/** What AllenNLP itself answered, and how the fp32 graph compares with it. */
const paritySchema = z.strictObject({
  /** Lines of the file that `--reference` named. */
  cases: positiveInt,
  /** Largest difference of a number, absolute or in shares of what AllenNLP gave, whichever is smaller. */
  largestDifference: z.number().check(z.nonnegative()),
});

export const archiveManifestSchema = z
  .strictObject({
    formatVersion: z.literal(FORMAT_VERSION),
    runtime: z.literal('allennlp'),
    name: modelNameSchema,
    version: modelVersionSchema,
    description: z.optional(z.string()),
    /** The registrable name of the model: `crf_tagger`. */
    task: registrable,
    /** The registrable name of the predictor whose JSON it answers: `sentence_tagger`. */
    predictor: registrable,
    /** The tasks of Hugging Face that it can do, too. */
    tasks: listOf(z.enum(ARCHIVE_TASKS)),
    /** An input as the predictor takes it, for documents and examples. */
    example: z.optional(z.record(text, z.unknown())),
    /** The part of config.json that prediction needs, as JSON. */
    config: packageFileSchema,
    /** The files of the folder vocabulary/ of the archive. */
    vocabulary: listOf(packageFileSchema).check(z.maxLength(1_000)),
    /** The files of the tokenizers that the configuration names, by the name of the hub model. */
    hub: z.record(tensorName, packageFilesSchema),
    defaultVariant: text,
    variants: z.record(variantNameSchema, archiveVariantSchema),
    /** Inputs and the answers to them; read by `verify`, not at load. */
    goldens: packageFileSchema,
    modelCard: packageFileSchema,
    source: z.strictObject({
      kind: z.literal('allennlp'),
      /** The name of the archive. */
      id: text,
      revision: z.optional(z.string()),
      license: licenseSchema,
      base: baseSourceSchema,
      /** The version of AllenNLP that made the archive. @default - it does not say */
      version: z.optional(z.string()),
      files: z.record(z.string(), sha256Schema),
    }),
    /** @default - no answers of AllenNLP were given */
    parity: z.optional(paritySchema),
    toolchain: toolchainSchema,
  })
  .check(
    namesDefault,
    listsGraphs,
    z.refine(({ tasks }) => new Set(tasks).size === tasks.length, {
      path: ['tasks'],
      error: 'must be distinct',
    }),
  );
export type ArchiveManifest = z.infer<typeof archiveManifestSchema>;

/** The files that text becomes tensors by: configuration, vocabulary, tokenizers. */
export function archiveTextFiles({ config, vocabulary, hub }: ArchiveManifest) {
  return [config, ...vocabulary, ...Object.values(hub).flat()];
}
