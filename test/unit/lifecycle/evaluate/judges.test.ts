/** How judges read rows, and what they make of answers that a model gives, or refuses to give. */
import { type BulkModel, EngineError, type Outcome } from '@pilotlight/engine';
import { chooseJudge } from '@pilotlight/lifecycle/internal/evaluate/judges/choose';
import { describe, expect, it } from 'vitest';

/** A model of an archive, which says no tokens, and answers by the text. */
function modelFor(task: string, answers: Readonly<Record<string, unknown>>): BulkModel {
  const asked = (input: unknown): Outcome => {
    const key = typeof input === 'string' ? input : JSON.stringify(input);
    return key in answers
      ? { result: answers[key] }
      : { error: new EngineError('INPUT_TOO_LONG', 'It is too long.') };
  };
  return {
    manifest: { runtime: 'allennlp', name: 'made', task: 'made_model', tasks: [task] },
    predictEach: async (inputs: readonly unknown[]) => ({ outcomes: inputs.map(asked) }),
  } as unknown as BulkModel;
}

async function judge(model: BulkModel, rows: readonly Readonly<Record<string, unknown>>[]) {
  const placed = rows.map((fields, index) => ({ line: index + 1, fields }));
  const { judge: chosen } = chooseJudge(model, {}, placed);
  const examples = chosen.read(placed, 'rows.jsonl');
  const answers = await chosen.answer(examples);
  const facts = answers.map((answer) => answer.facts);
  return { answers, metrics: Object.fromEntries(chosen.measure(facts)), details: chosen.describe?.(facts) };
}

describe('labels', () => {
  const model = modelFor('text-classification', {
    good: [{ label: 'positive', score: 0.9 }],
    bad: [{ label: 'positive', score: 0.6 }],
    '{"text":"a","text_pair":"b"}': [{ label: 'negative', score: 1 }],
  });
  const rows = [
    { text: 'good', label: 'positive' },
    { text: 'bad', label: 'negative' },
    { text: 'a', pair: 'b', label: 'negative' },
    { text: 'long', label: 'negative' },
  ];

  it('are compared, pairs of texts too, and a row that the model refuses is a wrong answer', async () => {
    const { answers, metrics, details } = await judge(model, rows);
    expect(answers.map(({ shown, isRight }) => [shown, isRight])).toEqual([
      ['positive', true],
      ['positive', false],
      ['negative', true],
      ['(refused: It is too long.)', false],
    ]);
    expect(metrics).toMatchObject({ accuracy: 0.5 });
    expect(details?.labels).toEqual([
      { label: 'positive', precision: 0.5, recall: 1, f1: 2 / 3, support: 1 },
      { label: 'negative', precision: 1, recall: 1 / 3, f1: 0.5, support: 3 },
    ]);
    expect(details?.calibration?.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });

  it('of intents are judged in scope and out of scope', async () => {
    const oos = rows.map((row, index) => (index === 1 ? { ...row, label: 'oos' } : row));
    expect((await judge(model, oos)).metrics).toMatchObject({
      'in-scope-accuracy': 2 / 3,
      'out-of-scope-recall': 0,
    });
  });
});

describe('tags', () => {
  const text = 'Joel Smith lives in New York';
  const tags = ['B-PER', 'L-PER', 'O', 'O', 'B-LOC', 'L-LOC'];
  const entity = (name: string, start: number, end: number) => ({ entity: name, start, end });
  const model = modelFor('token-classification', {
    [text]: [entity('B-PER', 0, 4), entity('L-PER', 5, 10), entity('O', 11, 16), entity('U-LOC', 20, 28)],
  });

  it('of an archive are those of its words that stand where ours do', async () => {
    const row = { text, tokens: text.split(' '), tags };
    const { metrics, answers } = await judge(model, [row]);
    expect(metrics).toMatchObject({ 'span-precision': 1 / 3, 'span-recall': 0.5, 'exact-match': 0 });
    expect(metrics['word-accuracy']).toBeCloseTo(4 / 6);
    expect(answers[0]?.shown).toBe('Joel/B-PER Smith/L-PER New/U-LOC York/U-LOC');
  });

  it('may be texts with blanks between, and must be as many as the tokens, which stand in the text', async () => {
    expect((await judge(model, [{ tokens: text, tags: tags.join(' ') }])).metrics).toHaveProperty('span-f1');
    const refuse = (row: Readonly<Record<string, unknown>>) => expect(judge(model, [row])).rejects;
    await refuse({ tokens: 'a b', tags: 'O' }).toThrow(
      'Line 1 of rows.jsonl is refused: tags must be as many',
    );
    await refuse({ text: 'a', tokens: 'b', tags: 'O' }).toThrow('tokens must stand in text');
  });
});

describe('answers', () => {
  const ask = (question: string) => JSON.stringify({ question, context: 'In 1815, in London.' });
  const model = modelFor('question-answering', {
    [ask('When?')]: { answer: '1815', score: 0.9 },
    [ask('Where?')]: { answer: 'in London.', score: 0.8 },
    [ask('Who?')]: { answer: '', score: 0.1 },
  });

  it('match one of several, in whichever way rows have them', async () => {
    const context = 'In 1815, in London.';
    const { metrics } = await judge(model, [
      { question: 'When?', context, answers: ['year 1815', { text: '1815' }] },
      { question: 'Where?', context, answer: 'London' },
      { question: 'Who?', context, answers: { text: [] } },
    ]);
    expect(metrics['exact-match']).toBeCloseTo(2 / 3);
    expect(metrics['token-f1']).toBeCloseTo((1 + 2 / 3 + 1) / 3);
  });

  it('that are missing are refused with their line', async () => {
    await expect(judge(model, [{ question: 'When?', context: 'x' }])).rejects.toThrow(
      /Line 1 .*answers is missing/,
    );
  });
});

describe('texts', () => {
  const model = modelFor('text2text-generation', { hello: { generated_text: 'guten Tag ' } });

  it('are compared with one reference or several', async () => {
    const { metrics } = await judge(model, [
      { text: 'hello', reference: 'guten Tag' },
      { text: 'hello', references: ['hallo', 'guten Abend'] },
    ]);
    expect(metrics).toMatchObject({ 'exact-match': 0.5, 'rouge-1': 0.75 });
  });
});

it('a model whose answers have no labels is refused by name, with what can be evaluated', () => {
  expect(() => chooseJudge(modelFor('coreference', {}), {}, [])).toThrow(
    expect.objectContaining({
      code: 'NOT_EVALUABLE',
      message: expect.stringMatching(/^Model made is for made_model.*text-classification/),
    }),
  );
});
