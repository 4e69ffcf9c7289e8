import { describe, expect, it } from 'vitest';
import {
  givenText,
  neededTags,
  tokenizeGiven,
} from '../../../layers/engine/src/runtimes/allennlp/text/given-text.ts';
import { openIndexers } from '../../../layers/engine/src/runtimes/allennlp/text/indexers/index.ts';
import type { FieldTensors } from '../../../layers/engine/src/runtimes/allennlp/text/indexers/indexer.ts';
import { openPairReader } from '../../../layers/engine/src/runtimes/allennlp/text/readers/pair-reader.ts';
import { openTextReader } from '../../../layers/engine/src/runtimes/allennlp/text/readers/text-reader.ts';
import { openWordsReader } from '../../../layers/engine/src/runtimes/allennlp/text/readers/words-reader.ts';
import type { TextArchive } from '../../../layers/engine/src/runtimes/allennlp/text/text-archive.ts';
import {
  enumerateSpans,
  labelField,
  spanField,
  textField,
  under,
} from '../../../layers/engine/src/runtimes/allennlp/text/text-field.ts';
import type { Token } from '../../../layers/engine/src/runtimes/allennlp/text/token.ts';
import { openTokenizer } from '../../../layers/engine/src/runtimes/allennlp/text/tokenizers/index.ts';
import { hasArchives, listArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { batchOf, referenceBatch } from '../../fixtures/allennlp-tensors.ts';
import { openSharedArchive } from '../../fixtures/allennlp-text.ts';

/** What a reader makes of a case: the tokens of its fields, and their tensors. */
interface Fields {
  readonly tokens: Readonly<Record<string, readonly Token[]>>;
  readonly tensors: FieldTensors;
}
type Read = (archive: TextArchive, input: unknown) => Promise<Fields>;

const readText: Read = async (archive, input) => {
  const { tokens, tensors } = await openTextReader(archive).read(input, 'inputs');
  return { tokens: { tokens }, tensors };
};

const readWords: Read = async (archive, input) => {
  const { tokens, tensors } = await openWordsReader(archive).read(input, 'inputs');
  return { tokens: { tokens }, tensors };
};

const readPair: Read = async (archive, input) => {
  const { combined, premise, hypothesis, tensors } = await openPairReader(archive).read(input, 'inputs');
  return { tokens: combined ? { tokens: combined } : { premise, hypothesis }, tensors };
};

/** The fields of an archive whose model reads more than text: named by the predictor's keys, with the parts of the reader that open them. */
function fieldsOf(names: Readonly<Record<string, string>>, tokenizerKey: string, indexersKey: string): Read {
  return async (archive, input) => {
    const { reader } = archive.config;
    const tokenizer = openTokenizer(reader[tokenizerKey], { archive, path: tokenizerKey });
    const indexers = openIndexers(reader[indexersKey], { archive, path: indexersKey });
    const tokens: Record<string, Token[]> = {};
    const tensors: Record<string, FieldTensors[string]> = {};
    for (const [field, key] of Object.entries(names)) {
      const words = await tokenizeGiven(givenText(input, 'inputs', key, 'tokens'), tokenizer);
      const start =
        field === 'source_tokens' && reader.type === 'seq2seq' && reader.source_add_start_token !== false;
      tokens[field] = start ? [{ text: '@start@' }, ...words, { text: '@end@' }] : words;
      Object.assign(tensors, under(field, await textField(tokens[field], indexers, 'text')));
    }
    return { tokens, tensors };
  };
}

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
        ...under(field, await textField(words, indexers, 'text')),
        ...(tags && { pos_tags: tags }),
        ...(withSpans && { spans: spanField(enumerateSpans(words.length)) }),
      },
    };
  };

/** One head of a multitask model reads as its own reader does. */
const readTask: Read = async (archive, input) => {
  const { task } = input as { task: string };
  const readers = archive.config.reader.readers as Readonly<Record<string, TextArchive['config']['reader']>>;
  const { tokens, tensors } = await openTextReader(archive, readers[task]).read(input, 'inputs');
  return { tokens: { tokens }, tensors };
};

const READERS: Readonly<Record<string, Read>> = {
  multitask: readTask,
  text_classification_json: readText,
  sst_tokens: readText,
  next_token_lm: readText,
  masked_language_modeling: readText,
  sequence_tagging: readWords,
  conll2003: readWords,
  ontonotes_ner: readWords,
  snli: readPair,
  seq2seq: fieldsOf({ source_tokens: 'source' }, 'source_tokenizer', 'source_token_indexers'),
  copynet_seq2seq: fieldsOf({ source_tokens: 'source' }, 'source_tokenizer', 'source_token_indexers'),
  squad: fieldsOf({ passage: 'passage', question: 'question' }, 'tokenizer', 'token_indexers'),
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
