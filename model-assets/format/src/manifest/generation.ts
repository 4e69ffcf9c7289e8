/**
 * `model.json` of a package whose model generates text, token by token: a decoder, or an encoder and a decoder. The engine runs the
 * graph of one step in a loop; what the tensors of its graphs are called is in layers/engine/src/runtimes/generation/graphs.ts.
 */
import * as z from 'zod/mini';
import { modelNameSchema, modelVersionSchema } from '../ref/names.ts';
import { SCHEME_NAMES } from '../schemes.ts';
import { listOf } from '../untrusted.ts';
import {
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

/** The tasks of Hugging Face that generate text. */
export const GENERATION_TASKS = [
  'text-generation',
  'text2text-generation',
  'summarization',
  'translation',
] as const;
export type GenerationTaskName = (typeof GENERATION_TASKS)[number];

const tensorName = tensorNameSchema.check(z.maxLength(200));

const generationGraphSchema = z.strictObject({
  file: graphFileSchema,
  inputs: listOf(z.strictObject({ name: tensorName, type: z.enum(['int64', 'float32']) })).check(
    z.minLength(1),
  ),
  /** float32. */
  outputs: listOf(z.strictObject({ name: tensorName })).check(z.minLength(1)),
});
export type GenerationGraph = z.infer<typeof generationGraphSchema>;

const share = z.number().check(z.minimum(0), z.maximum(1));

/** What a variant loses against fp32, on texts that fp32 generated. */
const textJudgementSchema = z.strictObject({
  texts: positiveInt,
  /** Share of tokens that are the first choice of both where both follow the text of fp32. */
  tokenAgreement: share,
  /** exp of the mean negative log probability of the text of fp32, by fp32 and by the variant. */
  perplexity: z.strictObject({ fp32: z.number(), served: z.number() }),
  /** chrF of the texts that the variant generates, against those of fp32, 0 to 100. */
  chrF: z.number().check(z.minimum(0), z.maximum(100)),
});
export type TextJudgement = z.infer<typeof textJudgementSchema>;

const generationVariantSchema = z.strictObject({
  /** `step`, and `encoder` where the model has one. */
  graphs: z.strictObject({ encoder: z.optional(generationGraphSchema), step: generationGraphSchema }),
  files: packageFilesSchema,
  opset: positiveInt,
  onnxruntime: text,
  scheme: z.enum(SCHEME_NAMES),
  tier: z.enum(['lambda', 'gpu']),
  /**
   * Milliseconds that a token of a prompt or source takes, and a step of one sequence, on the machine that packaged the model.
   *
   * @default - not measured
   */
  speed: z.optional(
    z.strictObject({
      promptMsPerToken: z.number().check(z.positive()),
      stepMs: z.number().check(z.positive()),
    }),
  ),
  keptFp32: z.optional(listOf(text)),
  /** @default - it is fp32, or was not compared */
  againstFp32: z.optional(textJudgementSchema),
  /** How many times as fast as fp32 it is on the machine that packaged the model. @default - not measured */
  speedup: z.optional(z.number().check(z.positive(), z.maximum(1_000))),
});
export type GenerationVariant = z.infer<typeof generationVariantSchema>;

/** The shapes of what the loop keeps between steps. */
const decoderSchema = z.strictObject({
  layers: countUpTo(1_000),
  /** Heads of keys and values, of self-attention. */
  heads: countUpTo(1_000),
  dim: countUpTo(100_000),
  vocabSize: countUpTo(10_000_000),
  /** Longest sequence, prompt and new tokens together, that the model has positions for. @default - any length */
  maxPositions: z.optional(countUpTo(10_000_000)),
  /** Tokens that a layer with a window sees, its own among them. @default - no layer has a window */
  window: z.optional(countUpTo(10_000_000)),
  /** Attention to the encoder. @default - the model has no encoder */
  cross: z.optional(
    z.strictObject({
      heads: countUpTo(1_000),
      dim: countUpTo(100_000),
      /** Longest source, special tokens included, that the encoder has positions for. @default - any length */
      maxTokens: z.optional(countUpTo(10_000_000)),
    }),
  ),
});
export type DecoderFacts = z.infer<typeof decoderSchema>;

const generationFactsSchema = z.strictObject({
  /** The tokens that end a text. */
  eos: listOf(nonNegativeInt).check(z.minLength(1), z.maxLength(1_000)),
  bos: z.optional(nonNegativeInt),
  pad: z.optional(nonNegativeInt),
  /** The token that the decoder begins from. @default - the model has no encoder */
  decoderStart: z.optional(nonNegativeInt),
  /** Parameters of generation_config.json, by their names there; the engine checks them as it checks those of a call. */
  defaults: z.record(text, z.unknown()),
});
export type GenerationFacts = z.infer<typeof generationFactsSchema>;

/** How text becomes tokens, and tokens text. */
const generationTextSchema = z.strictObject({
  /** tokenizer.json; its post-processor puts the special tokens of a prompt or source around it. */
  tokenizer: packageFileSchema,
  /** tokenizer.json of the texts that are generated. @default - the same */
  target: z.optional(packageFileSchema),
  vocabSize: countUpTo(10_000_000),
  /** Whether spaces before punctuation are taken away, as `clean_up_tokenization_spaces` says. @default false */
  cleansUp: z.optional(z.literal(true)),
  /**
   * Whether special tokens divide a text that is read back into parts, as those of MarianTokenizer do: a space follows each of them, and
   * the ends of the text lose their white space.
   *
   * @default false
   */
  dividesParts: z.optional(z.literal(true)),
  /** Ids from `from` on stand for pieces that the tokenizer knows and the model does not: the model reads `id` in their place. @default - there are none */
  unknown: z.optional(z.strictObject({ from: nonNegativeInt, id: nonNegativeInt })),
  /** Ids of the tokens that name languages, by their codes: `de_DE`. @default - the model has none */
  languages: z.optional(z.record(text, nonNegativeInt)),
  /** Text before every source, of `task_specific_params`. @default - there is none */
  prefix: z.optional(text),
});
export type GenerationText = z.infer<typeof generationTextSchema>;

const chatSchema = z.strictObject({
  /** The template, in Jinja. */
  template: packageFileSchema,
  /** What the template may name: `bos_token`, `eos_token` and so on. */
  tokens: z.record(text, z.string()),
});
export type ChatFacts = z.infer<typeof chatSchema>;

/** Figures are shares, 0 to 1. */
const textQualitySchema = z.strictObject({
  dataset: text,
  metric: text,
  rows: positiveInt,
  fp32: z.number(),
  served: z.number(),
});

export const generationManifestSchema = z
  .strictObject({
    formatVersion: z.literal(FORMAT_VERSION),
    runtime: z.literal('generation'),
    name: modelNameSchema,
    version: modelVersionSchema,
    description: z.optional(z.string()),
    task: z.enum(GENERATION_TASKS),
    /** `model_type` of config.json: `t5`, `llama`. */
    family: text,
    /** An input, for documents and examples. */
    example: z.optional(text),
    text: generationTextSchema,
    /** @default - the model holds no conversations */
    chat: z.optional(chatSchema),
    decoder: decoderSchema,
    generation: generationFactsSchema,
    defaultVariant: text,
    variants: z.record(variantNameSchema, generationVariantSchema),
    /** Calls, and the tokens and scores that fp32 gave; read by `verify`, not at load. */
    goldens: packageFileSchema,
    modelCard: packageFileSchema,
    quality: z.optional(listOf(textQualitySchema)),
    source: z.strictObject({
      kind: z.literal('huggingface'),
      id: text,
      revision: z.optional(z.string()),
      license: licenseSchema,
      files: z.record(z.string(), sha256Schema),
    }),
    toolchain: toolchainSchema,
  })
  .check(
    namesDefault,
    listsGraphs,
    z.refine(
      ({ decoder, generation, text }) => readIds(generation, text).every((id) => id < decoder.vocabSize),
      {
        path: ['decoder', 'vocabSize'],
        error: 'must be above the ids of bos, decoderStart, languages and unknown, which the model reads',
      },
    ),
    z.refine(
      ({ variants, decoder }) =>
        Object.values(variants).every(
          ({ graphs }) => (graphs.encoder === undefined) === (decoder.cross === undefined),
        ),
      {
        path: ['variants'],
        error: 'must have an encoder where the decoder attends to one, and none where it does not',
      },
    ),
  );
export type GenerationManifest = z.infer<typeof generationManifestSchema>;

/** Ids that the manifest puts before the model. */
function readIds(
  { bos = 0, decoderStart = 0 }: GenerationFacts,
  { languages = {}, unknown }: GenerationText,
): readonly number[] {
  return [bos, decoderStart, unknown?.id ?? 0, ...Object.values(languages)];
}

/** The files by which text becomes tokens, and tokens text. */
export function generationTextFiles({
  text: { tokenizer, target },
  chat,
}: Pick<GenerationManifest, 'text' | 'chat'>): readonly PackageFile[] {
  return [tokenizer, ...(target ? [target] : []), ...(chat ? [chat.template] : [])];
}
