/** The token ids that a model reads of texts, whatever runs it. */
import { join } from 'node:path';
import { Predictor } from '@pilotlight/engine/internal/predict/predictor';
import { openArchiveModel } from '@pilotlight/engine/internal/runtimes/allennlp/open-archive-model';
import { readInputs } from '@pilotlight/engine/internal/runtimes/allennlp/read-inputs';
import { openGenerationText } from '@pilotlight/engine/internal/runtimes/generation/text/generation-tokenizer';
import { inputOf, type Sample } from './samples.ts';
import type { Side } from './side.ts';

type Ids = readonly number[] | undefined;

/** Gives the ids of each sample, none cut off; nothing for one that has no tokens of its own, such as an image. */
export type ReadIds = (samples: readonly Sample[]) => Promise<readonly Ids[]>;

/** Opens what makes ids of texts for a side. @throws EngineError PACKAGE_INVALID, PACKAGE_CORRUPT */
export async function openTokenIds({ model, manifest, folder }: Side): Promise<ReadIds> {
  const opened = { path: (file: string) => join(folder, file) };
  if (model instanceof Predictor) {
    return async (samples) => {
      const tokenized = await model.tokenize(samples.map(({ text, pair }) => ({ text, text_pair: pair })));
      return tokenized.map(({ ids }) => ids);
    };
  }
  if (manifest.runtime === 'generation') {
    const text = await openGenerationText(opened, manifest);
    return (samples) =>
      Promise.all(samples.map((sample) => (sample.json ? undefined : text.encode(sample.text))));
  }
  if (manifest.runtime !== 'allennlp') return async (samples) => samples.map(() => undefined);
  const { own } = await openArchiveModel(opened, manifest);
  return async (samples) => {
    const inputs = samples.map((sample) => inputOf(sample, manifest));
    const read = await readInputs(own, manifest, inputs, { task: 'predictor' });
    return read.inputs.map((input) =>
      'error' in input ? undefined : input.instances.flatMap(({ tensors }) => wholeNumbers(tensors)),
    );
  };
}

/** The ids of words, characters, pieces and labels that the dataset reader made, in the order of the names of their tensors. */
function wholeNumbers(
  tensors: Readonly<Record<string, { readonly data: ArrayLike<number | bigint> }>>,
): number[] {
  return Object.keys(tensors)
    .sort()
    .flatMap((name) => {
      const data = tensors[name]?.data;
      return data instanceof BigInt64Array ? Array.from(data, Number) : [];
    });
}
