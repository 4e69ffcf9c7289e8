/**
 * The values of the largest tensor that the graphs of a model make of an instance, where that grows faster than the instance: attention
 * of each token to each other, a score for each pair of words, spans. Found in the configuration, without the graphs.
 */
import * as z from 'zod/mini';
import type { ArchiveModel } from '../archive-model.ts';
import type { Instance } from '../instance.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { attentionOf, characterWidth } from './encoder-widths.ts';

/** The texts of a field: how many there are, and the tokens of the longest. */
interface FieldSize {
  readonly texts: number;
  readonly tokens: number;
}

type Pairs = (size: (field: string) => FieldSize, archive: TextArchive) => number;

/** What models make of their fields beside what their encoders make of each. */
const PAIRS: Readonly<Record<string, Pairs>> = {
  bidaf: matrixOf('passage', 'question'),
  qanet: matrixOf('passage', 'question'),
  'rc-qanet': matrixOf('passage', 'question'),
  naqanet: matrixOf('passage', 'question'),
  esim: matrixOf('premise', 'hypothesis'),
  decomposable_attention: matrixOf('premise', 'hypothesis'),
  // The passage is attended to by itself, once for each question.
  dialog_qa: (size) => size('question').texts * size('passage').tokens ** 2,
  biaffine_parser: (size, { vocabulary }) => (size('words').tokens + 1) ** 2 * vocabulary.size('head_tags'),
  constituency_parser: (size, archive) => spanCells(size('tokens').tokens, archive),
  // A score for each token of the vocabulary, for each mask.
  masked_language_model: (size, { vocabulary, config }) =>
    size('mask_positions').tokens * vocabulary.size(String(config.model.target_namespace ?? 'bert')),
  // Which words of the source are the same, compared and weighed in a few tensors at a time.
  copynet_seq2seq: (size) => 4 * size('source_tokens').tokens ** 2,
  coref: (size, archive) => corefCells(size('text').tokens, archive),
};

/** What of such work is answered number by number. */
const ANSWERED: Readonly<Record<string, Pairs>> = {
  bidaf: matrixOf('passage', 'question'),
  qanet: matrixOf('passage', 'question'),
  'rc-qanet': matrixOf('passage', 'question'),
  naqanet: matrixOf('passage', 'question'),
  // One matrix for each direction.
  decomposable_attention: (size) => 2 * size('premise').tokens * size('hypothesis').tokens,
  constituency_parser: (size, { vocabulary }) => spansOf(size('tokens').tokens) * vocabulary.size('labels'),
};

/** Opens the estimates for a model. */
export function quadraticWork(archive: TextArchive): Required<Pick<ArchiveModel, 'cellsOf' | 'numbersOf'>> {
  const { heads, reach } = attentionOf(archive);
  const characters = characterWidth(archive.config.model);
  const pairs = estimate(PAIRS, archive);
  const answered = estimate(ANSWERED, archive);
  return {
    cellsOf(instance) {
      const sizes = fieldSizes(instance);
      let cells = Math.max(pairs(sizes), characters * valuesOf(instance, '.token_characters'));
      cells = Math.max(cells, ELMO_FILTERS * valuesOf(instance, '.elmo_tokens'));
      for (const { texts, tokens } of sizes.values()) {
        cells = Math.max(cells, heads * texts * tokens * Math.min(tokens, reach));
      }
      return cells;
    },
    numbersOf: (instance) => answered(fieldSizes(instance)),
  };
}

type Sizes = ReadonlyMap<string, FieldSize>;

function estimate(table: Readonly<Record<string, Pairs>>, archive: TextArchive): (sizes: Sizes) => number {
  const { type } = archive.config.model;
  const own = typeof type === 'string' && Object.hasOwn(table, type) ? table[type] : undefined;
  return (sizes) => own?.((field) => sizes.get(field) ?? { texts: 0, tokens: 0 }, archive) ?? 0;
}

/** The text fields of an instance by their names. Their tensors have three names: `tokens.tokens.token_ids`. */
function fieldSizes({ tensors }: Pick<Instance, 'tensors'>): Sizes {
  const sizes = new Map<string, FieldSize>();
  for (const [path, { dims }] of Object.entries(tensors)) {
    const [field = '', key, name = ''] = path.split('.');
    const isText = key !== undefined && name !== 'offsets';
    if (!isText && field !== 'mask_positions') continue;
    const isList = isText && dims.length > (WIDE.includes(name) ? 2 : 1);
    const [texts = 0, tokens = 0] = isList ? dims : [1, dims[0]];
    const known = sizes.get(field);
    sizes.set(field, { texts, tokens: Math.max(tokens, known?.tokens ?? 0) });
  }
  return sizes;
}

/** The most filters of one width in the models that AllenNLP has published: 1,024 at each of the characters of a word. */
const ELMO_FILTERS = 1024;

/** Values of the tensors of that name. */
function valuesOf({ tensors }: Pick<Instance, 'tensors'>, name: string): number {
  const own = Object.entries(tensors).filter(([path]) => path.endsWith(name));
  return own.reduce(
    (most, [, { dims }]) =>
      Math.max(
        most,
        dims.reduce((product, dim) => product * dim, 1),
      ),
    0,
  );
}

/** Tensors that have a row for each token. */
const WIDE: readonly string[] = ['token_characters', 'elmo_tokens'];

function matrixOf(first: string, second: string): Pairs {
  return (size) => size(first).tokens * size(second).tokens;
}

const dim = z._default(z.number(), 1);
const spanParams = z.object({ span_extractor: z.object({ type: z.optional(z.string()), input_dim: dim }) });

/** All spans of a sentence, each with its vector, with a share for each word, or with the vectors of its words. */
function spanCells(words: number, { config }: TextArchive): number {
  const { type, input_dim: vector } = z.safeParse(spanParams, config.model).data?.span_extractor ?? {
    input_dim: 1,
  };
  const ofSpan = { max_pooling: words * vector, self_attentive: Math.max(words, vector) }[type ?? ''];
  return spansOf(words) * (ofSpan ?? 2 * vector);
}

function spansOf(words: number): number {
  return (words * (words + 1)) / 2;
}

const corefParams = z.object({
  spans_per_word: z._default(z.number(), 1),
  max_antecedents: z._default(z.number(), 1),
  max_span_width: z._default(z.number(), 1),
  coarse_to_fine: z._default(z.boolean(), false),
  antecedent_feedforward: z.object({ input_dim: dim }),
});
/** The parts of the vector of a pair: those of its two mentions, and their product. */
const PARTS_OF_PAIR = 3;

/** A row of shares over the words for each candidate, and the vector of a mention for each pair of mentions that is looked at. */
function corefCells(words: number, { config }: TextArchive): number {
  const parsed = z.safeParse(corefParams, config.model).data;
  if (!parsed) return 0;
  const mentions = parsed.spans_per_word * words;
  const pairs = mentions * Math.min(parsed.max_antecedents, mentions);
  const width = parsed.antecedent_feedforward.input_dim / PARTS_OF_PAIR;
  return Math.max(
    words * parsed.max_span_width * words,
    pairs * width,
    parsed.coarse_to_fine ? mentions ** 2 : 0,
  );
}
