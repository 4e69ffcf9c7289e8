/** srl_bert: for every verb of a sentence, who does what to whom. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type ArchiveModelDefinition, eraseModel, type JsonObject } from '../archive-model.ts';
import { BioViterbi } from '../decoding/bio-viterbi.ts';
import { describeFrame } from '../decoding/srl-frames.ts';
import { outputRows } from '../graph-outputs.ts';
import { type Instance, stack } from '../instance.ts';
import { givenText, neededTags, tokenizeGiven } from '../text/given-text.ts';
import type { HubTokenizer } from '../text/hub.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import { parseParams } from '../text/params.ts';
import { ignoredReaderParams } from '../text/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import type { Token } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { wordPieces } from './srl-bert/word-pieces.ts';

const LABELS = 'labels';

const readerSchema = z.strictObject({
  type: z.literal('srl'),
  bert_model_name: z.string(),
  token_indexers: z.nullish(
    z.strictObject({
      tokens: z.looseObject({ type: z.literal('pretrained_transformer') }),
    }),
  ),
  domain_identifier: z.optional(z.unknown()),
  ...ignoredReaderParams,
});

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
  open(archive) {
    const { vocabulary } = archive;
    const labels = Array.from(
      { length: vocabulary.size(LABELS) },
      (_, id) => vocabulary.token(id, LABELS) ?? '',
    );
    const decoder = new BioViterbi(labels);
    // A sentence without a verb has no instance that would know its words.
    const words = new WeakMap<object, readonly string[]>();
    const reader = openReader(archive);
    return eraseModel<Frame, readonly string[]>({
      async read(input, field) {
        const { tokens, instances } = await reader(input, field);
        if (typeof input === 'object' && input !== null) words.set(input, tokens);
        return instances;
      },
      async infer(batch, graphs) {
        const rows = outputRows(await graphs.run('model', stack(batch)), 'class_probabilities');
        return batch.map(({ metadata: { length, offsets } }, row) => {
          const tags = decoder.decode(rows(row), 0, length).map((id) => labels[id] ?? '');
          return offsets.map((offset) => tags[offset] ?? '');
        });
      },
      answer: (input, instances, outputs): JsonObject => ({
        verbs: instances.map(({ metadata }, index) => {
          const tags = outputs[index] ?? [];
          return { verb: metadata.verb, description: describeFrame(metadata.words, tags), tags };
        }),
        words:
          instances[0]?.metadata.words ?? (typeof input === 'object' && input ? words.get(input) : []) ?? [],
      }),
    });
  },
};

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
  return async (input: unknown, field: string) => {
    const given = givenText(input, field, 'sentence', 'tokens');
    const tokens = await tokenizeGiven(given, tokenizer);
    const words = tokens.map(({ text }) => text);
    const parts = neededTags(tokens, 'pos', given.field);
    const pieces = words.map((word) => piecesOf(isUncased ? word.toLowerCase() : word, hub));
    const instances: Instance<Frame>[] = [];
    for (const [verb, part] of parts.entries()) {
      // AllenNLP takes auxiliaries for verbs in English, which is the language of its predictor.
      if (part !== 'VERB' && part !== 'AUX') continue;
      const sequence = [pieceToken('[CLS]', hub), ...pieces.flat(), pieceToken('[SEP]', hub)];
      const indicator = pieces.flatMap((own, index) => own.map(() => (index === verb ? 1 : 0)));
      instances.push({
        tensors: {
          ...under('tokens', await textField(sequence, indexers)),
          verb_indicator: idTensor([0, ...indicator, 0]),
        },
        metadata: {
          words,
          verb: words[verb] ?? '',
          offsets: firstPieces(pieces),
          length: sequence.length,
        },
      });
    }
    return { tokens: words, instances };
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
