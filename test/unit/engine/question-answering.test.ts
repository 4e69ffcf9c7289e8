import { describe, expect, it } from 'vitest';
import type { TokenResult } from '../../../layers/engine/src/ports.ts';
import { answersIn as findAnswers } from '../../../layers/engine/src/tasks/answers.ts';
import { packagedTokenizer } from '../../fixtures/open-tokenizer.ts';
import { spanPredictor } from '../../fixtures/span-predictor.ts';

const tokenizer = await packagedTokenizer();
const predictorOf = (maxTokens = 512) => spanPredictor({ task: 'question-answering', tokenizer, maxTokens });
const OPTIONS = { top_k: 1, max_answer_len: 15, handle_impossible_answer: false, align_to_words: true };

/** Windows over a context, with logits of 9 where the tokens are given and -9 elsewhere. */
async function read(
  context: string,
  edges: readonly { starts?: Record<number, number>; ends?: Record<number, number> }[],
  windows: { stride: number; maxTokens: number } = { stride: 0, maxTokens: 512 },
): Promise<TokenResult[]> {
  const request = { text: 'who', pair: context, windows: { of: 'pair' as const, ...windows } };
  const [encodings = []] = await tokenizer.encode([request], { maxTokens: 512, alignment: true });
  expect(encodings).toHaveLength(edges.length);
  return encodings.map((encoding, i) => {
    const logits = (given: Record<number, number> = {}) => ({
      dims: [encoding.ids.length],
      data: Float32Array.from(encoding.ids, (_, token) => given[token] ?? -9),
    });
    return {
      encoding,
      outputs: { start_logits: logits(edges[i]?.starts), end_logits: logits(edges[i]?.ends) },
    };
  });
}

const answersIn = (
  context: string,
  results: Parameters<typeof findAnswers>[1],
  options: Parameters<typeof findAnswers>[2],
) => findAnswers(context, results, options, async () => {});

describe('answersIn', () => {
  // [CLS] who [SEP] the people play music [SEP]: tokens 3 to 6 are the context.
  const context = 'the people play music';

  it('scores a span by the probabilities of its edges among the context and the first token', async () => {
    const [answer] = await answersIn(
      context,
      await read(context, [{ starts: { 4: 1, 0: 1, 1: 99 }, ends: { 5: 2 } }]),
      OPTIONS,
    );
    const edge = (logit: number, others: readonly number[]) =>
      Math.exp(logit) / [logit, ...others].reduce((sum, x) => sum + Math.exp(x), 0);
    expect(answer).toEqual({
      start: 4,
      end: 15,
      score: expect.closeTo(edge(1, [1, -9, -9, -9]) * edge(2, [-9, -9, -9, -9]), 9),
    });
  });

  it('never answers with the question or a special token, however sure the model is of them', async () => {
    const sure = { 0: 50, 1: 99, 2: 99, 7: 99, 5: 0 };
    const [answer] = await answersIn(context, await read(context, [{ starts: sure, ends: sure }]), OPTIONS);
    expect(answer).toMatchObject({ start: 11, end: 15 });
  });

  it('gives a text once, where it is best, whatever its case', async () => {
    const twice = 'Music and music and play';
    const edges = { starts: { 3: 5, 5: 6, 7: 4 }, ends: { 3: 5, 5: 6, 7: 4 } };
    const answers = await answersIn(twice, await read(twice, [edges]), {
      ...OPTIONS,
      top_k: 3,
      max_answer_len: 1,
    });
    expect(answers.map(({ start, end }) => twice.slice(start, end))).toEqual(['music', 'play', 'and']);
    expect(answers[0]?.start).toBe(10);
  });

  it('gives the whole of a word whose end is in the next window', async () => {
    const word = 'the Zyzzyvazyzzyvazyzzyva';
    const windows = await tokenizer.encode(
      [{ text: 'who', pair: word, windows: { of: 'pair', stride: 0, maxTokens: 9 } }],
      { maxTokens: 512 },
    );
    const edges = windows[0]?.map((_, i) => (i === 0 ? { starts: { 4: 9 }, ends: { 5: 9 } } : {})) ?? [];
    const results = await read(word, edges, { stride: 0, maxTokens: 9 });
    expect(edges.length).toBeGreaterThan(1);
    expect(await answersIn(word, results, OPTIONS)).toMatchObject([{ start: 4, end: word.length }]);
    const parts = await answersIn(word, results, { ...OPTIONS, align_to_words: false });
    expect(parts[0]?.end).toBeLessThan(word.length);
  });

  it('answers that there is no answer by the window that is least sure of it', async () => {
    const long = 'the people play music and watch a film';
    const none = (logit: number) => ({ starts: { 0: logit, 4: 2 }, ends: { 0: logit, 4: 2 } });
    const windows = { stride: 0, maxTokens: 8 };
    const options = { ...OPTIONS, handle_impossible_answer: true };
    const surely = await read(long, [none(9), none(8)], windows);
    expect(await answersIn(long, surely, options)).toMatchObject([{ start: 0, end: 0 }]);
    expect((await answersIn(long, surely, OPTIONS)).map(({ start, end }) => long.slice(start, end))).toEqual([
      'watch',
    ]);
    const doubtful = await read(long, [none(9), none(0)], windows);
    const [best, next] = await answersIn(long, doubtful, { ...options, top_k: 2 });
    expect(best?.end).toBeGreaterThan(0);
    expect(next?.score).toBeLessThan(best?.score ?? 0);
  });
});

describe('question-answering', () => {
  const context = 'the people play music. '.repeat(100);

  it('reads a context of any length in windows, and cuts nothing', async () => {
    const { results, tokens } = await predictorOf().predict({ question: 'who plays?', context });
    expect(tokens.total).toBeGreaterThan(500);
    expect(tokens.truncated).toBe(0);
    expect(results).toMatchObject([{ answer: expect.stringMatching(/\w/), score: expect.any(Number) }]);
  });

  it('refuses a question that leaves the context no room, with the field and both numbers', async () => {
    const inputs = [
      { question: 'who?', context },
      { question: 'who '.repeat(60), context },
    ];
    await expect(predictorOf(64).predict(inputs)).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      message: expect.stringContaining('The question of input 1 has 60 tokens'),
      details: { field: expect.stringContaining('question'), index: 1, tokens: 60, maxTokens: 45 },
    });
    const cut = await predictorOf(64).predict(inputs, { truncate: true });
    expect(cut.truncated).toEqual([0, 15]);
  });

  it('takes a long question where the context is short, and cuts one where that is asked for', async () => {
    const input = { question: 'who '.repeat(60), context: 'the people' };
    await expect(predictorOf(70).predict(input)).resolves.toMatchObject({
      tokens: { total: 65, truncated: 0 },
    });
    await expect(predictorOf(70).predict(input, { max_question_len: 20 })).resolves.toMatchObject({
      tokens: { total: 25, truncated: 40 },
    });
  });

  it('answers with an empty text where the context has no tokens', async () => {
    const input = { question: 'who?', context: ' \n' };
    const none = { answer: '', score: 0, start: 0, end: 0 };
    await expect(predictorOf().predict(input)).resolves.toMatchObject({ results: [none] });
    await expect(predictorOf().predict(input, { top_k: 2 })).resolves.toMatchObject({ results: [[]] });
  });

  it.each([
    [{ question: '', context: 'x' }, 'inputs.question: must not be empty.'],
    [{ question: 'x', context: '' }, 'inputs.context: must not be empty.'],
    ['Who wrote it?', 'inputs: must be {"question": "...", "context": "..."}.'],
    [{ question: 'x' }, 'inputs.context: must be {"question": "...", "context": "..."}.'],
  ])('refuses an empty text or another shape: %j', async (input, message) => {
    await expect(predictorOf().predict(input)).rejects.toMatchObject({ code: 'INVALID_INPUT', message });
  });
});
