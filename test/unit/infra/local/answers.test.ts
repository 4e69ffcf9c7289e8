import { describe, expect, it } from 'vitest';
import { render } from '../../../../cli/src/predict/answers.ts';

const lines = (...args: Parameters<typeof render>) => render(...args).split('\n');
const HALF = '█████░░░░░';
const WHOLE = '██████████';

describe('render', () => {
  it('shows both texts of a pair beside the label', () => {
    const input = { text: 'It rains', text_pair: 'It is wet' };
    const [header, row] = lines(
      'text-classification',
      [{ input, result: [{ label: 'yes', score: 0.5 }] }],
      80,
    );
    expect(header).toMatch(/^TEXT +LABEL +SCORE$/);
    expect(row).toMatch(new RegExp(`^It rains \\| It is wet +yes +0\\.500 +${HALF}$`));
  });

  it('shows the labels of tokens by themselves as those of spans', () => {
    const place = { start: 5, end: 9, score: 0.5, word: 'jazz' };
    const token = { ...place, entity: 'B-track', index: 2, token: 'jazz' };
    const shown = (span: object) =>
      lines('token-classification', [{ input: 'play jazz', result: [span] }], 80);
    expect(shown(token)[0]).toBe('play [jazz|B-track]');
    expect(shown(token)[3]).toMatch(/^jazz +B-track +5-9 +0\.500/);
    expect(shown({ ...place, entity_group: 'track' })[0]).toBe('play [jazz|track]');
  });

  it('shows the candidate labels of each text in their order', () => {
    const result = { sequence: 'late', labels: ['delivery', 'payment'], scores: [1, 0.5] };
    const [, first, second] = lines('zero-shot-classification', [{ input: 'late', result }], 80);
    expect(first).toMatch(new RegExp(`^late +delivery +1\\.000 +${WHOLE}$`));
    expect(second).toMatch(new RegExp(`^ +payment +0\\.500 +${HALF}$`));
  });

  it('shows the tokens of each mask of a text, beside the text once a mask', () => {
    const token = (token_str: string) => ({ token_str, score: 0.5, token: 1, sequence: '' });
    const input = '[MASK] [MASK]';
    const [, ...one] = lines('fill-mask', [{ input: '[MASK]', result: [token('a'), token('b')] }], 80);
    const [, ...two] = lines('fill-mask', [{ input, result: [[token('a')], [token('b')]] }], 80);
    expect(one.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
      ['[MASK]', 'a'],
      ['', 'b'],
    ]);
    expect(two.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
      [input, 'a'],
      [input, 'b'],
    ]);
  });

  it('shows the answers to a question, and that there is none', () => {
    const input = { question: 'Who?', context: 'Ada wrote it.' };
    const ada = { answer: 'Ada', start: 0, end: 3, score: 0.5 };
    const none = { answer: '', start: 0, end: 0, score: 1 };
    const [header, first, second] = lines('question-answering', [{ input, result: [ada, none] }], 80);
    expect(header).toMatch(/^QUESTION +ANSWER +OFFSETS +SCORE$/);
    expect(first).toMatch(new RegExp(`^Who\\? +Ada +0-3 +0\\.500 +${HALF}$`));
    expect(second).toMatch(new RegExp(`^ +\\(no answer\\) +0-0 +1\\.000 +${WHOLE}$`));
    expect(lines('question-answering', [{ input, result: ada }], 80)[1]).toMatch(/^Who\? +Ada +0-3 /);
  });

  it('shows a sentence and its cosine, and a text by its place in the input', () => {
    const compared = { source_sentence: 'a', sentences: ['one', 'two'] };
    const [, one, two] = lines('sentence-similarity', [{ input: compared, result: [1, -0.25] }], 80);
    expect(one).toMatch(new RegExp(`^one +1\\.000 +${WHOLE}$`));
    expect(two).toMatch(/^two +-0\.250 +░{10}$/);
    const ranked = { query: 'q', texts: ['one', 'two'] };
    const [, best] = lines('text-ranking', [{ input: ranked, result: [{ index: 1, score: 0.5 }] }], 80);
    expect(best).toMatch(new RegExp(`^ +1 +two +0\\.500 +${HALF}$`));
  });
});
