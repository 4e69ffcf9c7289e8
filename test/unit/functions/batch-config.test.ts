import { expect, it } from 'vitest';
import { readBatchConfig, withoutBatchConfig } from '../../../functions/app/src/settings/batch-config.ts';

const NEEDED = { PILOTLIGHT_BATCH_QUEUE_URL: 'https://sqs/1/q', PILOTLIGHT_BATCH_BUCKET: 'uploads' };

it('the settings of the batch function need a queue and a bucket, and have defaults for the rest', () => {
  expect(readBatchConfig(NEEDED)).toEqual({
    ...NEEDED,
    PILOTLIGHT_BATCH_INPUT_PREFIX: 'in/',
    PILOTLIGHT_BATCH_OUTPUT_PREFIX: 'out/',
    PILOTLIGHT_BATCH_PART_ROWS: 10_000,
    PILOTLIGHT_BATCH_MAX_ROW_BYTES: 1_000_000,
  });
});

it.each([
  [{ PILOTLIGHT_BATCH_BUCKET: undefined }, 'PILOTLIGHT_BATCH_BUCKET'],
  [{ PILOTLIGHT_BATCH_PART_ROWS: '0' }, 'PILOTLIGHT_BATCH_PART_ROWS: must be a whole number above 0'],
  [{ PILOTLIGHT_BATCH_INPUT_PREFIX: '/in' }, 'PILOTLIGHT_BATCH_INPUT_PREFIX: must end in a slash'],
  [{ PILOTLIGHT_BATCH_OUTPUT_PREFIX: 'in/out/' }, 'must not lie within the input prefix'],
  [{ PILOTLIGHT_BATCH_INPUT_PREFIX: 'out/in/' }, 'must not lie within the input prefix'],
  [{ PILOTLIGHT_BATCH_PART_ROW: '1' }, 'Did you mean PILOTLIGHT_BATCH_PART_ROWS?'],
])('the settings of the batch function refuse %j', (change, message) => {
  expect(() => readBatchConfig({ ...NEEDED, ...change })).toThrow(message);
});

it('the settings of the batch function leave the variables of other programs alone', () => {
  expect(withoutBatchConfig({ ...NEEDED, PILOTLIGHT_MODELS_DIR: '/opt/models' })).toEqual({
    PILOTLIGHT_MODELS_DIR: '/opt/models',
  });
});
