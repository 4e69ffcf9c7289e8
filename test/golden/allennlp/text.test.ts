import { describe, expect, it } from 'vitest';
import { givenText, neededTags, tokenizeGiven } from '../../../layers/engine/src/allennlp/text/given-text.ts';
import { openIndexers } from '../../../layers/engine/src/allennlp/text/indexers/index.ts';
import type { FieldTensors } from '../../../layers/engine/src/allennlp/text/indexers/indexer.ts';
import type { Params, TextArchive } from '../../../layers/engine/src/allennlp/text/text-archive.ts';
import {
  enumerateSpans,
  labelField,
  spanField,
  textField,
  under,
} from '../../../layers/engine/src/allennlp/text/text-field.ts';
import type { Token } from '../../../layers/engine/src/allennlp/text/token.ts';
import { openTokenizer } from '../../../layers/engine/src/allennlp/text/tokenizers/index.ts';
import { isPretrained } from '../../../layers/engine/src/allennlp/text/tokenizers/pretrained-transformer.ts';
import { hasArchives, listArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { batchOf, referenceBatch } from '../../fixtures/allennlp-tensors.ts';
import { openSharedArchive } from '../../fixtures/allennlp-text.ts';

/** What a reader makes of a case: the tokens of its fields, and their tensors. */
interface Fields {
  readonly tokens: Readonly<Record<string, readonly Token[]>>;
  readonly tensors: FieldTensors;
}
type Read = (archive: TextArchive, input: unknown, reader?: Params) => Promise<Fields>;

interface FieldOptions {
  /** The tokenizer where the reader names none. */
  readonly tokenizer?: 'spacy' | 'whitespace';
  readonly tokenizerKey?: string;
  readonly indexersKey?: string;
  /** Which of the tokens are left. */
  readonly cut?: (tokens: Token[], reader: Params) => Token[];
}

/** Text fields by their names in the instance, each of the text under a key of the predictor's JSON. */
function fieldsOf(names: Readonly<Record<string, string>>, options: FieldOptions = {}): Read {
  const {
    tokenizer: byDefault = 'spacy',
    tokenizerKey = 'tokenizer',
    indexersKey = 'token_indexers',
  } = options;
  return async (archive, input, reader = archive.config.reader) => {
    const tokenizer = openTokenizer(reader[tokenizerKey] ?? byDefault, { archive, path: tokenizerKey });
    const indexers = openIndexers(reader[indexersKey], { archive, path: indexersKey });
    const tokens: Record<string, Token[]> = {};
    const tensors: Record<string, FieldTensors[string]> = {};
    for (const [field, key] of Object.entries(names)) {
      const words = await tokenizeGiven(givenText(input, 'inputs', key, 'tokens'), tokenizer);
      tokens[field] = options.cut?.(words, reader) ?? words;
      Object.assign(tensors, under(field, await textField(tokens[field], indexers)));
    }
    return { tokens, tensors };
  };
}

/** Words of the predictor's own spaCy, whatever the reader has. */
const readWords = fieldsOf({ tokens: 'sentence' }, { tokenizerKey: 'of the predictor' });

const readText = fieldsOf(
  { tokens: 'sentence' },
  {
    cut: (tokens, { max_sequence_length: most }) =>
      tokens.slice(0, typeof most === 'number' ? most : undefined),
  },
);

const readSource = fieldsOf(
  { source_tokens: 'source' },
  {
    tokenizerKey: 'source_tokenizer',
    indexersKey: 'source_token_indexers',
    cut: (tokens, { type, source_add_start_token: hasSymbols }) =>
      type === 'seq2seq' && hasSymbols !== false
        ? [{ text: '@start@' }, ...tokens, { text: '@end@' }]
        : tokens,
  },
);

/** A premise and a hypothesis in one text, as the tokenizers of hub models have them; by others they are two fields. */
const readPair: Read = async (archive, input) => {
  const { reader } = archive.config;
  const tokenizer = openTokenizer(reader.tokenizer ?? 'spacy', { archive, path: 'tokenizer' });
  if (!isPretrained(tokenizer))
    return fieldsOf({ premise: 'premise', hypothesis: 'hypothesis' })(archive, input);
  const indexers = openIndexers(reader.token_indexers, { archive, path: 'token_indexers' });
  const split = (key: string) => tokenizeGiven(givenText(input, 'inputs', key), tokenizer);
  const tokens = await tokenizer.addSpecialTokens(await split('premise'), await split('hypothesis'));
  return { tokens: { tokens }, tensors: under('tokens', await textField(tokens, indexers)) };
};

/** One head of a multitask model reads as its own reader does. */
const readTask: Read = async (archive, input) => {
  const { task } = input as { readonly task: string };
  const readers = archive.config.reader.readers as Readonly<Record<string, Params>>;
  return readText(archive, input, readers[task]);
};

/** Words whose parts of speech are a field too. */
const readTagged =
  (field: string, withSpans: boolean): Read =>
  async (archive, input) => {
    const { reader, predictor } = archive.config;
    const spacy = openTokenizer('spacy', { archive, path: 'predictor' });
    const indexers = openIndexers(reader.token_indexers, { archive, path: 'token_indexers' });
    const words = await tokenizeGiven(givenText(input, 'inputs', 'sentence', 'tokens'), spacy);
    const feature =
      predictor === 'constituency_parser' || reader.use_language_specific_pos === true ? 'tag' : 'pos';
    const hasTags = reader.use_pos_tags !== false;
    const tags = hasTags
      ? labelField(neededTags(words, feature, 'inputs'), 'pos', archive.vocabulary)
      : undefined;
    return {
      tokens: { [field]: words.map(({ text }) => ({ text })) },
      tensors: {
        ...under(field, await textField(words, indexers)),
        ...(tags && { pos_tags: tags }),
        ...(withSpans && { spans: spanField(enumerateSpans(words.length)) }),
      },
    };
  };

const READERS: Readonly<Record<string, Read>> = {
  multitask: readTask,
  text_classification_json: readText,
  sst_tokens: readText,
  next_token_lm: fieldsOf({ tokens: 'sentence' }, { tokenizer: 'whitespace' }),
  masked_language_modeling: fieldsOf({ tokens: 'sentence' }, { tokenizer: 'whitespace' }),
  sequence_tagging: readWords,
  conll2003: readWords,
  ontonotes_ner: readWords,
  snli: readPair,
  seq2seq: readSource,
  copynet_seq2seq: readSource,
  squad: fieldsOf({ passage: 'passage', question: 'question' }),
  universal_dependencies: readTagged('words', false),
  ptb_trees: readTagged('tokens', true),
};

/** Tensors that models make beside their texts, which the tests of the models compare. */
const OF_MODELS = new Set([
  'mask_positions',
  'source_to_target',
  'source_token_ids',
  'passage_span',
  'metadata',
]);

/** Archives whose models compose their tokens themselves; the tests of those models compare their instances. */
const OF_OTHER_TESTS = [
  'dialog_qa',
  'made_coref_lstm',
  'made_coref_spanbert',
  'made_coref_wordpieces',
  'made_srl_bert',
  'made_tmc_csqa_bert',
  'made_tmc_piqa_roberta',
  'made_tqa_bert',
  'made_tqa_roberta',
  'naqanet',
  'srl',
];

/** The predictor's input; where it asks spaCy for tags, the words with the tags that spaCy gave. */
function inputOf(archive: TextArchive, each: ReferenceCase): unknown {
  const { reader } = archive.config;
  const [words = []] = each.words ? [each.words as readonly ReferenceToken[]] : Object.values(tokensOf(each));
  const needsTags =
    ['universal_dependencies', 'ptb_trees'].includes(String(reader.type)) ||
    JSON.stringify(reader).includes('"feature_name"');
  if (!needsTags) return each.input;
  const { pos: tags } = each.output;
  const withoutSymbols = reader.type === 'seq2seq' ? words.slice(1, -1) : words;
  return {
    tokens: withoutSymbols.map(({ text, pos_, tag_: tag, dep_: dep, ent_type_ = '' }, index) => {
      const pos = pos_ ?? (Array.isArray(tags) ? tags[index] : undefined);
      return { text, ...(pos && { pos }), ...(tag && { tag }), ...(dep && { dep }), ent_type: ent_type_ };
    }),
  };
}

interface ReferenceToken {
  readonly text: string;
  readonly idx?: number;
  readonly idx_end?: number;
  readonly text_id?: number;
  readonly type_id?: number;
  readonly pos_?: string;
  readonly tag_?: string;
  readonly dep_?: string;
  readonly ent_type_?: string;
}

function tokensOf(each: ReferenceCase): Readonly<Record<string, readonly ReferenceToken[]>> {
  return (each.tokens ?? {}) as Readonly<Record<string, readonly ReferenceToken[]>>;
}

/** The parts of a token that both have. AllenNLP's stand-in for spaCy at white space gives no ends. */
function comparable(token: Token, reference: ReferenceToken | undefined) {
  const { text, idx, idxEnd, textId, typeId } = token;
  return {
    text,
    idx: reference && 'idx' in reference ? idx : undefined,
    idx_end: reference && 'idx_end' in reference ? idxEnd : undefined,
    text_id: textId,
    type_id: typeId,
  };
}

describe.skipIf(!hasArchives)("texts of AllenNLP's archives (skipped without ../shared/allennlp)", () => {
  const others = new Set(OF_OTHER_TESTS);

  it.each(listArchives().filter((name) => !others.has(name)))(
    'gives the tokens and the tensors of AllenNLP itself for %s',
    async (name) => {
      const archive = openSharedArchive(name);
      const read = READERS[String(archive.config.reader.type)];
      if (!read) throw new Error(`No reader ${archive.config.reader.type}`);
      for (const each of readReference(name).cases) {
        const { tokens, tensors } = await read(archive, inputOf(archive, each));
        for (const [field, reference] of Object.entries(tokensOf(each))) {
          expect(tokens[field]?.map((token, index) => comparable(token, reference[index]))).toEqual(
            reference.map(({ text, idx, idx_end, text_id, type_id }) => ({
              text,
              idx,
              idx_end,
              text_id,
              type_id,
            })),
          );
        }
        const expected = Object.entries(referenceBatch(each.model_inputs ?? {})).filter(
          ([path]) => !OF_MODELS.has(path),
        );
        expect(batchOf([tensors])).toEqual(Object.fromEntries(expected));
      }
    },
  );
});
