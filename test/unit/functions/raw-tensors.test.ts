/** Tensors of the graph by the Open Inference Protocol, in several batches: a row is 40 of the 64 tokens of one. */
import { expect, it } from 'vitest';
import type { Feeds, Outputs } from '../../../layers/engine/src/ports.ts';
import { predictorOf, SummingSession } from '../engine/fakes.ts';
import { fakeApp, fakeEngine, postJson } from './fake-engine.ts';

const ROWS = 3;
const TOKENS = 40;
const infer = (init: RequestInit = {}) =>
  [
    '/v2/models/sentiment/infer',
    {
      ...postJson({
        inputs: [
          {
            name: 'input_ids',
            shape: [ROWS, TOKENS],
            datatype: 'INT64',
            data: Array(ROWS * TOKENS).fill(7),
          },
        ],
      }),
      ...init,
    },
  ] as const;

function world(session: SummingSession = new SummingSession()) {
  const predictor = predictorOf({ session });
  const app = fakeApp({ engine: { ...fakeEngine(), predictor: async () => predictor } });
  const began = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  session.gate = gate.promise;
  const run = session.run.bind(session);
  session.run = (feeds) => {
    began.resolve();
    return run(feeds);
  };
  return { app, predictor, session, began: began.promise, open: gate.resolve };
}

it('a call of several batches ends on a model that is unloaded after the first', async () => {
  const { app, predictor, session, began, open } = world();
  const answered = app.request(...infer());
  await began;
  const disposed = predictor.dispose();
  open();
  expect((await answered).status).toBe(200);
  await disposed;
  expect([session.runs, session.ended]).toEqual([ROWS, true]);
});

it('a call of several batches is given up after the one under way, once its client is gone', async () => {
  const { app, session, began, open } = world();
  const client = new AbortController();
  const answered = app.request(...infer({ signal: client.signal }));
  await began;
  client.abort();
  open();
  expect(await (await answered).json()).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(session.runs).toBe(1);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'outputs with %s are a failure, and no null',
  async (value) => {
    class Overflowing extends SummingSession {
      override async run(feeds: Feeds): Promise<Outputs> {
        const { logits, ...rest } = await super.run(feeds);
        if (logits) logits.data[1] = value;
        return { ...rest, ...(logits && { logits }) };
      }
    }
    const { app, open } = world(new Overflowing());
    open();
    const response = await app.request(...infer());
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'SESSION_FAILED' });
  },
);
