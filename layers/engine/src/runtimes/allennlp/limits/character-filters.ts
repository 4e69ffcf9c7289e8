/** Texts whose words all have fewer characters than the widest filter over characters; AllenNLP raises on them. */
import type { ArchiveModel } from '../archive-model.ts';
import { invalidInput } from '../input-fields.ts';
import { type Instance, paddedDims } from '../instance.ts';
import { checkInstances } from './check-instances.ts';
import { partsOf } from './config-parts.ts';

/** `ngram_filter_sizes` of cnn where config.json names none. */
const DEFAULT_WIDTHS = [2, 3, 4, 5];

/** The widest filter over the characters of words, anywhere in the section `model` of config.json; 0 where there is none. */
export function widestCharacterFilter(section: unknown): number {
  const encodings = [...partsOf(section)].filter(({ type }) => type === 'character_encoding');
  return Math.max(0, ...encodings.map(({ encoder }) => widestFilter(encoder)));
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
  return checkInstances(model, (instances, field) => {
    const characters = Math.min(...instances.flatMap(longestWords));
    if (characters >= widest) return;
    throw invalidInput(
      field,
      `must have a word of at least ${widest} characters for the filters of the model, not of ${characters}`,
    );
  });
}

/** For each text, the characters of its longest word, with the padding that the indexer asks for. */
function longestWords({ tensors }: Instance): number[] {
  return Object.entries(tensors)
    .filter(([name]) => name.endsWith('.token_characters'))
    .map(([, tensor]) => paddedDims([tensor]).at(-1) ?? 0);
}
