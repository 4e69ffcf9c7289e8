/** Reads a document for coreference: its words, and all spans of words that may be mentions (`make_coref_instance`). */
import * as z from 'zod/mini';
import type { Mention } from '../../decoding/coref-clusters.ts';
import { invalidInput } from '../../input-fields.ts';
import type { FieldTensor } from '../../instance.ts';
import { refuseMoreTexts } from '../../limits/size-limits.ts';
import { givenSentences, givenText } from '../../text/given-text.ts';
import { openIndexers } from '../../text/indexers/index.ts';
import type { FieldTensors } from '../../text/indexers/indexer.ts';
import { parseParams } from '../../text/params.ts';
import { WORD } from '../../text/python-text.ts';
import { commonReaderParams, indexersParam, training } from '../../text/readers/reader-params.ts';
import { tokenizeEnglish } from '../../text/spacy/rule-tokenizer.ts';
import type { TextArchive } from '../../text/text-archive.ts';
import { textField, under } from '../../text/text-field.ts';
import { type Token, wordsOf } from '../../text/token.ts';
import {
  openPretrained,
  type PieceSpan,
  type PretrainedTokenizer,
} from '../../text/tokenizers/pretrained-transformer.ts';
import { splitSentences } from './sentences.ts';

const readerSchema = z.strictObject({
  ...commonReaderParams,
  type: z.enum(['coref', 'preco', 'winobias']),
  token_indexers: indexersParam,
  max_span_width: z.int().check(z.positive()),
  wordpiece_modeling_tokenizer: z.nullish(z.record(z.string(), z.unknown())),
  max_sentences: z.nullish(z.int().check(z.positive())),
  remove_singleton_clusters: training,
});

export interface CorefDocument {
  /** The words, or the pieces of words where the model works on these. */
  readonly words: readonly string[];
  readonly candidates: readonly Mention[];
  readonly tensors: FieldTensors;
}

export interface DocumentReader {
  /** @throws EngineError INVALID_INPUT with `field`, also for a document without words */
  read(input: unknown, field: string): Promise<CorefDocument>;
}

/** @throws EngineError PACKAGE_INVALID for a reader or a part of it that is not supported */
export function openDocumentReader(archive: TextArchive): DocumentReader {
  const options = parseParams(readerSchema, archive.config.reader, 'dataset_reader');
  const place = (path: string) => ({ archive, path: `dataset_reader.${path}` });
  const indexers = openIndexers(options.token_indexers, place('token_indexers'));
  const { wordpiece_modeling_tokenizer: pieceParams, max_span_width: maxWidth } = options;
  const pieceTokenizer =
    pieceParams == null ? undefined : openPretrained(pieceParams, place('wordpiece_modeling_tokenizer'));

  // The predictor keeps the white space that spaCy has for words.
  const split = archive.config.tokenization === 'whitespace' ? splitWords : tokenizeEnglish;
  const readSentences = (input: unknown, field: string): string[][] => {
    const sentences = givenSentences(input, field);
    if (sentences) return sentences.map(wordsOf);
    const { text, words } = givenText(input, field, 'document');
    return splitSentences(words ? wordsOf(words) : split(text));
  };
  return {
    async read(input, field) {
      const all = readSentences(input, field);
      const sentences = all.slice(0, options.max_sentences ?? undefined);
      refuseMoreTexts(field, maxWidth, sentences.flat().length);
      const spans = sentenceSpans(sentences, maxWidth);
      if (spans.length === 0) throw invalidInput(field, 'must have at least one word');
      const flat = sentences.flat().map(withoutSlash);
      const { tokens, candidates } = pieceTokenizer
        ? await intoPieces(flat, spans, maxWidth, pieceTokenizer, field)
        : { tokens: flat.map((text): Token => ({ text })), candidates: spans };
      return {
        words: wordsOf(tokens),
        candidates,
        tensors: {
          ...under('text', await textField(tokens, indexers, field)),
          spans: spanTensor(candidates),
        },
      };
    },
  };
}

/** All spans of up to `maxWidth` words that lie in one sentence, by their beginnings, then by their ends. */
export function sentenceSpans(sentences: readonly (readonly unknown[])[], maxWidth: number): Mention[] {
  const spans: Mention[] = [];
  let offset = 0;
  for (const { length } of sentences) {
    for (let start = 0; start < length; start++) {
      for (let end = start; end < Math.min(start + maxWidth, length); end++) {
        spans.push([offset + start, offset + end]);
      }
    }
    offset += length;
  }
  return spans;
}

/** The pieces of all words, and the spans of words that are no more than `maxWidth` pieces. */
async function intoPieces(
  flat: readonly string[],
  spans: readonly Mention[],
  maxWidth: number,
  tokenizer: PretrainedTokenizer,
  field: string,
): Promise<{ tokens: readonly Token[]; candidates: readonly Mention[] }> {
  const { tokens, offsets } = await tokenizer.tokenizeWords(flat);
  const pieceAt = (word: number): NonNullable<PieceSpan> => {
    const span = offsets[word];
    if (span) return span;
    throw invalidInput(field, `has a word without pieces, ${JSON.stringify(flat[word])}`);
  };
  const candidates = spans
    .map(([start, end]): Mention => [pieceAt(start)[0], pieceAt(end)[1]])
    .filter(([start, end]) => end - start < maxWidth);
  return { tokens, candidates };
}

/** A batch pads spans with -1. */
function spanTensor(spans: readonly Mention[]): FieldTensor {
  return { dims: [spans.length, 2], data: BigInt64Array.from(spans.flat(), BigInt), padding: -1 };
}

const splitWords = (text: string): string[] => text.match(WORD) ?? [];

/** OntoNotes has a slash before some ends of sentences. */
const withoutSlash = (word: string) => (word === '/.' || word === '/?' ? word.slice(1) : word);
