import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Starts the process, gives it something to do, and ends without a word while it is busy. */
const PARENT = `
  const child = require('node:child_process').spawn(process.execPath, [process.argv[1]], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.once('message', () => child.send({}, () => setTimeout(() => process.exit(), 100)));`;

it('the process of local S3 ends quietly where whoever started it ended before it could report', async () => {
  const program = join(import.meta.dirname, 's3-report.ts');
  const { stderr } = await promisify(execFile)(process.execPath, ['--eval', PARENT, program]);
  expect(stderr).toBe('');
});
