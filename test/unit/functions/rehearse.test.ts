import { expect, it, vi } from 'vitest';
import { rehearse } from '../../../functions/predict/rehearse.ts';

it('a rehearsal goes the way of a prediction, and logs nothing', async () => {
  const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const answered = vi.spyOn(Response.prototype, 'text');
  await rehearse(logger);
  const [response] = answered.mock.contexts;
  expect(response).toMatchObject({ status: 404 });
  expect(await answered.mock.results[0]?.value).toContain('"There is no such model');
  for (const log of Object.values(logger)) expect(log).not.toHaveBeenCalled();
});
