import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import type { ColdStart } from '../../../infra/constructs/src/cold-start.ts';
import {
  type ColdStartSurroundings,
  checkColdStart,
} from '../../../infra/constructs/src/cold-start-checks.ts';
import { refusalOf } from './template.ts';

const surroundings: ColdStartSurroundings = {
  placement: 'layer',
  ephemeralStorageMegabytes: 512,
  aliasName: 'live',
};
const window = { from: '08:00', to: '18:00', min: 2 };
const scheduled = (...windows: object[]) => ({ kind: 'provisioned', min: 1, max: 4, schedules: { windows } });
const warmUp = { kind: 'warmup', every: Duration.minutes(5), concurrency: 2 };

/** As a configuration file would have it, where no compiler has looked. */
function check(coldStart: object, other: Partial<ColdStartSurroundings> = {}): void {
  checkColdStart(coldStart as ColdStart, { ...surroundings, ...other });
}

describe('refuses with a sentence', () => {
  test.each<[string, object, Partial<ColdStartSurroundings>, string]>([
    [
      'SnapStart with provisioned concurrency',
      { kind: 'snapstart-image', count: 2 },
      { placement: 'image' },
      'SnapStart and provisioned concurrency exclude each other: Lambda takes one of them for a version.',
    ],
    [
      'SnapStart with more than 512 MB of ephemeral storage',
      { kind: 'snapstart-image' },
      { placement: 's3', ephemeralStorageMegabytes: 2048 },
      'SnapStart excludes ephemeral storage above 512 MB, and this function has 2048 MB. Place the models in an image.',
    ],
    [
      'SnapStart of a zip package',
      { kind: 'snapstart-image' },
      {},
      'SnapStart for Node.js exists for container images only, and this function is a zip package with layers. ' +
        "Set placement to 'image'.",
    ],
    [
      'provisioned concurrency on $LATEST',
      { kind: 'provisioned', count: 1 },
      { aliasName: '$LATEST' },
      'Provisioned concurrency needs a published version: $LATEST can not have it.',
    ],
    [
      'more provisioned than reserved concurrency',
      { kind: 'provisioned', count: 11 },
      { reservedConcurrency: 10 },
      'The provisioned concurrency, 11, is above the reserved concurrency of the function, 10.',
    ],
    [
      'a schedule above the reserved concurrency',
      scheduled({ ...window, min: 11 }),
      { reservedConcurrency: 10 },
      'The provisioned concurrency of MON,TUE,WED,THU,FRI 08:00-18:00, 11, is above the reserved concurrency of the function, 10.',
    ],
    [
      'a warm-up of more than the reserved concurrency',
      { ...warmUp, concurrency: 11 },
      { reservedConcurrency: 10 },
      'The warm-up concurrency, 11, is above the reserved concurrency of the function, 10.',
    ],
    [
      'min above max',
      { kind: 'provisioned', min: 5, max: 4 },
      {},
      'Provisioned concurrency: min 5 is above max 4.',
    ],
    [
      'count beside min and max',
      { kind: 'provisioned', count: 1, min: 1, max: 4 },
      {},
      'Provisioned concurrency has either a count, or min and max, not both.',
    ],
    [
      'half an environment',
      { kind: 'provisioned', count: 0.5 },
      {},
      'Provisioned concurrency: count is 0.5, not a whole number.',
    ],
    [
      'utilisation below 0.1',
      { kind: 'provisioned', min: 1, max: 4, utilization: 0.05 },
      {},
      'Utilisation is 0.05; Application Auto Scaling takes 0.1 to 0.9.',
    ],
    [
      'utilisation above 0.9',
      { kind: 'provisioned', min: 1, max: 4, utilization: 0.95 },
      {},
      'Utilisation is 0.95; Application Auto Scaling takes 0.1 to 0.9.',
    ],
    [
      'none provisioned and no schedule for more',
      { kind: 'provisioned', count: 0 },
      {},
      'Provisioned concurrency of 0 without schedules never becomes more: there is no utilisation to scale on.',
    ],
    [
      'schedules that overlap',
      scheduled(window, { from: '17:00', to: '19:00', days: ['FRI'], min: 3 }),
      {},
      'The schedules MON,TUE,WED,THU,FRI 08:00-18:00 and FRI 17:00-19:00 overlap: one must end first.',
    ],
    [
      'a schedule that passes midnight',
      scheduled({ ...window, from: '22:00', to: '06:00' }),
      {},
      'The schedule MON,TUE,WED,THU,FRI 22:00-06:00 can never be reached: they end before they begin; divide hours that pass midnight in two.',
    ],
    [
      'a schedule without days',
      scheduled({ ...window, days: [] }),
      {},
      'The schedule  08:00-18:00 can never be reached: "days" is empty, so that they never come.',
    ],
    [
      'a time that no clock shows',
      scheduled({ ...window, from: '8:00' }),
      {},
      'The schedule MON,TUE,WED,THU,FRI 8:00-18:00 can never be reached: "from" is "8:00" instead of a time such as 08:00.',
    ],
    [
      'a schedule with min above max',
      scheduled({ ...window, min: 3, max: 2 }),
      {},
      'The schedule MON,TUE,WED,THU,FRI 08:00-18:00: min 3 is above max 2.',
    ],
    [
      'a time zone that does not exist',
      { kind: 'provisioned', count: 1, schedules: { timeZone: 'Europe/Zurih', windows: [window] } },
      {},
      '"Europe/Zurih" is no time zone of the IANA database; Europe/Zurich is one.',
    ],
    [
      'a warm-up so seldom that environments go meanwhile',
      { ...warmUp, every: Duration.minutes(30) },
      {},
      'A warm-up every 30 minutes keeps nothing warm: Lambda may take idle environments away sooner. Choose 10 minutes or less.',
    ],
    [
      'a warm-up every few seconds',
      { ...warmUp, every: Duration.seconds(30) },
      {},
      'A warm-up every 30 seconds is not possible: whole minutes are, from 1.',
    ],
    [
      'a warm-up of no environment',
      { ...warmUp, concurrency: 0 },
      {},
      'A warm-up of 0 environments is not possible: 1 to 500 are.',
    ],
    [
      'a warm-up of more environments than the warmer can hold',
      { ...warmUp, concurrency: 501 },
      {},
      'A warm-up of 501 environments is not possible: 1 to 500 are.',
    ],
    [
      'warm-up hours that are not full',
      { ...warmUp, hours: { from: '08:30', to: '18:00' } },
      {},
      'The warm-up hours MON,TUE,WED,THU,FRI 08:30-18:00 must be full hours.',
    ],
    [
      'warm-up hours with minutes that do not divide an hour',
      { ...warmUp, every: Duration.minutes(7), hours: { from: '08:00', to: '18:00' } },
      {},
      'With hours, a warm-up every 7 minutes must divide 60: choose 1, 2, 3, 4, 5, 6 or 10.',
    ],
    [
      'an option of another measure',
      { ...warmUp, count: 1 },
      {},
      'coldStart of kind warmup has no count; it has every, concurrency, hours.',
    ],
    [
      'a measure that does not exist',
      { kind: 'provisoned' },
      {},
      'coldStart.kind is "provisoned"; there are provisioned, warmup, snapstart-image, none.',
    ],
  ])('%s', (_what, coldStart, other, sentence) => {
    expect(refusalOf(() => check(coldStart, other))).toEqual({
      code: 'INVALID_COLD_START',
      message: sentence,
    });
  });
});

describe('takes', () => {
  test.each<[string, object, Partial<ColdStartSurroundings>]>([
    ['schedules that touch', scheduled(window, { from: '18:00', to: '24:00', min: 3 }), {}],
    ['the same hours on other days', scheduled(window, { ...window, days: ['SAT'] }), {}],
    ['as many provisioned as are reserved', { kind: 'provisioned', count: 10 }, { reservedConcurrency: 10 }],
    ['utilisation of 0.1', { kind: 'provisioned', min: 1, max: 4, utilization: 0.1 }, {}],
    ['none outside of office hours', { ...scheduled(window), min: 0 }, {}],
    ['a warm-up every ten minutes', { ...warmUp, every: Duration.minutes(10) }, { reservedConcurrency: 2 }],
    ['SnapStart of an image', { kind: 'snapstart-image' }, { placement: 'image' }],
    ['no measure', { kind: 'none' }, {}],
  ])('%s', (_what, coldStart, other) => {
    expect(() => check(coldStart, other)).not.toThrow();
  });
});
