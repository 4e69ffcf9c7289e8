/** Reads a dialogue about a passage: questions in turn, each with the answers before it marked in the passage (QuAC, arXiv:1808.07036). */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { TokenSpan } from '../../decoding/best-span.ts';
import { type FieldTensor, stack } from '../../instance.ts';
import { openIndexers } from '../../text/indexers/index.ts';
import { type FieldTensors, idRows } from '../../text/indexers/indexer.ts';
import { parseParams } from '../../text/params.ts';
import { codePoints } from '../../text/python-text.ts';
import type { TextArchive } from '../../text/text-archive.ts';
import { textField, under } from '../../text/text-field.ts';
import { openTokenizer } from '../../text/tokenizers/index.ts';
import type { Vocabulary } from '../../text/vocabulary.ts';
import { invalidText, type ReadText, readText } from './passage-reader.ts';
import { ofReaders } from './reader-params.ts';
import { tokenSpanOf } from './token-span.ts';

const MOST_CONTEXT = 3;

const readerSchema = z.strictObject({
  ...ofReaders,
  type: z.literal('quac'),
  tokenizer: z.optional(z.unknown()),
  token_indexers: z.optional(z.unknown()),
  num_context_answers: z._default(z.int().check(z.minimum(0), z.maximum(MOST_CONTEXT)), 0),
});

const label = z.union([z.string(), z.number()]);
const question = z.object({
  id: label,
  question: z.string(),
  answers: z
    .array(z.object({ text: z.string(), answer_start: z.int().check(z.nonnegative()) }))
    .check(z.minLength(1)),
  yesno: label,
  followup: label,
});
const inputSchema = z.object({
  paragraphs: z
    .array(z.object({ context: z.string(), qas: z.array(question).check(z.minLength(2)) }))
    .check(z.minLength(1)),
});
type Question = z.infer<typeof question>;

/** What is known of a question besides its words: the answer that was given, by which the next questions are read. */
export interface Turn {
  readonly id: string;
  readonly answer: TokenSpan;
  readonly yesno: number;
  readonly followup: number;
}

export interface Dialogue {
  readonly passage: ReadText;
  readonly turns: readonly Turn[];
}

export interface DialogueReader {
  /** @throws EngineError INVALID_INPUT with `field` */
  read(input: unknown, field: string): Promise<Dialogue & { readonly tensors: FieldTensors }>;
}

/** `maxTurns` is the number of questions that the model has markers for. @throws EngineError PACKAGE_INVALID */
export function openDialogueReader(archive: TextArchive, maxTurns: number): DialogueReader {
  const { vocabulary, config } = archive;
  const options = parseParams(readerSchema, config.reader, 'dataset_reader');
  const place = (path: string) => ({ archive, path: `dataset_reader.${path}` });
  // The predictor has a tokenizer of its own for passages.
  const passageTokenizer = openTokenizer(undefined, place('tokenizer'));
  const tokenizer = openTokenizer(options.tokenizer, place('tokenizer'));
  const indexers = openIndexers(options.token_indexers, place('token_indexers'));
  return {
    async read(input, field) {
      const { context, qas } = parseInput(input, field, maxTurns);
      const passage = readText(context, await passageTokenizer.tokenize(context));
      if (passage.tokens.length === 0) throw invalidText(`${field}.paragraphs[0].context`, 'has no word');
      const questions: FieldTensors[] = [];
      for (const [index, { question: text }] of qas.entries()) {
        const tokens = await tokenizer.tokenize(text.trim().replaceAll('\n', ''));
        if (tokens.length === 0) throw invalidText(`${placeOf(field, index)}.question`, 'has no word');
        questions.push(await textField(tokens, indexers));
      }
      const turns = qas.map((qa, index) => readTurn(qa, passage, vocabulary, placeOf(field, index)));
      const tensors = {
        ...under('passage', await textField(passage.tokens, indexers)),
        ...under('question', listField(questions)),
        ...answerMarkers(turns, passage.tokens.length, options.num_context_answers, vocabulary, field),
      };
      return { passage, turns, tensors };
    },
  };
}

const placeOf = (field: string, index: number) => `${field}.paragraphs[0].qas[${index}]`;

function parseInput(input: unknown, field: string, maxTurns: number) {
  const parsed = inputSchema.safeParse(input);
  const [paragraph] = parsed.data?.paragraphs ?? [];
  if (!paragraph) {
    const path = parsed.error?.issues[0]?.path.map((key) =>
      typeof key === 'number' ? `[${key}]` : `.${String(key)}`,
    );
    throw invalidText(
      `${field}${path?.join('') ?? ''}`,
      'must be that of a dialogue: {"paragraphs": [{"context", "qas": [{"id", "question", "answers": [{"text", "answer_start"}], "yesno", "followup"}]}]} with two questions or more',
    );
  }
  if (paragraph.qas.length > maxTurns) {
    throw invalidText(
      `${field}.paragraphs[0].qas`,
      `has ${paragraph.qas.length} questions, the model reads ${maxTurns}`,
    );
  }
  return paragraph;
}

/** The last of the answers of a question counts. */
function readTurn(qa: Question, passage: ReadText, vocabulary: Vocabulary, field: string): Turn {
  let answer: TokenSpan | undefined;
  for (const { text, answer_start: start } of qa.answers) {
    answer = tokenSpanOf(passage.offsets, [start, start + codePoints(text)]);
    if (!answer) throw invalidText(`${field}.answers`, 'has an answer that is not in the context');
  }
  const idOf = (name: 'yesno' | 'followup') => {
    const value = String(qa[name]);
    const namespace = `${name}_labels`;
    if (vocabulary.knows(value, namespace)) return vocabulary.id(value, namespace);
    throw invalidText(
      `${field}.${name}`,
      `${JSON.stringify(value.slice(0, 100))} is not among the labels of the model`,
    );
  };
  return {
    id: String(qa.id),
    answer: answer ?? { start: 0, end: 0 },
    yesno: idOf('yesno'),
    followup: idOf('followup'),
  };
}

/** A list of text fields as one: `[questions, ...]`. */
function listField(fields: readonly FieldTensors[]): FieldTensors {
  const stacked = stack(fields.map((tensors) => ({ tensors, metadata: undefined })));
  return Object.fromEntries(
    Object.entries(stacked).map(([name, tensor]): [string, FieldTensor] => {
      const { padding, least } = fields[0]?.[name] ?? {};
      return [
        name,
        { ...tensor, ...(padding !== undefined && { padding }), ...(least && { least: [0, ...least] }) },
      ];
    }),
  );
}

/** For each question the words of the passage that answered the question before it, the one before that, and so on. */
function answerMarkers(
  turns: readonly Turn[],
  words: number,
  context: number,
  vocabulary: Vocabulary,
  field: string,
): FieldTensors {
  const idOf = (marker: string, turn: number) => {
    if (vocabulary.knows(marker, 'answer_tags')) return vocabulary.id(marker, 'answer_tags');
    throw new EngineError(
      'INVALID_INPUT',
      `${placeOf(field, turn)}.answers: an answer of this length has no marker in the archive (${marker}), so the next question cannot be read.`,
      { details: { field: `${placeOf(field, turn)}.answers` } },
    );
  };
  const markersOf = (distance: number) =>
    turns.map((_, index) => {
      const row = new Array<number>(words).fill(idOf('O', index));
      const answer = turns[index - distance]?.answer;
      if (!answer) return row;
      const { start, end } = answer;
      const mark = (name: string) => idOf(`<${distance}_${name}>`, index - distance);
      if (start === end) row[start] = mark('');
      for (let word = start; word <= end && start < end; word++) {
        row[word] = mark(word === start ? 'start' : word === end ? 'end' : 'in');
      }
      return row;
    });
  return Object.fromEntries(
    Array.from({ length: context }, (_, index) => [
      `p${index + 1}_answer_marker`,
      idRows(markersOf(index + 1), words),
    ]),
  );
}
