/** The process of a measurement that does not come to its end. */
import { runProcess } from '@pilotlight/lifecycle/internal/profile/run-process';
import { expect, it } from 'vitest';

it('is told with the shape that it was for, and what it said', async () => {
  const job = {
    ...{ packages: 'test', name: 'nobody', version: '1.0.0', variant: 'int8', threads: 1 },
    ...{ tokens: 16, batch: 4, runs: 1, budgetMs: 1, trace: false },
  };
  await expect(runProcess(job)).rejects.toMatchObject({
    code: 'MEASUREMENT_FAILED',
    message: expect.stringMatching(
      /^nobody could not be measured with 4 texts of 16 tokens \(exit code 1\): .*Error/,
    ),
  });
});
