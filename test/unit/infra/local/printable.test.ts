import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { CliError } from '../../../../cli/src/kit/errors.ts';
import { ProgressBar } from '../../../../cli/src/kit/progress.ts';
import { runCommand } from '../../../../cli/src/kit/run-command.ts';
import { paint, printable, printableLines } from '../../../../cli/src/kit/style.ts';
import { cut, table } from '../../../../cli/src/kit/table.ts';
import { stageProgress } from '../../../../cli/src/models/stage-progress.ts';
import { consoleLogger, requestLog } from '../../../../cli/src/start/logging.ts';

/** Escape and C1 sequences, a newline, a carriage return, overrides of direction, separators of lines. */
const HOSTILE = 'a\u001b[31m\u009b2J\n\r\u0007\u007f\u202e\u2066\u200f\u061c\u2028b';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const COMMANDS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const harmless = (text: string) => !COMMANDS.test(stripVTControlCharacters(text));
afterEach(() => vi.restoreAllMocks());

it('spells out what a terminal would obey, and nothing else', () => {
  expect(printable(HOSTILE)).toBe('a\\x1b[31m\\x9b2J\\n\\r\\x07\\x7f\\u202e\\u2066\\u200f\\u061c\\u2028b');
  const usual = 'a\tb é 日本 👩‍👩‍👧 שלום مرحبا %0A \\n';
  expect(printable(usual)).toBe(usual);
  expect(printableLines('a\u001b\nb')).toBe('a\\x1b\nb');
});

function memory(isTTY: boolean) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  return { stream, written: () => String(stream.read() ?? '') };
}

it.each([
  ['a colour', () => paint('red', HOSTILE)],
  ['a table', () => table([{ title: HOSTILE }], [[HOSTILE], [{ text: HOSTILE, style: 'red' }]])],
  ['a cut text', () => cut(HOSTILE, 40)],
])('%s passes on no control character of its text', (_, make) => {
  expect(harmless(make())).toBe(true);
});

it.each([true, false])('progress passes on none, on a terminal (%s) and elsewhere', async (isTTY) => {
  const { written, stream } = memory(isTTY);
  new ProgressBar(stream).say(HOSTILE);
  new ProgressBar(stream).count(HOSTILE, 1, 2);
  await stageProgress(stream).stage(HOSTILE, async () => {});
  await stageProgress(stream)
    .stage(HOSTILE, () => Promise.reject(new TypeError('no')))
    .catch(() => {});
  const text = written().replaceAll('\r\u001b[2K', '');
  expect(harmless(text)).toBe(true);
  expect(text).not.toContain('\n\\r');
});

it('the log of the service gives each message one line, whatever is in a key, an error or a model', () => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  consoleLogger.info(`done in/${HOSTILE}`, {});
  consoleLogger.warn(HOSTILE, { error: new TypeError(HOSTILE) });
  requestLog.answered({
    route: 'predict',
    predicts: true,
    model: HOSTILE,
    version: '1.0.0',
    status: 200,
    code: HOSTILE,
    ms: 1,
  });
  expect(lines).toHaveLength(3);
  for (const line of lines) expect([harmless(line), line.includes('\n')]).toEqual([true, false]);
  consoleLogger.error(HOSTILE, { error: new TypeError(HOSTILE) });
  expect(harmless(lines[3] ?? '')).toBe(true);
});

it('no line of an error looks like a line of ours', async () => {
  const { written, stream } = memory(false);
  const program = {
    name: 'test',
    version: '1',
    options: {},
    examples: [],
    commands: {
      summary: '',
      commands: {
        fail: async () => ({
          command: {
            summary: '',
            usage: [],
            options: {},
            examples: ['test fail'] as const,
            run: () => Promise.reject(new CliError('MODEL_REFUSED', 'label a\nerror FAKE: \u001b[31mb')),
          },
        }),
      },
    },
  };
  await runCommand(program, ['fail'], { stdout: stream, stderr: stream });
  expect(written()).toBe('error MODEL_REFUSED: label a\n  error FAKE: \\x1b[31mb\n');
});
