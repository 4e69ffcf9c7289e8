import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STATUS_OF } from '../../../functions/app/src/http/error-codes.ts';
import { SETTINGS } from '../../../functions/app/src/settings/config.ts';
import { SERVER_SETTINGS } from '../../../functions/app/src/settings/server.ts';
import { projectFiles } from './tracked-files.ts';

const operations = readFileSync('docs/reference/operations.md', 'utf8');
const jobs = readFileSync('docs/reference/jobs.md', 'utf8');
const server = readFileSync('docs/reference/server.md', 'utf8');

test('docs/reference/operations.md lists every error code with its status', () => {
  const rows = operations.split('\n').filter((line) => /^\| [45]\d\d \|/.test(line));
  const missing = Object.entries(STATUS_OF).filter(
    ([code, status]) => !rows.some((row) => row.startsWith(`| ${status} |`) && row.includes(`\`${code}\``)),
  );
  expect(missing).toEqual([]);
});

test('docs/reference/operations.md lists every setting of the functions', () => {
  const names = SETTINGS.filter((name) => name.startsWith('PILOTLIGHT_'));
  expect(names).toContain('PILOTLIGHT_JOB_DEADLINE_HOURS');
  expect(names.filter((name) => !`${operations}${jobs}`.includes(`| \`${name}\` |`))).toEqual([]);
});

test('docs/reference/server.md and docs/reference/jobs.md list every setting of the server', () => {
  const names = SERVER_SETTINGS.filter((name) => name.startsWith('PILOTLIGHT_'));
  expect(names).toContain('PILOTLIGHT_MAX_QUEUE_MS');
  expect(names.filter((name) => !`${server}${jobs}`.includes(`| \`${name}\` |`))).toEqual([]);
});

test('every setting of the functions and the server has the prefix, but those of Lambda and of OpenTelemetry', () => {
  const others = [...SETTINGS, ...SERVER_SETTINGS].filter((name) => !name.startsWith('PILOTLIGHT_'));
  expect(others.filter((name) => !/^(?:AWS_LAMBDA_|OTEL_)/.test(name))).toEqual([]);
});

/** The sources that say which stable codes an error of a package can have, as a list of strings in capitals. */
const CODES_OF = [
  'cli/src/kit/errors.ts',
  'functions/app/src/aws/usage-error.ts',
  'functions/app/src/serve/callers/errors.ts',
  'functions/app/src/hand-over/errors.ts',
  'functions/app/src/jobs/errors.ts',
  'functions/authorizer/errors.ts',
  'functions/batch/src/errors.ts',
  'functions/bundles/src/errors.ts',
  'functions/pre-traffic-hook/create-handler.ts',
  'functions/predict/extension.ts',
  'functions/predict/http-event.ts',
  'functions/predict/warm-up.ts',
  'functions/revision-gate/event.ts',
  'functions/warmer/create-handler.ts',
  'infra/constructs/src/common/errors.ts',
  'infra/local/src/errors.ts',
  'layers/builders/src/archive/errors.ts',
  'layers/engine/src/store/s3/objects.ts',
  'model-assets/format/src/errors.ts',
  'model-assets/toolchain/src/errors.ts',
];

test.each(CODES_OF)('the documentation has a row or a line for every error code of %s', (file) => {
  const pages = projectFiles().filter((page) => /^docs\/.*\.md$/.test(page));
  const documented = new Set(
    pages.flatMap((page) =>
      Array.from(readFileSync(page, 'utf8').matchAll(/`([A-Z][A-Z\d_]+)`/g), ([, code]) => code),
    ),
  );
  const codes = Array.from(
    readFileSync(file, 'utf8').matchAll(/'([A-Z][A-Z\d]*(?:_[A-Z\d]+)+|USAGE)'/g),
    ([, code]) => code,
  );
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => !documented.has(code))).toEqual([]);
});
