import { expect, it } from 'vitest';
import type { Feeds, Outputs } from '../../../layers/engine/src/ports.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';
import { predictorOf, SummingSession } from './fakes.ts';

const first = { top_k: 1, function_to_apply: 'none' };
const even = { result: [{ label: 'even', score: 98 }] };

it('predictEach gives every input its own outcome, so that a bad one stops nobody', async () => {
  const { outcomes } = await predictorOf().predictEach(['b', 7, 'x'.repeat(65), 'b'], first);
  expect(outcomes).toMatchObject([
    even,
    { error: { code: 'INVALID_INPUT', details: { field: 'inputs' } } },
    { error: { code: 'INPUT_TOO_LONG', details: { tokens: 65, maxTokens: 64 } } },
    even,
  ]);
});

it('predictEach counts as cut what was cut, not what a refused input is too long', async () => {
  const inputs = ['b', 'x'.repeat(65)];
  await expect(predictorOf().predictEach(inputs, first)).resolves.toMatchObject({ truncated: [0, 0] });
  const { truncated, tokens } = await predictorOf().predictEach(inputs, { ...first, truncate: true });
  expect({ truncated, sum: tokens.truncated }).toEqual({ truncated: [0, 1], sum: 1 });
});

it('predictEach answers as predict does where every input is good', async () => {
  const predictor = predictorOf();
  const texts = ['abc', 'b', 'x'.repeat(40), 'yes'];
  const { results, tokens } = await predictor.predict(texts);
  const each = await predictor.predictEach(texts);
  expect(each.outcomes).toEqual(results.map((result) => ({ result })));
  expect(each.tokens).toEqual(tokens);
});

/** Does not run batches in which a text of three tokens is. */
class PickySession extends SummingSession {
  override run(feeds: Feeds): Promise<Outputs> {
    const mask = feeds.attention_mask;
    const [rows = 0, tokens = 0] = mask?.dims ?? [];
    for (let row = 0; row < rows; row++) {
      const length = mask?.data.slice(row * tokens, (row + 1) * tokens).filter((bit) => bit === 1n).length;
      if (length === 3) return Promise.reject(new EngineError('SESSION_FAILED', 'It was not run.'));
    }
    return super.run(feeds);
  }
}

it('predictEach runs the members of a batch that failed one by one, and blames the one that fails alone', async () => {
  const { outcomes } = await predictorOf({ session: new PickySession() }).predictEach(
    ['b', 'abc', 'b'],
    first,
  );
  expect(outcomes).toMatchObject([even, { error: { code: 'SESSION_FAILED' } }, even]);
});

it('predictEach blames no input for a session that is gone', async () => {
  const session = new PickySession();
  session.ended = true;
  await expect(predictorOf({ session }).predictEach(['b', 'abc'], first)).rejects.toMatchObject({
    code: 'SESSION_FAILED',
  });
});

it('predictEach lets other work of the thread run between two batches', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 0);
  const session = new SummingSession();
  session.run = (feeds) => {
    const until = performance.now() + 5;
    while (performance.now() < until);
    return SummingSession.prototype.run.call(session, feeds);
  };
  await predictorOf({ session }).predictEach(Array.from({ length: 8 }, (_, i) => `${i}`.repeat(64)));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

it('predictEach checks parameters without an input, and names the one that the task does not take', () => {
  const predictor = predictorOf();
  expect(() => predictor.checkParameters(first)).not.toThrow();
  expect(() => predictor.checkParameters({ top_k: 'many' })).toThrow(
    expect.objectContaining({ code: 'INVALID_PARAMETER', details: { field: 'parameters.top_k' } }),
  );
  expect(() => predictor.checkParameters({}, { task: 'fill-mask' })).toThrow(
    expect.objectContaining({ code: 'TASK_UNSUPPORTED' }),
  );
});
