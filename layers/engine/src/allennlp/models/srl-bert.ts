/** srl_bert: for every verb of a sentence, who does what to whom. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { BioViterbi } from '../decoding/bio-viterbi.ts';
import { type Instance, stack } from '../instance.ts';
import type { HubTokenizer } from '../text/hub.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { type Token, wordsOf } from '../text/token.ts';
import { labelNames } from './label-names.ts';
import { outputOf } from './output-rows.ts';
import { readerParams, readerSchema, unread } from './reader-params.ts';
import { requirePredictor } from './sentence-reader.ts';
import { wordPieces } from './srl-bert/word-pieces.ts';
import { frameOf, openVerbTokenizer } from './srl-frames.ts';

const READERS = { srl: readerSchema({ bert_model_name: z.string(), domain_identifier: unread }) };

/** Where the configuration has indexers, they index the pieces with the ids that these have already. */
const indexersSchema = z.nullish(
  z.strictObject({ tokens: z.looseObject({ type: z.literal('pretrained_transformer') }) }),
);

interface Frame {
  readonly words: readonly string[];
  readonly verb: string;
  /** The first piece of each word. */
  readonly offsets: readonly number[];
  /** Pieces, special tokens included. */
  readonly length: number;
}

export const srlBert: ArchiveModelDefinition = {
  type: 'srl_bert',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<Frame, readonly string[]> {
  requirePredictor(archive, 'semantic_role_labeling');
  const tokenizer = openVerbTokenizer(archive);
  const toPieces = openPieces(archive);
  const labels = labelNames(archive.vocabulary, 'labels');
  const decoder = new BioViterbi(labels);
  return {
    async read(input, field) {
      const { tokens, verbs } = await tokenizer.tokenize(input, field);
      if (verbs.length === 0) return [];
      const words = wordsOf(tokens);
      const { pieces, fields, length } = await toPieces(words);
      const offsets = firstPieces(pieces);
      return verbs.map((verb): Instance<Frame> => {
        const indicator = pieces.flatMap((own, word) => own.map(() => (word === verb ? 1 : 0)));
        return {
          tensors: { ...fields, verb_indicator: idTensor([0, ...indicator, 0]) },
          metadata: { words, verb: words[verb] ?? '', offsets, length },
        };
      });
    },
    async infer(batch, graphs) {
      const { data, dims } = outputOf(await graphs.run('model', stack(batch)), 'class_probabilities');
      const [, tokens = 0] = dims;
      return batch.map(({ metadata: { length, offsets } }, row) => {
        const path = decoder.decode(data, row * tokens * labels.length, length);
        return offsets.map((offset) => labels[path[offset] ?? -1] ?? '');
      });
    },
    answer(input, instances, outputs) {
      const verbs = instances.map(({ metadata }, index) =>
        frameOf(metadata.words, metadata.verb, outputs[index] ?? []),
      );
      return { verbs, words: instances[0]?.metadata.words ?? tokenizer.words(input) };
    },
  };
}

function openPieces(archive: TextArchive) {
  const { params } = readerParams(archive, READERS);
  const { bert_model_name: modelName } = params;
  const path = 'dataset_reader.token_indexers';
  const own = { tokens: { type: 'pretrained_transformer', model_name: modelName } };
  const indexers = openIndexers(parseParams(indexersSchema, params.token_indexers, path) ?? own, {
    archive,
    path,
  });
  const hub = archive.hub(modelName);
  const isUncased = modelName.includes('uncased');
  return async (words: readonly string[]) => {
    const pieces = words.map((word) => piecesOf(isUncased ? word.toLowerCase() : word, hub));
    const sequence = [pieceToken('[CLS]', hub), ...pieces.flat(), pieceToken('[SEP]', hub)];
    const fields = under('tokens', await textField(sequence, indexers));
    return { pieces, fields, length: sequence.length };
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
