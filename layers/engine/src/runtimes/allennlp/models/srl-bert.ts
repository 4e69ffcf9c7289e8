/** srl_bert: for every verb of a sentence, who does what to whom. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { BioViterbi } from '../decoding/bio-viterbi.ts';
import { describeFrame } from '../decoding/srl-frames.ts';
import { outputRows } from '../graph-outputs.ts';
import { type Instance, stack } from '../instance.ts';
import { refuseMoreTexts } from '../limits/size-limits.ts';
import { givenText, neededTags, tokenizeGiven } from '../text/given-text.ts';
import type { HubTokenizer } from '../text/hub.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import { parseParams } from '../text/params.ts';
import { commonReaderParams, training } from '../text/readers/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { type Token, wordsOf } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { labelNames } from './label-names.ts';
import { wordPieces } from './srl-bert/word-pieces.ts';

const readerSchema = z.strictObject({
  ...commonReaderParams,
  type: z.literal('srl'),
  bert_model_name: z.string(),
  token_indexers: z.nullish(
    z.strictObject({
      tokens: z.looseObject({ type: z.literal('pretrained_transformer') }),
    }),
  ),
  domain_identifier: training,
});

interface Frame {
  readonly words: readonly string[];
  readonly verb: string;
  /** The first piece of each word. */
  readonly offsets: readonly number[];
  /** Pieces, special tokens included. */
  readonly length: number;
}

/** AllenNLP takes auxiliaries for verbs in English, which is the language of its predictor. */
const VERBS = ['VERB', 'AUX'];

export const srlBert: ArchiveModelDefinition = {
  type: 'srl_bert',
  open(archive) {
    const labels = labelNames(archive.vocabulary, 'labels');
    const decoder = new BioViterbi(labels);
    return eraseModel<Frame, readonly string[]>({
      read: openReader(archive),
      async infer(batch, graphs) {
        const rows = outputRows(await graphs.run('model', stack(batch)), 'class_probabilities');
        return batch.map(({ metadata: { length, offsets } }, row) => {
          const path = decoder.decode(rows(row), 0, length);
          return offsets.map((offset) => labels[path[offset] ?? -1] ?? '');
        });
      },
      answer(input, instances, outputs) {
        const verbs = instances.map(({ metadata }, index) => {
          const tags = outputs[index] ?? [];
          return { verb: metadata.verb, description: describeFrame(metadata.words, tags), tags };
        });
        // Words without a verb came with their parts of speech, or there are none.
        const words = instances[0]?.metadata.words ?? wordsOf(given(input, '').words ?? []);
        return { verbs, words };
      },
    });
  },
};

function given(input: unknown, field: string) {
  return givenText(input, field, 'sentence', 'tokens');
}

function openReader(archive: TextArchive) {
  const options = parseParams(readerSchema, archive.config.reader, 'dataset_reader');
  const { bert_model_name: modelName, token_indexers: indexerParams } = options;
  const hub = archive.hub(modelName);
  const isUncased = modelName.includes('uncased');
  const indexers = openIndexers(
    indexerParams ?? { tokens: { type: 'pretrained_transformer', model_name: modelName } },
    { archive, path: 'dataset_reader.token_indexers' },
  );
  const tokenizer = openTokenizer('spacy', { archive, path: 'predictor' });
  return async (input: unknown, field: string): Promise<Instance<Frame>[]> => {
    const text = given(input, field);
    const tokens = await tokenizeGiven(text, tokenizer);
    const words = wordsOf(tokens);
    const pos = neededTags(tokens, 'pos', text.field);
    const verbs = words.flatMap((_, word) => (VERBS.includes(pos[word] ?? '') ? [word] : []));
    if (verbs.length === 0) return [];
    const pieces = words.map((word) => piecesOf(isUncased ? word.toLowerCase() : word, hub));
    const sequence = [pieceToken('[CLS]', hub), ...pieces.flat(), pieceToken('[SEP]', hub)];
    const fields = under('tokens', await textField(sequence, indexers, text.field));
    const offsets = firstPieces(pieces);
    refuseMoreTexts(text.field, verbs.length, sequence.length);
    return verbs.map((verb) => {
      const indicator = pieces.flatMap((own, word) => own.map(() => (word === verb ? 1 : 0)));
      return {
        tensors: { ...fields, verb_indicator: idTensor([0, ...indicator, 0]) },
        metadata: { words, verb: words[verb] ?? '', offsets, length: sequence.length },
      };
    });
  };
}

function piecesOf(word: string, hub: HubTokenizer): Token[] {
  return wordPieces(word, (piece) => hub.vocabulary.id(piece) !== undefined).map((piece) =>
    pieceToken(piece, hub),
  );
}

/** A piece with the id that the vocabulary of BERT has for it. */
function pieceToken(text: string, { vocabulary, modelName }: HubTokenizer): Token {
  const textId = vocabulary.id(text);
  if (textId !== undefined) return { text, textId };
  throw new EngineError('PACKAGE_INVALID', `The vocabulary of ${modelName} has no ${text}.`);
}

/** A word without pieces has the place of the piece after it. */
function firstPieces(pieces: readonly (readonly Token[])[]): number[] {
  let next = 1;
  return pieces.map((own) => {
    const first = next;
    next += own.length;
    return first;
  });
}
