/** `model.json` of a package that transformers.js runs: the long tail of tasks that the engine has no task of its own for. */
import * as z from 'zod/mini';
import { modelNameSchema, modelVersionSchema } from '../ref/names.ts';
import {
  FORMAT_VERSION,
  licenseSchema,
  packageFileSchema,
  packageFilesSchema,
  sha256Schema,
  text,
} from './common.ts';

/** The kind of input that a model reads. An image or a recording travels as its file: PNG, JPEG, WebP, GIF; WAV. */
export type TransformersJsInput = 'text' | 'image' | 'audio';

interface TransformersJsTask {
  readonly input: TransformersJsInput;
  /** The parameter that the task takes as its second argument and cannot do without. */
  readonly second?: 'candidate_labels' | 'question';
}

/**
 * The tasks of transformers.js that the engine has no task of its own for. Text-to-speech is not among them, because it
 * fetches its vocoder by itself. See layers/engine/src/runtimes/transformers-js/ADR-transformers-js.md.
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
} satisfies Record<string, TransformersJsTask>;
export type TransformersJsTaskName = keyof typeof TASKS;
export const TRANSFORMERS_JS_TASKS: Record<TransformersJsTaskName, TransformersJsTask> = TASKS;

export const TRANSFORMERS_JS_DTYPES = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'] as const;
export type TransformersJsDtype = (typeof TRANSFORMERS_JS_DTYPES)[number];

export const transformersJsManifestSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  runtime: z.literal('transformers.js'),
  name: modelNameSchema,
  version: modelVersionSchema,
  description: z.optional(z.string()),
  task: z.enum(Object.keys(TASKS) as [TransformersJsTaskName, ...TransformersJsTaskName[]]),
  /** Which files of the folder are the graphs: `q8` is `onnx/model_quantized.onnx`. */
  dtype: z.enum(TRANSFORMERS_JS_DTYPES),
  /** Every file that the model reads, laid out as on the Hugging Face Hub. */
  files: packageFilesSchema,
  /** The answers that the model gave when it was packaged. */
  goldens: packageFileSchema,
  modelCard: packageFileSchema,
  source: z.strictObject({
    kind: z.literal('huggingface'),
    id: text,
    revision: z.optional(z.string()),
    license: licenseSchema,
    files: z.record(z.string(), sha256Schema),
  }),
  toolchain: z.strictObject({ pilotlight: z.string(), node: z.string(), transformers: text }),
});
export type TransformersJsManifest = z.infer<typeof transformersJsManifestSchema>;
