/** The texts to predict: arguments, a file, or standard input; read as they are needed. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { LocalError, usageError } from './command.ts';

const jsonLine = z.union([
  z.string(),
  z.object({ text: z.string() }).transform(({ text }) => text),
  z.object({ inputs: z.string() }).transform(({ inputs }) => inputs),
]);

export interface TextSource {
  readonly texts: readonly string[];
  readonly file: string | undefined;
  readonly stdin: Readable & { readonly isTTY?: boolean };
}

/**
 * One text for each argument or non-empty line; a line of a `.jsonl` file is a string, or an object with `text` or
 * `inputs`.
 *
 * @throws LocalError USAGE, FILE_UNREADABLE, INPUT_REFUSED
 */
export async function* readTexts({ texts, file, stdin }: TextSource): AsyncGenerator<string> {
  if (texts.length > 0 && file !== undefined) throw usageError('Give texts or --file, not both.');
  if (texts.length > 0) yield* texts;
  else if (file !== undefined) yield* readFile(file);
  else if (stdin.isTTY) throw usageError('Give a text, --file, or one text a line on standard input.');
  else for await (const { line } of linesOf(stdin)) yield line;
}

async function* readFile(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file);
  try {
    for await (const { line, number } of linesOf(stream)) {
      yield file.endsWith('.jsonl') ? textOf(line, `${file}:${number}`) : line;
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    const reason = error.code === 'ENOENT' ? 'does not exist' : `can not be read (${error.code})`;
    throw new LocalError('FILE_UNREADABLE', `${file} ${reason}.`, { cause: error });
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<{ line: string; number: number }> {
  let number = 0;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() !== '') yield { line, number };
  }
}

function textOf(line: string, place: string): string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new LocalError('INPUT_REFUSED', `${place} is not JSON.`, { cause });
  }
  const parsed = jsonLine.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new LocalError(
    'INPUT_REFUSED',
    `${place} is neither a string nor an object with "text" or "inputs".`,
  );
}
