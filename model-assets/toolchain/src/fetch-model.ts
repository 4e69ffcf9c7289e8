/** Fetches a model from the Hugging Face Hub or another place: what packaging will read of it, and nothing else. */
import type { TransformersJsDtype, TransformersJsTaskName } from '@pilotlight/engine';
import { taskNameSchema } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { isGeneratorFolder } from './generation/package/read-generator.ts';
import { explainFailure } from './package/failures.ts';
import { type Progress, silent } from './progress.ts';
import { defaultCache } from './sources/remote/cache.ts';
import { CARD, chooseSettings, chooseWeights, Listing } from './sources/remote/choose-files.ts';
import { type Choice, type FetchedSource, type FetchOptions, fetchFiles } from './sources/remote/index.ts';
import { pipelineFiles } from './transformers-js/files.ts';

/** What is wanted of a model. */
export type Wanted =
  /** All that packaging reads; `file` is the .onnx file to take. */
  | { readonly for: 'package'; readonly file?: string | undefined; readonly task?: string | undefined }
  /** What an archive of AllenNLP lacks of the hub model that it names: the tokenizer and config.json; or the archive that it names. */
  | { readonly for: 'archive' }
  | {
      readonly for: 'transformers.js';
      readonly task: TransformersJsTaskName;
      readonly dtype?: TransformersJsDtype | undefined;
    };

export type FetchModelOptions = Omit<FetchOptions, 'choices' | 'archives'>;

/**
 * Fetches the model at an address, such as `hf:org/model@revision`, into the cache. Every file fits the sum that its place has of it. A run that was
 * killed is gone on with by the next one.
 *
 * @throws ToolchainError; docs/how-to/from-the-hub.md says what to do on each code
 */
export async function fetchModel(
  address: string,
  wanted: Wanted,
  options: FetchModelOptions = {},
  progress: Progress = silent,
): Promise<FetchedSource> {
  try {
    const archives = wanted.for !== 'transformers.js';
    return await fetchFiles(address, { ...options, choices: choicesFor(wanted), archives }, progress);
  } catch (error) {
    const { cache, environment = process.env } = options;
    throw PilotlightError.is(error) ? error : explainFailure(error, cache ?? defaultCache(environment));
  }
}

function choicesFor(wanted: Wanted): readonly Choice[] {
  if (wanted.for === 'archive') return [chooseSettings];
  if (wanted.for === 'transformers.js') {
    const { task, dtype } = wanted;
    return [(files) => [...pipelineFiles(new Listing(files), task, dtype).files, CARD]];
  }
  const { file } = wanted;
  const task = taskNameSchema.safeParse(wanted.task).data;
  return [
    chooseSettings,
    (files, fetched) => chooseWeights(files, fetched, { file, task, generates: isGeneratorFolder }),
  ];
}
