import { expect, test } from 'vitest';
import { LogStream, reportLine } from '../../../../../infra/local/src/lambda/log-stream.ts';

const REPORT = {
  ...{ requestId: '8f507cfc-xmpl-4697-b07a-ac58fc914c95', durationMs: 20.04 },
  ...{ memoryMegabytes: 128, maxMemoryMegabytes: 78 },
};

/** Lines of the Developer Guide, https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html, and of real logs. */
test('a REPORT line has the fields of Lambda, divided by tabs', () => {
  expect(reportLine(REPORT)).toBe(
    'REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 20.04 ms\tBilled Duration: 21 ms\tMemory Size: 128 MB\tMax Memory Used: 78 MB',
  );
});

test('the first invocation of an environment is billed with its init phase', () => {
  expect(reportLine({ ...REPORT, initDurationMs: 100.5 })).toMatch(
    /Billed Duration: 121 ms.*\tInit Duration: 100\.50 ms$/,
  );
});

test('an environment that was ended says by what', () => {
  expect(reportLine({ ...REPORT, failure: 'Runtime.OutOfMemory' })).toMatch(
    /\tStatus: error\tError Type: Runtime\.OutOfMemory$/,
  );
  expect(reportLine({ ...REPORT, failure: 'Sandbox.Timedout' })).toMatch(/\tStatus: timeout$/);
});

test('the tail of a log is its last 4 KiB', () => {
  const log = new LogStream('echo', 'stream', () => {});
  for (let i = 0; i < 1000; i++) log.platform(`line ${i}`);
  expect(log.tail()).toHaveLength(4096);
  expect(log.tail().endsWith('line 998\nline 999\n')).toBe(true);
});
