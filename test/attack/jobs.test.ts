/** Jobs of servers that are killed: none is lost, and none is answered twice. */
import { expect, test } from 'vitest';
import * as z from 'zod';
import { inputsOf, jobStorm } from '../e2e/job-storm.ts';
import { startServer } from '../e2e/server.ts';
import { cases } from '../scale.ts';

const KILLS = cases({ short: 4, long: 70 });
const JOBS = cases({ short: 20, long: 150 });

const answerSchema = z.array(z.array(z.object({ label: z.string(), score: z.number() })));

const positives = (answer: unknown) =>
  answerSchema
    .parse(answer)
    .map((labels) => labels.find(({ label }) => label === 'positive')?.score ?? Number.NaN);

test(
  'no job is lost and none is answered twice, however often servers are killed, S3 fails and messages come twice',
  async () => {
    const storm = { jobs: JOBS, inputs: 8, servers: 2, kills: KILLS, longestLifeMs: 500, trouble: 0.03 };
    const { jobs, interrupted, waiting, deadLetters, troubles } = await jobStorm(storm);
    expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => 'done'));
    expect(jobs.map(({ resultWrites }) => resultWrites)).toEqual(jobs.map(() => 1));
    expect([waiting, deadLetters]).toEqual([{ visible: 0, hidden: 0 }, 0]);
    expect(interrupted).toBeGreaterThan(0);
    expect(Object.values(troubles).reduce((sum, count) => sum + count)).toBeGreaterThan(0);

    const calm = await startServer({
      PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    });
    for (const [i, { result }] of jobs.entries()) {
      const expected = positives((await calm.predict(inputsOf(i, storm.inputs))).body);
      expect(expected).toHaveLength(storm.inputs);
      expect(positives(result)).toEqual(expected);
    }
    calm.signal('SIGKILL');
  },
  KILLS * 30_000,
);
