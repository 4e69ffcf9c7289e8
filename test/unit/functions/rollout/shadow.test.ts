import { EngineError } from '@pilotlight/engine';
import { expect, it } from 'vitest';
import { Shadows } from '../../../../functions/app/src/serve/rollout/shadow.ts';
import type { RolloutRecord } from '../../../../functions/app/src/serve/rollout-port.ts';
import { silent } from '../fake-engine.ts';

function shadows(options: { readonly held?: boolean; readonly isBusy?: () => boolean } = {}) {
  const told: string[] = [];
  const ended: number[] = [];
  const tell = (record: RolloutRecord) => record.kind === 'shadow' && told.push(record.outcome);
  const all = new Shadows({ logger: silent, tell, held: false, ...options });
  let number = 0;
  const offer = (run: () => Promise<readonly unknown[]>, results: readonly unknown[] = ['yes']) => {
    const own = ++number;
    all.offer({ model: 'sentiment', version: '2.0.0', results, run, end: () => ended.push(own) });
  };
  return { all, told, ended, offer };
}

it('calls are compared one after the other, and the version is let go after each', async () => {
  const { all, told, ended, offer } = shadows();
  offer(async () => ['yes']);
  offer(async () => ['no']);
  offer(async () => ['yes', 'yes']);
  await all.drain();
  expect(told).toEqual(['same', 'differing', 'differing']);
  expect(ended).toEqual([1, 2, 3]);
});

it('calls beyond those that may wait are dropped at once, and so are all while others wait for answers', async () => {
  const { all, told, ended, offer } = shadows();
  for (let i = 0; i < 7; i++) offer(async () => ['yes']);
  expect(told).toEqual(['dropped', 'dropped']);
  await all.drain();
  expect(ended).toHaveLength(7);
  const busy = shadows({ isBusy: () => true });
  busy.offer(async () => ['yes']);
  expect(busy.told).toEqual(['dropped']);
});

it('before a process is frozen, calls wait until there is time', async () => {
  const { all, told, offer } = shadows({ held: true });
  offer(async () => ['yes']);
  await new Promise((done) => setTimeout(done, 5));
  expect(told).toEqual([]);
  await all.drain();
  expect(told).toEqual(['same']);
});

it.each([
  [new TypeError('my secret text'), 'TypeError'],
  [new EngineError('SESSION_FAILED', 'my secret text'), 'SESSION_FAILED'],
  ['my secret text', 'Error'],
])(
  'a shadow that cannot answer is counted, and the log has no text of the call: %s',
  async (thrown, said) => {
    const lines: string[] = [];
    const warn = (...line: unknown[]) => lines.push(JSON.stringify(line));
    const told: unknown[] = [];
    const all = new Shadows({
      logger: { ...silent, warn },
      tell: (record) => told.push(record),
      held: false,
    });
    const run = async () => {
      throw thrown;
    };
    all.offer({ model: 'sentiment', version: '2.0.0', results: [], run, end: () => {} });
    await all.drain();
    expect(told).toMatchObject([{ outcome: 'failed' }]);
    expect(lines).toEqual([
      JSON.stringify(['A shadow could not answer', { model: 'sentiment', version: '2.0.0', error: said }]),
    ]);
    expect(lines.join()).not.toContain('secret');
  },
);
