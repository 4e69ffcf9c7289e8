import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkSettings } from '../../../infra/constructs/src/common/problems.ts';
import {
  checkColdStart,
  type MeasuredFunction,
} from '../../../infra/constructs/src/function/cold-start/checks.ts';
import { coldStartSchema } from '../../../infra/constructs/src/function/cold-start/schema.ts';
import { refusalOf, testStack } from './template.ts';

const measured: MeasuredFunction = { placement: 'layer', ephemeralStorageMegabytes: 512 };
const window = { from: '08:00', to: '18:00', min: 2 };
const scheduled = (...windows: object[]) => ({ kind: 'provisioned', min: 1, max: 4, schedules: { windows } });
const warmUp = { kind: 'warmup', everyMinutes: 5, concurrency: 2 };
const settings = z.strictObject({ coldStart: coldStartSchema });

/** Settings of a configuration file, which no compiler has checked. */
function check(coldStart: object, other: Partial<MeasuredFunction> = {}): void {
  const checked = checkSettings(testStack(), 'Fn', settings, { coldStart });
  checkColdStart(checked.coldStart, { ...measured, ...other });
}

describe('the construct refuses with a sentence', () => {
  test.each<[string, object, Partial<MeasuredFunction>, string]>([
    [
      'SnapStart with provisioned concurrency',
      { kind: 'snapstart-image', count: 2 },
      { placement: 'image' },
      'Test/Fn: coldStart.count is not known where kind is snapstart-image.',
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
        "Set packages.placement to 'image'.",
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
      'environments that scale, beside a canary that keeps them from it for long',
      { kind: 'provisioned', min: 1, max: 4 },
      { traffic: 'canary-10-percent-15-minutes' },
      'Lambda changes no provisioned concurrency while a canary moves traffic, which takes 15 minutes with canary-10-percent-15-minutes: ' +
        'choose a release.canary.traffic of 10 minutes at most, or a coldStart.count without schedules.',
    ],
    [
      'schedules beside a canary that keeps windows from beginning for long',
      { kind: 'provisioned', count: 1, schedules: { windows: [window] } },
      { traffic: 'linear-10-percent-every-10-minutes' },
      'Lambda changes no provisioned concurrency while a canary moves traffic, which takes 100 minutes with linear-10-percent-every-10-minutes: ' +
        'choose a release.canary.traffic of 10 minutes at most, or a coldStart.count without schedules.',
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
      'Test/Fn: coldStart.min must not be above max.',
    ],
    [
      'count beside min and max',
      { kind: 'provisioned', count: 1, min: 1, max: 4 },
      {},
      'Test/Fn: coldStart needs either count, or min and max.',
    ],
    [
      'half an environment',
      { kind: 'provisioned', count: 0.5 },
      {},
      'Test/Fn: coldStart.count must be a whole number.',
    ],
    [
      'utilisation below 0.1',
      { kind: 'provisioned', min: 1, max: 4, utilization: 0.05 },
      {},
      'Test/Fn: coldStart.utilization must be at least 0.1.',
    ],
    [
      'utilisation above 0.9',
      { kind: 'provisioned', min: 1, max: 4, utilization: 0.95 },
      {},
      'Test/Fn: coldStart.utilization must be at most 0.9.',
    ],
    [
      'none provisioned and no schedule for more',
      { kind: 'provisioned', count: 0 },
      {},
      'Test/Fn: coldStart needs schedules, because an environment is never added to none: there is no utilisation to scale on.',
    ],
    [
      'schedules that overlap',
      scheduled(window, { from: '17:00', to: '19:00', days: ['FRI'], min: 3 }),
      {},
      'Test/Fn: coldStart.schedules.windows[1] must not overlap MON,TUE,WED,THU,FRI 08:00-18:00: one must end first.',
    ],
    [
      'a schedule that passes midnight',
      scheduled({ ...window, from: '22:00', to: '06:00' }),
      {},
      'Test/Fn: coldStart.schedules.windows[0].to must be later than from; divide hours that pass midnight in two.',
    ],
    [
      'a schedule without days',
      scheduled({ ...window, days: [] }),
      {},
      'Test/Fn: coldStart.schedules.windows[0].days must not be empty.',
    ],
    [
      'a time that no clock shows',
      scheduled({ ...window, from: '8:00' }),
      {},
      'Test/Fn: coldStart.schedules.windows[0].from must be a time such as 08:30.',
    ],
    [
      'a schedule with min above max',
      scheduled({ ...window, min: 3, max: 2 }),
      {},
      'Test/Fn: coldStart.schedules.windows[0].min must not be above max.',
    ],
    [
      'a time zone that does not exist',
      { kind: 'provisioned', count: 1, schedules: { timeZone: 'Europe/Zurih', windows: [window] } },
      {},
      'Test/Fn: coldStart.schedules.timeZone must be a time zone of the IANA database such as Europe/Zurich.',
    ],
    [
      'a warm-up so seldom that environments go meanwhile',
      { ...warmUp, everyMinutes: 30 },
      {},
      'Test/Fn: coldStart.everyMinutes must be at most 10: Lambda may take idle environments away sooner.',
    ],
    [
      'a warm-up every few seconds',
      { ...warmUp, everyMinutes: 0.5 },
      {},
      'Test/Fn: coldStart.everyMinutes must be a whole number.',
    ],
    [
      'a warm-up of no environment',
      { ...warmUp, concurrency: 0 },
      {},
      'Test/Fn: coldStart.concurrency must be at least 1.',
    ],
    [
      'a warm-up of more environments than the warmer can hold',
      { ...warmUp, concurrency: 501 },
      {},
      'Test/Fn: coldStart.concurrency must be at most 500.',
    ],
    [
      'warm-up hours that are not full',
      { ...warmUp, hours: { from: '08:30', to: '18:00' } },
      {},
      'Test/Fn: coldStart.hours must begin and end at full hours, because one cron expression has them.',
    ],
    [
      'warm-up hours with minutes that do not divide an hour',
      { ...warmUp, everyMinutes: 7, hours: { from: '08:00', to: '18:00' } },
      {},
      'Test/Fn: coldStart.everyMinutes must divide 60 where there are hours: 1, 2, 3, 4, 5, 6 or 10.',
    ],
    [
      'an option of another measure',
      { ...warmUp, count: 1 },
      {},
      'Test/Fn: coldStart.count is not known where kind is warmup.',
    ],
    [
      'a measure that does not exist',
      { kind: 'provisoned' },
      {},
      'Test/Fn: coldStart.kind must be provisioned, warmup, snapstart-image or none (did you mean provisioned?).',
    ],
  ])('%s', (_what, coldStart, other, sentence) => {
    const code = sentence.startsWith('Test/Fn: ') ? 'INVALID_PROPS' : 'INVALID_COLD_START';
    expect(refusalOf(() => check(coldStart, other))).toEqual({ code, message: sentence });
  });
});

describe('the construct takes', () => {
  test.each<[string, object, Partial<MeasuredFunction>]>([
    ['schedules that touch', scheduled(window, { from: '18:00', to: '24:00', min: 3 }), {}],
    ['the same hours on other days', scheduled(window, { ...window, days: ['SAT'] }), {}],
    ['as many provisioned as are reserved', { kind: 'provisioned', count: 10 }, { reservedConcurrency: 10 }],
    ['utilisation of 0.1', { kind: 'provisioned', min: 1, max: 4, utilization: 0.1 }, {}],
    [
      'environments that scale, beside a short canary',
      { kind: 'provisioned', min: 1, max: 4 },
      { traffic: 'linear-10-percent-every-1-minute' },
    ],
    [
      'a fixed number beside a long canary',
      { kind: 'provisioned', count: 2 },
      { traffic: 'linear-10-percent-every-10-minutes' },
    ],
    ['none outside of office hours', { ...scheduled(window), min: 0 }, {}],
    ['a warm-up every ten minutes', { ...warmUp, everyMinutes: 10 }, { reservedConcurrency: 2 }],
    ['SnapStart of an image', { kind: 'snapstart-image' }, { placement: 'image' }],
    ['no measure', { kind: 'none' }, {}],
  ])('%s', (_what, coldStart, other) => {
    expect(() => check(coldStart, other)).not.toThrow();
  });
});
