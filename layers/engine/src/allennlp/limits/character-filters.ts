/** Texts whose words all have fewer characters than the widest filter over characters; AllenNLP raises on them. */
import type { ArchiveModel } from '../archive-model.ts';
import { invalidInput } from '../input-fields.ts';
import { type Instance, paddedDims } from '../instance.ts';

/** `ngram_filter_sizes` of cnn where config.json names none. */
const DEFAULT_WIDTHS = [2, 3, 4, 5];

/** The widest filter over the characters of words, anywhere in the section `model` of config.json; 0 where there is none. */
export function widestCharacterFilter(section: unknown): number {
  if (typeof section !== 'object' || section === null) return 0;
  const within = Object.values(section).map(widestCharacterFilter);
  const { type, encoder } = { type: undefined, encoder: undefined, ...section };
  return Math.max(type === 'character_encoding' ? widestFilter(encoder) : 0, ...within);
}

function widestFilter(encoder: unknown): number {
  const { type, ngram_filter_sizes, filters } = {
    type: undefined,
    ngram_filter_sizes: DEFAULT_WIDTHS,
    filters: [] as readonly (readonly number[])[],
    ...(encoder as object | undefined),
  };
  if (type === 'cnn') return Math.max(0, ...ngram_filter_sizes);
  return type === 'cnn-highway' ? Math.max(0, ...filters.map(([width = 0]) => width)) : 0;
}

/** The model, which refuses such texts before anything runs. */
export function withinFilters(model: ArchiveModel, section: unknown): ArchiveModel {
  const widest = widestCharacterFilter(section);
  if (widest === 0) return model;
  return {
    ...model,
    async read(input, field) {
      const instances = await model.read(input, field);
      const characters = Math.min(...instances.flatMap(longestWords));
      if (characters >= widest) return instances;
      throw invalidInput(
        field,
        `must have a word of at least ${widest} characters for the filters of the model, not of ${characters}`,
      );
    },
    infer: (batch, graphs) => model.infer(batch, graphs),
    answer: (input, instances, outputs) => model.answer(input, instances, outputs),
  };
}

/** For each text, the characters of its longest word, with the padding that the indexer asks for. */
function longestWords({ tensors }: Instance): number[] {
  return Object.entries(tensors)
    .filter(([name]) => name.endsWith('.token_characters'))
    .map(([, tensor]) => paddedDims([tensor]).at(-1) ?? 0);
}
