import type { OnnxManifest, Predictor, TokenRequest, TokenResult } from '@pilotlight/engine';
import { TASKS } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { builtInRequests } from '../../../model-assets/toolchain/src/stages/goldens.ts';
import { nearestOf } from '../../../model-assets/toolchain/src/stages/judge/embeddings.ts';
import { spansOfTags } from '../../../model-assets/toolchain/src/stages/judge/tags.ts';
import {
  judge,
  judgeRequests,
  makeReference,
  selectRequests,
} from '../../../model-assets/toolchain/src/stages/judge.ts';

type Outputs = Readonly<Record<string, readonly number[]>>;
type Facts = Partial<Pick<OnnxManifest, 'task' | 'labels' | 'taskDefaults'>>;

/** A model that gives outputs for each request in turn, of `tokens` tokens, two of which are special. */
function model(answers: readonly Outputs[], facts: Facts, tokens = ['[CLS]', 'a', '[SEP]']) {
  let next = 0;
  const special = tokens.map((token) => (/^\[(CLS|SEP)\]$/.test(token) ? 1 : 0));
  const firstSeparator = tokens.indexOf('[SEP]');
  const result = (outputs: Outputs) =>
    ({
      encoding: {
        ...{
          ids: tokens.map((_, index) => index),
          typeIds: tokens.map(() => 0),
          untruncatedLength: tokens.length,
        },
        alignment: {
          ...{ tokens, specialTokensMask: special, spans: [], wordIds: [] },
          sequenceIds: tokens.map((_, index) =>
            special[index] === 1 ? null : index > firstSeparator ? 1 : 0,
          ),
        },
      },
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([role, data]) => [
          role,
          { dims: [data.length], data: Float32Array.from(data) },
        ]),
      ),
    }) as unknown as TokenResult;
  return {
    manifest: {
      task: 'text-classification',
      labels: ['x', 'y'],
      textProcessing: {},
      ...facts,
    } as OnnxManifest,
    tokenize: async (inputs: unknown) => (inputs as unknown[]).map(() => ({ ids: [1] })),
    infer: async (requests: readonly TokenRequest[]) =>
      requests.map(() => result(answers[next++ % answers.length] ?? {})),
  } as unknown as Pick<Predictor, 'infer' | 'tokenize' | 'manifest'>;
}

/** Judges answers by those of fp32, one request for each. */
async function compare(
  fp32: readonly Outputs[],
  variant: readonly Outputs[],
  facts: Facts,
  tokens?: string[],
) {
  const requests = fp32.map((_, index) => ({ text: `text ${index}` }));
  const reference = await makeReference(model(fp32, facts, tokens), requests);
  return judge(model(variant, facts, tokens), reference);
}

const logits = (...values: number[]): Outputs => ({ logits: values });
/** The difference of two logits whose softmax is `share` and the rest. */
const odds = (share: number): number => Math.log(share / (1 - share));

describe('labels', () => {
  it('that change are counted, and those of them that fp32 gave by ten points or more', async () => {
    const fp32 = [logits(odds(0.56), 0), logits(odds(0.54), 0), logits(3, 0)];
    const variant = [logits(-1, 0), logits(-1, 0), logits(3, 0)];
    const { texts, decisions } = await compare(fp32, variant, {});
    expect([texts, decisions]).toEqual([3, { of: 'labels', total: 3, changed: 2, clear: 1 }]);
  });

  it('have scores, whose differences count in shares of the score of fp32', async () => {
    const { scores } = await compare(
      [logits(odds(0.8), 0), logits(0, 0)],
      [logits(odds(0.6), 0), logits(0, 0)],
      {},
    );
    expect(scores?.largest).toBeCloseTo(0.2 / 0.8, 4);
    expect(scores?.mean).toBeCloseTo(0.2 / 0.8 / 2, 4);
  });

  it('of which a text may have several are decisions of their own', async () => {
    const facts = { labels: ['x', 'y', 'z'], taskDefaults: { functionToApply: 'sigmoid' } } as const;
    const given = { ...facts, labels: [...facts.labels] };
    const { decisions, scores } = await compare([logits(2, -2, 0.1)], [logits(2, 2, -0.1)], given);
    expect(decisions).toEqual({ of: 'labels', total: 3, changed: 2, clear: 1 });
    expect(scores?.largest).toBeCloseTo(0.7616, 4);
  });
});

describe('scores of a ranker', () => {
  it('are compared by the order of two texts that follow each other, and by their probabilities', async () => {
    const fp32 = [logits(2), logits(-2), logits(0.1), logits(0)];
    const variant = [logits(2), logits(-2), logits(-0.1), logits(0.1)];
    const { decisions, scores } = await compare(fp32, variant, { task: 'text-ranking', labels: ['x'] });
    expect(decisions).toEqual({ of: 'orders', total: 3, changed: 1, clear: 0 });
    expect(scores?.largest).toBeCloseTo(0.04996, 4);
  });

  it('of two labels are that of the second against the first', async () => {
    const fp32 = [logits(0, 2), logits(0, -2)];
    const variant = [logits(2, 0), logits(0, 2)];
    const { decisions } = await compare(fp32, variant, { task: 'text-ranking' });
    expect(decisions).toMatchObject({ total: 1, changed: 1, clear: 1 });
  });

  it('of a regression are measured in units of their root mean square', async () => {
    const facts = { labels: ['x'], taskDefaults: { functionToApply: 'none' } } as const;
    const given = { ...facts, labels: [...facts.labels] };
    const { scores } = await compare([logits(300), logits(-400)], [logits(300), logits(-390)], given);
    const size = Math.sqrt((300 ** 2 + 400 ** 2) / 2);
    expect(scores).toEqual({ largest: Number((10 / size).toFixed(5)), mean: Number((5 / size).toFixed(5)) });
  });
});

describe('spans of a tagger', () => {
  const labels = ['O', 'B-x', 'I-x'];
  const tag = (label: number, margin = 5): number[] =>
    labels.map((_, index) => (index === label ? margin : 0));
  const tokens = ['[CLS]', 'a', 'b', 'c', '[SEP]'];
  const tagged = (...tags: number[][]): Outputs => ({ logits: [tag(1), ...tags, tag(1)].flat() });
  const facts = { task: 'token-classification', labels } as const;

  it('are changed where only one of the two finds them, and special tokens are in none', async () => {
    const fp32 = [tagged(tag(1), tag(2), tag(0))];
    const same = await compare(fp32, fp32, { ...facts, labels }, tokens);
    expect(same.decisions).toEqual({ of: 'spans', total: 1, changed: 0, clear: 0 });
    const shorter = await compare(fp32, [tagged(tag(1), tag(0), tag(0))], { ...facts, labels }, tokens);
    expect(shorter.decisions).toEqual({ of: 'spans', total: 2, changed: 2, clear: 2 });
  });

  it('change clearly where fp32 was clear about a tag that changes, also one beside the span', async () => {
    const fp32 = [tagged(tag(1), tag(2, 0.01), tag(0))];
    const { decisions } = await compare(fp32, [tagged(tag(1), tag(0), tag(0))], { ...facts, labels }, tokens);
    expect(decisions).toMatchObject({ changed: 2, clear: 0 });
    const longer = await compare(
      [tagged(tag(1), tag(0), tag(0))],
      [tagged(tag(1), tag(2), tag(0))],
      { ...facts, labels },
      tokens,
    );
    expect(longer.decisions).toMatchObject({ changed: 2, clear: 2 });
  });

  it.each([
    [
      ['O', 'B-x', 'I-x', 'B-x', 'O'],
      [
        ['x', 1, 2],
        ['x', 3, 3],
      ],
    ],
    [
      ['I-x', 'I-x', 'I-y'],
      [
        ['x', 0, 1],
        ['y', 2, 2],
      ],
    ],
    [['O', 'O'], []],
  ])('of %j are %j', (tags, spans) => {
    const found = spansOfTags(tags, ['O', 'B-x', 'I-x', 'B-y', 'I-y']);
    expect(found.map(({ tag: kind, first, last }) => [kind, first, last])).toEqual(spans);
  });

  it('end where their labels say so', () => {
    const found = spansOfTags(['B-x', 'E-x', 'I-x', 'S-x'], ['O', 'B-x', 'I-x', 'E-x', 'S-x']);
    expect(found.map(({ first, last }) => [first, last])).toEqual([
      [0, 1],
      [2, 2],
      [3, 3],
    ]);
  });
});

describe('answers to questions', () => {
  const tokens = ['[CLS]', 'q', '[SEP]', 'a', 'b', 'c', '[SEP]'];
  /** Logits of edges: that of the answer is 4 over the others. */
  const answer = (start: number, end: number, height = 4): Outputs => ({
    start_logits: tokens.map((_, token) => (token === start ? height : 0)),
    end_logits: tokens.map((_, token) => (token === end ? height : 0)),
  });
  const facts = { task: 'question-answering', labels: [] } as const;

  it('are the best span of the context, and are changed where an edge is', async () => {
    const fp32 = [answer(3, 4), answer(4, 5), answer(3, 3, 0.02)];
    const variant = [answer(3, 5), answer(4, 5), answer(4, 4, 0.02)];
    const { decisions } = await compare(fp32, variant, { ...facts, labels: [] }, tokens);
    expect(decisions).toEqual({ of: 'answers', total: 3, changed: 2, clear: 1 });
  });

  it('are never in the question, whatever its scores are', async () => {
    const fp32 = [{ start_logits: [0, 9, 0, 1, 0, 0, 0], end_logits: [0, 9, 0, 1, 0, 0, 0] }];
    const variant = [{ start_logits: [9, 0, 0, 1, 0, 0, 9], end_logits: [9, 0, 0, 1, 0, 0, 9] }];
    const { decisions, scores } = await compare(fp32, variant, { ...facts, labels: [] }, tokens);
    expect([decisions.changed, scores]).toEqual([0, { largest: 0, mean: 0 }]);
  });

  it('have the probability of fp32’s answer as their score', async () => {
    const { scores } = await compare([answer(3, 4)], [answer(3, 4, 3)], { ...facts, labels: [] }, tokens);
    const share = (height: number) => (Math.exp(height) / (Math.exp(height) + 2)) ** 2;
    expect(scores?.largest).toBeCloseTo(1 - share(3) / share(4), 4);
  });
});

describe('tokens in place of masks', () => {
  it('are compared where the masks are: the first token, and the probabilities of the first five of fp32', async () => {
    const tokens = ['[CLS]', '[MASK]', 'a', '[SEP]'];
    const rows = (mask: number[]): Outputs => ({
      logits: [[9, 0, 0, 0, 0, 0, 0], mask, [0, 9, 0, 0, 0, 0, 0], [0, 0, 9, 0, 0, 0, 0]].flat(),
    });
    const fp32 = [rows([6, 5, 4, 3, 2, 1, 0])];
    const variant = [rows([5, 6, 4, 3, 2, 0, 1])];
    const facts = { task: 'fill-mask', labels: [] } as const;
    const { decisions, scores } = await compare(fp32, variant, { ...facts, labels: [] }, tokens);
    expect(decisions).toEqual({ of: 'tokens', total: 1, changed: 1, clear: 1 });
    expect(scores?.largest).toBeCloseTo(Math.E - 1, 4);
    expect(scores?.mean).toBeCloseTo((Math.E - 1 + 1 - 1 / Math.E) / 5, 4);
  });
});

describe('embeddings', () => {
  const at = (degrees: number): Outputs => {
    const angle = (degrees * Math.PI) / 180;
    return { embeddings: [2 * Math.cos(angle), 2 * Math.sin(angle)] };
  };
  const facts = { task: 'feature-extraction', labels: [] } as const;

  it('are compared by their cosine to those of fp32, the worst and the mean', async () => {
    const { cosine } = await compare([at(0), at(90)], [at(0), at(150)], { ...facts, labels: [] });
    expect(cosine).toEqual({ least: 0.5, mean: 0.75 });
  });

  it('change their nearest neighbour, clearly where the new one is farther by two hundredths of cosine', async () => {
    const fp32 = [at(0), at(50), at(-51), at(180), at(200)];
    const near = await compare(fp32, [at(0), at(50), at(-49), at(180), at(200)], { ...facts, labels: [] });
    expect(near.decisions).toEqual({ of: 'neighbours', total: 5, changed: 1, clear: 0 });
    const far = await compare(
      [at(0), at(50), at(-60), at(180), at(200)],
      [at(0), at(50), at(-49), at(180), at(200)],
      { ...facts, labels: [] },
    );
    expect(far.decisions).toMatchObject({ changed: 1, clear: 1 });
  });

  it('are pooled from the states of tokens as the model serves them', async () => {
    const states = (first: number[]): Outputs => ({ hidden_states: [...first, 0, 1, 0, 1] });
    const cls = { ...facts, labels: [], taskDefaults: { pooling: 'cls' } } as const;
    const given = { ...cls, labels: [] };
    const changed = [states([1, 0]), states([1, 0])];
    expect((await compare([states([0, 1]), states([0, 1])], changed, given)).cosine?.least).toBe(0);
    const mean = await compare([states([0, 1]), states([0, 1])], changed, { ...facts, labels: [] });
    expect(mean.cosine?.least).toBeCloseTo(2 / Math.sqrt(5), 4);
  });

  it('have the first of equally near texts as their neighbour', () => {
    const vector = (...values: number[]) => Float32Array.from(values);
    expect(nearestOf([vector(1, 0), vector(0, 1), vector(0, 1), vector(0.6, 0.8)])).toEqual([3, 2, 1, 1]);
  });
});

describe('the requests that quality is judged on', () => {
  it.each(TASKS)('of %s are 200 different ones or 60 questions, none of which is a golden', (task) => {
    const key = ({ text, pair }: TokenRequest) => JSON.stringify([text, pair]);
    const requests = judgeRequests({ task });
    const different = new Set(requests.map(key));
    expect(different.size).toBe(task === 'question-answering' ? 60 : 200);
    expect(requests.length).toBe(different.size);
    for (const golden of builtInRequests({ task, maxTokens: 64 }))
      expect(different).not.toContain(key(golden));
  });

  it('have one mask each for a model that fills masks, in its own spelling', () => {
    for (const { text } of judgeRequests({ task: 'fill-mask', maskToken: '<mask>' }))
      expect(text.split('<mask>')).toHaveLength(2);
  });

  it('are chosen evenly where a user brings more than are compared with each other', () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ text: `${index}` }));
    const chosen = selectRequests(many);
    expect(chosen).toHaveLength(400);
    expect([chosen[0], chosen[1], chosen[399]]).toEqual([{ text: '0' }, { text: '2' }, { text: '997' }]);
    expect(selectRequests(many.slice(0, 400))).toHaveLength(400);
  });

  it('without a token are left out, because the model refuses them', async () => {
    const fp32 = model([logits(1, 0)], {});
    const tokenize = async () => [{ ids: [] }, { ids: [1] }];
    const { requests } = await makeReference(
      { ...fp32, tokenize: tokenize as unknown as typeof fp32.tokenize },
      [{ text: '' }, { text: 'a' }],
    );
    expect(requests).toEqual([{ text: 'a' }]);
  });
});
