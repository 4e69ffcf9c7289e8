import { describe, expect, it } from 'vitest';
import type { TokenResult } from '../../../../layers/engine/src/ports.ts';
import { type AnswerOptions, answersIn } from '../../../../layers/engine/src/tasks/answers.ts';
import { questionAnswering } from '../../../../layers/engine/src/tasks/question-answering.ts';
import { alignmentOf, contextOf, windowOf } from './task-inputs.ts';

const OPTIONS: AnswerOptions = {
  top_k: 1,
  max_answer_len: 15,
  handle_impossible_answer: false,
  align_to_words: true,
};
type Spans = readonly (readonly [number, number])[];

/** A window of [CLS], a question of one token, [SEP] and the context, whose tokens have the logits given, or -50. */
function windowOver(
  spans: Spans,
  edges: { readonly starts?: Record<number, number>; readonly ends?: Record<number, number> },
  { wordIds, special = true }: { wordIds?: readonly number[]; special?: boolean } = {},
): TokenResult {
  const before = special ? 3 : 0;
  const ids = Array.from({ length: before + spans.length }, () => 5);
  const alignment = alignmentOf([...(special ? [null, [0, 3] as const, null] : []), ...spans], {
    sequenceIds: ids.map((_, token) => (token < before ? (token === 1 ? 0 : null) : 1)),
    ...(wordIds && { wordIds: [...ids.slice(0, before).map(() => null), ...wordIds] }),
  });
  const logits = (given: Record<number, number> = {}) => ids.map((_, token) => given[token - before] ?? -50);
  return windowOf({ start_logits: logits(edges.starts), end_logits: logits(edges.ends) }, { ids, alignment });
}

const textsIn = async (
  context: string,
  windows: readonly TokenResult[],
  options: Partial<AnswerOptions> = {},
) =>
  (await answersIn(context, windows, { ...OPTIONS, ...options }, async () => {})).map(({ start, end }) =>
    context.slice(start, end),
  );

/** The places of the words of a text of words and single blanks. */
function wordsOf(text: string): Spans {
  return [...text.matchAll(/\S+/g)].map(({ index, 0: word }) => [index, index + word.length] as const);
}

describe('an answer', () => {
  /** `romeburg old`: rome, ##burg, old. */
  const context = 'romeburg old';
  const spans = [
    [0, 4],
    [4, 8],
    [9, 12],
  ] as const;
  const wordIds = [0, 0, 1];
  const edges = { starts: { 1: 9 }, ends: { 1: 9 } };

  it('is of whole words, from the first of the context on, unless tokens are asked for', async () => {
    const window = windowOver(spans, edges, { wordIds });
    await expect(textsIn(context, [window])).resolves.toEqual(['romeburg']);
    await expect(textsIn(context, [window], { align_to_words: false })).resolves.toEqual(['burg']);
    const first = windowOver(spans, { starts: { 0: 9 }, ends: { 0: 9 } }, { wordIds });
    await expect(textsIn(context, [first])).resolves.toEqual(['romeburg']);
    await expect(textsIn(context, [first], { align_to_words: false })).resolves.toEqual(['rome']);
    const last = windowOver(spans, { starts: { 2: 9 }, ends: { 2: 9 } }, { wordIds });
    await expect(textsIn(context, [last])).resolves.toEqual(['old']);
  });

  it('is never of a token that stands for no character', async () => {
    const window = windowOver(
      [
        [0, 4],
        [4, 4],
        [4, 8],
      ],
      { starts: { 0: 1, 1: 9, 2: 5 }, ends: { 0: 1, 1: 9, 2: 5 } },
    );
    await expect(textsIn(context, [window], { top_k: 2, max_answer_len: 1 })).resolves.toEqual([
      'burg',
      'rome',
    ]);
  });

  it('is another one where it differs by more than its case', async () => {
    const text = 'Maße MASSE masse';
    const window = windowOver(wordsOf(text), { starts: { 0: 3, 1: 2, 2: 1 }, ends: { 0: 3, 1: 2, 2: 1 } });
    await expect(textsIn(text, [window], { top_k: 9, max_answer_len: 1 })).resolves.toEqual([
      'Maße',
      'MASSE',
    ]);
  });

  it('is looked for among the hundred best spans for each that is asked for', async () => {
    const among = async (copies: number) => {
      const text = `${'old '.repeat(copies)}new`;
      const logits = Object.fromEntries(wordsOf(text).map((_, token) => [token, token < copies ? 1 : 0]));
      const window = windowOver(wordsOf(text), { starts: logits, ends: logits });
      return textsIn(text, [window], { top_k: 2, max_answer_len: 1 });
    };
    await expect(among(199)).resolves.toEqual(['old', 'new']);
    await expect(among(200)).resolves.toEqual(['old']);
  });

  it('is never that there is none where no special token could say so', async () => {
    const window = windowOver(spans, { starts: { 0: 0, 1: 0 }, ends: { 0: 0, 1: 0 } }, { special: false });
    const answers = await answersIn(
      context,
      [window],
      { ...OPTIONS, top_k: 9, max_answer_len: 1, handle_impossible_answer: true },
      async () => {},
    );
    // Both edges are shared by two tokens alone; no other token is among those that share them.
    expect(answers.slice(0, 2)).toEqual([
      { start: 0, end: 4, score: expect.closeTo(1 / 4, 6) },
      { start: 4, end: 8, score: expect.closeTo(1 / 4, 6) },
    ]);
    expect(answers.every(({ start, end }) => end > start)).toBe(true);
  });

  it('is none where a window has nothing of the context', async () => {
    const { encoding, outputs } = windowOver([], {});
    await expect(textsIn(context, [{ encoding, outputs }])).resolves.toEqual([]);
    await expect(textsIn(context, [{ encoding, outputs }], { top_k: 3 })).resolves.toEqual([]);
  });
});

describe('question-answering', () => {
  const context = '😀 rome is old';
  const window = windowOver(wordsOf(context), { starts: { 1: 9, 3: 8 }, ends: { 1: 9, 3: 8 } });
  const result = async (parameters: object, windows: readonly TokenResult[][] = [[window]]) =>
    questionAnswering.result(
      { question: 'who', context },
      windows,
      questionAnswering.parameters.parse({ max_answer_len: 1, ...parameters }),
      contextOf(),
    );

  it('gives the text of the answer and its place, in the unit that is asked for', async () => {
    await expect(result({})).resolves.toMatchObject({ answer: 'rome', start: 3, end: 7 });
    await expect(result({ offset_unit: 'codepoint' })).resolves.toMatchObject({
      answer: 'rome',
      start: 2,
      end: 6,
    });
  });

  it('gives a list of the best where several are asked for', async () => {
    await expect(result({ top_k: 2 })).resolves.toMatchObject([{ answer: 'rome' }, { answer: 'old' }]);
  });

  it('gives the empty answer where no window was read', async () => {
    await expect(result({}, [])).resolves.toEqual({ answer: '', score: 0, start: 0, end: 0 });
  });

  it('divides the context, and cuts the question where a call says so', () => {
    const requests = (parameters: object) => [
      ...questionAnswering.requests(
        { question: 'who', context },
        questionAnswering.parameters.parse(parameters),
        contextOf(),
      ),
    ];
    const windows = { of: 'pair', stride: 128, maxTokens: 384 };
    expect(requests({})).toEqual([
      { text: 'who', pair: context, windows: { ...windows, other: { field: 'question' } } },
    ]);
    expect(requests({ doc_stride: 4, max_seq_len: 64, max_question_len: 9 })).toEqual([
      {
        text: 'who',
        pair: context,
        windows: { ...windows, stride: 4, maxTokens: 64, other: { field: 'question', maxTokens: 9 } },
      },
    ]);
  });
});
