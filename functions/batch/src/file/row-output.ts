/** The output of a row: the result of its task, or the texts that were generated, by their names in Hugging Face's pipelines. */
import { textName } from '@pilotlight/app/internal/formats/hugging-face/text-name';
import type { Generation } from '@pilotlight/engine/internal/predict/generation';
import type { PackageManifest } from '@pilotlight/model-format';

/** Of a text that was drawn, `seed` is the one by which it comes again. */
export function rowOutput(
  result: unknown,
  { runtime, task }: Pick<PackageManifest, 'runtime' | 'task'>,
): unknown {
  if (runtime !== 'generation') return result;
  const { sequences, seed } = result as Generation;
  return sequences.map(({ text, finishReason }) => ({
    [textName(task)]: text,
    finish_reason: finishReason,
    ...(seed !== undefined && { seed }),
  }));
}
