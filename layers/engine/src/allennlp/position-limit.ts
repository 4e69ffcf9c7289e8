/** The longest text of a model whose encoder has learned its positions; AllenNLP raises on a longer one. */
import type { ArchiveModel } from './archive-model.ts';
import { type Instance, paddedDims } from './instance.ts';
import { invalidInput } from './models/input-checks.ts';

/** `positional_embedding_size` of pytorch_transformer where config.json names none. */
const DEFAULT_POSITIONS = 512;

/** The fewest positions that an encoder anywhere in the section `model` of config.json has learned; infinite where none has. */
export function learnedPositions(section: unknown): number {
  if (typeof section !== 'object' || section === null) return Number.POSITIVE_INFINITY;
  const within = Object.values(section).map(learnedPositions);
  return Math.min(ownPositions(section), ...within);
}

function ownPositions(section: object): number {
  if (!('positional_encoding' in section) || section.positional_encoding !== 'embedding') {
    return Number.POSITIVE_INFINITY;
  }
  const size = 'positional_embedding_size' in section ? section.positional_embedding_size : undefined;
  return typeof size === 'number' ? size : DEFAULT_POSITIONS;
}

/** The model, which refuses texts of more tokens than it has positions before anything runs. */
export function withinPositions(model: ArchiveModel, section: unknown): ArchiveModel {
  const positions = learnedPositions(section);
  if (positions === Number.POSITIVE_INFINITY) return model;
  return {
    ...model,
    async read(input, field) {
      const instances = await model.read(input, field);
      for (const instance of instances) {
        const tokens = longestField(instance);
        if (tokens <= positions) continue;
        throw invalidInput(
          field,
          `must have at most ${positions} tokens, the positions that the model has learned, not ${tokens}`,
        );
      }
      return instances;
    },
    infer: (batch, graphs) => model.infer(batch, graphs),
    answer: (input, instances, outputs) => model.answer(input, instances, outputs),
  };
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
