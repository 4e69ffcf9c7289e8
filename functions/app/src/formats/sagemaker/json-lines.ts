/** Bodies and answers with a value on each line. Loaded with the first of them. */
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { RawAnswer } from '../../http/answer/raw-answer.ts';
import type { Limits } from '../../http/limits.ts';
import { checkInputs, refuseEmpty, refuseField } from '../../http/request/parse.ts';

const NEWLINE = 0x0a;

/**
 * A body in the format of Hugging Face whose inputs are those of the lines: `{"inputs": ...}`, or an input as it is. A body of one
 * line may have parameters, too. No more lines are looked at than the limits allow.
 *
 * @throws EngineError INVALID_INPUT, HttpError EMPTY_INPUT, TOO_MANY_INPUTS, and what `parse` throws
 */
export function readJsonLines(
  bytes: Uint8Array,
  limits: Limits,
  parse: (bytes: Uint8Array) => unknown,
): unknown {
  const lines = splitLines(bytes, limits.maxInputs + 1);
  if (lines.length === 0) throw refuseEmpty('body');
  checkInputs(lines, limits);
  const [only, ...others] = lines;
  if (only && others.length === 0) return asBody(parse(only));
  const separated = lines.flatMap((line) => [Buffer.from(','), line]).slice(1);
  const rows = parse(Buffer.concat([Buffer.from('['), ...separated, Buffer.from(']')]));
  if (!Array.isArray(rows) || rows.length !== lines.length)
    throw refuseField('body', 'must have one JSON value on each line');
  return { inputs: rows.map(readInput) };
}

/** The lines that are not blank, up to `most` of them. */
function splitLines(bytes: Uint8Array, most: number): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length && lines.length < most; ) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    if (!isBlank(bytes, start, end)) lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 0x20 && bytes[i] !== 0x09 && bytes[i] !== 0x0d) return false;
  }
  return true;
}

const hasInputs = (row: unknown): row is { readonly inputs: unknown } =>
  typeof row === 'object' && row !== null && Object.hasOwn(row, 'inputs');

const asBody = (row: unknown): unknown => (hasInputs(row) ? row : { inputs: row });

/** Gives the inputs of a line. Fields beside them would be meant for that line only, and a call has one set of parameters. */
function readInput(row: unknown, line: number): unknown {
  if (!hasInputs(row)) return row;
  const beside = Object.keys(row).find((name) => name !== 'inputs');
  if (beside === undefined) return row.inputs;
  throw refuseField(`[${line}].${beside.slice(0, 100)}`, 'goes with a single line only; send a JSON body');
}

/** Every result on a line of its own. */
export function writeJsonLines(results: unknown, many: boolean): RawAnswer {
  const lines = many && Array.isArray(results) ? results : [results];
  const text = lines.map((line) => `${predictionJson(line)}\n`).join('');
  return new RawAnswer(new Uint8Array(Buffer.from(text)), { 'content-type': 'application/jsonlines' });
}
