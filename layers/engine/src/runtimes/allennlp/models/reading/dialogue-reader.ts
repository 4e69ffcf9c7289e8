/** Reads a dialogue about a passage: questions in turn, each with the answers before it marked in the passage (QuAC, arXiv:1808.07036). */
import { locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { TokenSpan } from '../../decoding/best-span.ts';
import { invalidInput } from '../../input-fields.ts';
import { openIndexers } from '../../text/indexers/index.ts';
import { type FieldTensors, idRows } from '../../text/indexers/indexer.ts';
import { listField } from '../../text/list-field.ts';
import { parseParams } from '../../text/params.ts';
import { codePoints } from '../../text/python-text.ts';
import { commonReaderParams, indexersParam, tokenizerParam } from '../../text/readers/reader-params.ts';
import type { TextArchive } from '../../text/text-archive.ts';
import { textField, under } from '../../text/text-field.ts';
import { openTokenizer } from '../../text/tokenizers/index.ts';
import type { Vocabulary } from '../../text/vocabulary.ts';
import { type ReadText, readText } from './passage-reader.ts';
import { tokenSpanOf } from './token-span.ts';

const MOST_CONTEXT = 3;

const readerSchema = z.strictObject({
  ...commonReaderParams,
  type: z.literal('quac'),
  tokenizer: tokenizerParam,
  token_indexers: indexersParam,
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
const paragraph = z.object({ context: z.string(), qas: z.array(question) });
const inputSchema = z.object({ paragraphs: z.array(paragraph) });
type Question = z.infer<typeof question>;

/** What is known of a question besides its words: the answer that was given, by which the next questions are read. */
export interface Turn {
  readonly id: string | number;
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
      const { context, qas } = readParagraph(input, field, maxTurns);
      const passage = readText(context, await passageTokenizer.tokenize(context));
      if (passage.tokens.length === 0) throw invalidInput(`${field}.paragraphs.0.context`, 'has no word');
      const questions: FieldTensors[] = [];
      for (const [index, { question: text }] of qas.entries()) {
        const tokens = await tokenizer.tokenize(text.trim().replaceAll('\n', ''));
        if (tokens.length === 0) throw invalidInput(`${placeOf(field, index)}.question`, 'has no word');
        questions.push(await textField(tokens, indexers, `${placeOf(field, index)}.question`));
      }
      const turns = qas.map((qa, index) => readTurn(qa, passage, vocabulary, placeOf(field, index)));
      const tensors = {
        ...under('passage', await textField(passage.tokens, indexers, `${field}.paragraphs.0.context`)),
        ...under('question', listField(questions)),
        ...answerMarkers(turns, passage.tokens.length, options.num_context_answers, vocabulary, field),
      };
      return { passage, turns, tensors };
    },
  };
}

const placeOf = (field: string, index: number) => `${field}.paragraphs.0.qas.${index}`;

/** AllenNLP's predictor fails on a dialogue of one question. */
function readParagraph(input: unknown, field: string, maxTurns: number): z.infer<typeof paragraph> {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) {
    const { path, reason } = locateFault(parsed.error.issues[0]);
    throw invalidInput([field, ...path.map(String)].join('.'), reason);
  }
  const [first] = parsed.data.paragraphs;
  if (!first) throw invalidInput(`${field}.paragraphs`, 'must have a paragraph');
  const { length } = first.qas;
  if (length >= 2 && length <= maxTurns) return first;
  throw invalidInput(
    `${field}.paragraphs.0.qas`,
    `must have 2 to ${maxTurns} questions, which the model reads, but has ${length}`,
  );
}

/** The last of the answers of a question counts. */
function readTurn(qa: Question, passage: ReadText, vocabulary: Vocabulary, field: string): Turn {
  let answer: TokenSpan | undefined;
  for (const { text, answer_start: start } of qa.answers) {
    answer = tokenSpanOf(passage.offsets, [start, start + codePoints(text)]);
    if (!answer) throw invalidInput(`${field}.answers`, 'has an answer that is not in the context');
  }
  const idOf = (name: 'yesno' | 'followup') => {
    const value = String(qa[name]);
    const namespace = `${name}_labels`;
    if (vocabulary.knows(value, namespace)) return vocabulary.id(value, namespace);
    throw invalidInput(
      `${field}.${name}`,
      `${JSON.stringify(value.slice(0, 100))} is not among the labels of the model`,
    );
  };
  return {
    id: qa.id,
    answer: answer ?? { start: 0, end: 0 },
    yesno: idOf('yesno'),
    followup: idOf('followup'),
  };
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
    throw invalidInput(
      `${placeOf(field, turn)}.answers`,
      `have a length for which the archive has no marker (${marker}), so that the next question cannot be read`,
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
