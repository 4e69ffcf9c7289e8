/** The longest text of a model that has learned positions or widths of spans; AllenNLP raises on a longer one. */
import type { ArchiveModel } from '../archive-model.ts';
import { invalidInput } from '../input-fields.ts';
import { type Instance, paddedDims } from '../instance.ts';
import type { Params } from '../text/text-archive.ts';
import { checkInstances } from './check-instances.ts';
import { partsOf } from './config-parts.ts';

/** `positional_embedding_size` of pytorch_transformer where config.json names none. */
const DEFAULT_POSITIONS = 512;

/** The fewest positions or widths that a part anywhere in the section `model` of config.json has learned; infinite where none has. */
export function learnedPositions(section: unknown): number {
  return Math.min(Number.POSITIVE_INFINITY, ...[...partsOf(section)].map(ownPositions));
}

function ownPositions(section: Params): number {
  const { positional_encoding, positional_embedding_size, num_width_embeddings, bucket_widths } = {
    positional_encoding: undefined,
    positional_embedding_size: DEFAULT_POSITIONS,
    num_width_embeddings: undefined,
    bucket_widths: false,
    ...section,
  };
  // A span extractor without buckets has a row for each width, and the widest span is the text.
  if (typeof num_width_embeddings === 'number' && bucket_widths !== true) return num_width_embeddings;
  return positional_encoding === 'embedding' ? positional_embedding_size : Number.POSITIVE_INFINITY;
}

/** The model, which refuses texts of more tokens than it has positions before anything runs. */
export function withinPositions(model: ArchiveModel, section: unknown): ArchiveModel {
  const positions = learnedPositions(section);
  if (positions === Number.POSITIVE_INFINITY) return model;
  return checkInstances(model, (instances, field) => {
    for (const instance of instances) {
      const tokens = longestField(instance);
      if (tokens <= positions) continue;
      throw invalidInput(
        field,
        `must have at most ${positions} tokens, since the model has learned no more places, not ${tokens}`,
      );
    }
  });
}

/** The tokens of the longest text field: the fewest of its indexers, since the pieces of words are more than the words. */
function longestField({ tensors }: Instance): number {
  const fields = new Map<string, number>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [field = '', ...indexer] = name.split('.');
    if (indexer.length !== 2) continue;
    const [length = 0] = paddedDims([tensor]);
    fields.set(field, Math.min(fields.get(field) ?? length, length));
  }
  return Math.max(0, ...fields.values());
}
