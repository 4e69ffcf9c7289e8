/** The inputs to predict: arguments, a file, or standard input; read as they are needed. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { CliError, usageError } from '../kit/errors.ts';

const objectOfTask = z.looseObject({});
const jsonLine = z.union([
  z.string(),
  z.object({ text: z.string(), text_pair: z.string() }),
  z.object({ text: z.string() }).transform(({ text }) => text),
  z.object({ inputs: z.union([z.string(), objectOfTask]) }).transform(({ inputs }) => inputs),
]);

export interface TextSource {
  readonly texts: readonly string[];
  readonly file: string | undefined;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** True where every line must be an input in JSON, whatever the name of the file, because a text alone is no input. */
  readonly objects?: boolean;
}

/**
 * One input for each argument or non-empty line. A line of a `.jsonl` file is a string, an object with `text` (and
 * `text_pair`) or `inputs`, or where inputs are `objects`, an object of the task's.
 *
 * @throws CliError USAGE, FILE_UNREADABLE, INPUT_REFUSED
 */
export async function* readInputs(source: TextSource): AsyncGenerator<unknown> {
  const { texts, file, stdin, objects = false } = source;
  if (texts.length > 0 && file !== undefined) throw usageError('Give texts or --file, not both.');
  if (texts.length > 0) yield* texts;
  else if (file !== undefined) yield* readFile(file, objects);
  else if (stdin.isTTY) throw usageError('Give a text, --file, or one text a line on standard input.');
  else {
    for await (const { line, number } of linesOf(stdin)) {
      yield objects ? parseInput(line, `Line ${number} of standard input`, objects) : line;
    }
  }
}

async function* readFile(file: string, objects: boolean): AsyncGenerator<unknown> {
  const stream = createReadStream(file);
  const json = objects || file.endsWith('.jsonl');
  try {
    for await (const { line, number } of linesOf(stream)) {
      yield json ? parseInput(line, `${file}:${number}`, objects) : line;
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    const reason = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`;
    throw new CliError('FILE_UNREADABLE', `${file} ${reason}.`, { cause: error });
  }
}

/**
 * Lines end in LF or CRLF, as in files for `pilotlight batch`; other separators of Unicode, at which `readline` splits too, may
 * stand in a text, and in a string of JSON. A byte order mark is left out.
 */
async function* linesOf(stream: Readable): AsyncGenerator<{ line: string; number: number }> {
  const decoder = new TextDecoder();
  let number = 0;
  let held = '';
  const chunks = async function* () {
    for await (const chunk of stream) yield decoder.decode(chunk, { stream: true });
    yield `${decoder.decode()}\n`;
  };
  for await (const chunk of chunks()) {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const ended of lines) {
      number += 1;
      const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
      if (line.trim() !== '') yield { line, number };
    }
  }
}

function parseInput(line: string, place: string, objects: boolean): unknown {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new CliError('INPUT_REFUSED', `${place} is not JSON.`, { cause });
  }
  const parsed = jsonLine.safeParse(json);
  if (parsed.success) return parsed.data;
  if (objects && objectOfTask.safeParse(json).success) return json;
  const wanted = objects ? 'an object' : 'a string nor an object with "text" or "inputs"';
  throw new CliError('INPUT_REFUSED', `${place} is ${objects ? 'not' : 'neither'} ${wanted}.`);
}
