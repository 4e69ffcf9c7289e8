/** `model.json` of a package that transformers.js runs: the long tail, told from our own by its `runtime`. */
import * as z from 'zod/mini';
import {
  FORMAT_VERSION,
  type Manifest,
  modelNameSchema,
  modelVersionSchema,
  packageFileSchema,
  sha256Schema,
} from './manifest.ts';

/** What a model reads. An image or a recording travels as its file: PNG, JPEG, WebP, GIF; WAV. */
export type PipelineInput = 'text' | 'image' | 'audio';

interface PipelineTask {
  readonly input: PipelineInput;
  /** The parameter that the pipeline takes as its second argument, and can not do without. */
  readonly second?: 'candidate_labels' | 'question';
}

/**
 * The pipelines of transformers.js that the engine has no task of its own for. Without text-to-speech, which fetches its
 * vocoder by itself. See pipelines/ADR-pipelines.md.
 */
const TASKS = {
  'audio-classification': { input: 'audio' },
  'automatic-speech-recognition': { input: 'audio' },
  'background-removal': { input: 'image' },
  'depth-estimation': { input: 'image' },
  'document-question-answering': { input: 'image', second: 'question' },
  'image-classification': { input: 'image' },
  'image-feature-extraction': { input: 'image' },
  'image-segmentation': { input: 'image' },
  'image-to-image': { input: 'image' },
  'image-to-text': { input: 'image' },
  'object-detection': { input: 'image' },
  summarization: { input: 'text' },
  'text-generation': { input: 'text' },
  'text2text-generation': { input: 'text' },
  translation: { input: 'text' },
  'zero-shot-audio-classification': { input: 'audio', second: 'candidate_labels' },
  'zero-shot-image-classification': { input: 'image', second: 'candidate_labels' },
  'zero-shot-object-detection': { input: 'image', second: 'candidate_labels' },
} satisfies Record<string, PipelineTask>;
export type PipelineTaskName = keyof typeof TASKS;
export const PIPELINE_TASKS: Record<PipelineTaskName, PipelineTask> = TASKS;

export const PIPELINE_DTYPES = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'] as const;
export type PipelineDtype = (typeof PIPELINE_DTYPES)[number];

const text = z.string().check(z.minLength(1));

export const pipelineManifestSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  runtime: z.literal('transformers.js'),
  name: modelNameSchema,
  version: modelVersionSchema,
  description: z.optional(z.string()),
  task: z.enum(Object.keys(TASKS) as [PipelineTaskName, ...PipelineTaskName[]]),
  /** Which files of the folder are the graphs: `q8` is `onnx/model_quantized.onnx`. */
  dtype: z.enum(PIPELINE_DTYPES),
  /** Every file that the pipeline reads, laid out as on the Hugging Face Hub. */
  files: z.array(packageFileSchema).check(z.minLength(1)),
  /** What the pipeline answered when it was packaged. */
  goldens: packageFileSchema,
  modelCard: packageFileSchema,
  source: z.strictObject({
    kind: z.literal('huggingface'),
    id: text,
    revision: z.optional(z.string()),
    files: z.record(z.string(), sha256Schema),
  }),
  toolchain: z.strictObject({ pilotlight: z.string(), node: z.string(), transformers: text }),
});
export type PipelineManifest = z.infer<typeof pipelineManifestSchema>;

/** What a model.json may be. */
export type PackageManifest = Manifest | PipelineManifest;

export function isPipeline(manifest: PackageManifest): manifest is PipelineManifest {
  return 'runtime' in manifest;
}
