import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Engine } from '../../../layers/engine/src/engine.ts';
import { openSessions } from '../../../layers/engine/src/session/open-sessions.ts';
import { SummingSession } from './fakes.ts';

/** Of each thread of this process, as Linux counts it. */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      const [, fields = ''] = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ');
      return [Number(fields.split(' ')[16])];
    } catch {
      // It has ended since it was listed.
      return [];
    }
  });
}

it.runIf(process.platform === 'linux')(
  'the threads of the session of long texts give way, and no others, where short texts have a session of their own',
  async () => {
    const before = nicenesses();
    const engine = new Engine({
      packages: 'model-assets/packages',
      verify: 'size',
      sessions: 'worker',
      batching: 'dynamic',
      shortLaneTokens: 8,
      intraOpThreads: 2,
    });
    const [short, long] = ['good', 'I loved every minute of this lovely film'];
    const answers = await Promise.all([long, short].map((text) => engine.predict('sentiment', text)));
    expect(answers.map(({ results }) => results)).toMatchObject([
      [[{ label: 'positive' }, {}]],
      [[{ label: 'positive' }, {}]],
    ]);
    // The thread of JavaScript, and that of operators beside it, at least.
    expect(nicenesses().filter((nice) => nice === 10).length).toBeGreaterThanOrEqual(2);
    expect(before.filter((nice) => nice === 10)).toEqual([]);
    await engine.dispose();
    expect(nicenesses().filter((nice) => nice === 10)).toEqual([]);
  },
);

it('a load of which one session fails to open closes the other one', async () => {
  const opened = new SummingSession();
  const plan = { intraOpThreads: 1, allowSpinning: false, withShort: true, parts: 0 };
  const opening = openSessions(plan, async ({ niceness }) => {
    if (niceness === 0) throw new RangeError('no room');
    return opened;
  });
  await expect(opening).rejects.toThrow('no room');
  expect(opened.ended).toBe(true);
});
