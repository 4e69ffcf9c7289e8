/** Jobs of servers that are killed: none is lost, and none is answered twice. */
import { expect, test } from 'vitest';
import * as z from 'zod';
import { inputsOf, jobStorm } from '../e2e/job-storm.ts';
import { startServer } from '../e2e/server.ts';
import { cases } from './scale.ts';

const KILLS = cases({ short: 4, long: 70 });
const JOBS = cases({ short: 20, long: 300 });

const answerSchema = z.array(z.array(z.object({ label: z.string(), score: z.number() })));
/** By how much the score of an int8 model may differ with what shares its batch. */
const INT8_TOLERANCE = 0.03;

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
      const differences = positives(result).map((score, j) => Math.abs(score - (expected[j] ?? 9)));
      expect(differences).toHaveLength(storm.inputs);
      expect(Math.max(...differences)).toBeLessThan(INT8_TOLERANCE);
    }
    calm.signal('SIGKILL');
  },
  KILLS * 30_000,
);
