/** Makes the reference answers: those of the fp32 variant, through the engine that will serve. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Golden, GoldenOutput, Predictor, TokenRequest } from '@pilotlight/engine';
import {
  GOLDEN_ROLES,
  MAXIMUM_GOLDENS,
  MINIMUM_GOLDENS,
} from '@pilotlight/engine/internal/predict/goldens/golden';
import * as z from 'zod';
import { ToolchainError } from '../errors.ts';
import { goldenOutput } from '../package-files/golden-output.ts';
import { textLines } from '../sources/text-lines.ts';

export { builtInRequests } from './goldens/requests.ts';

const requestSchema = z.object({ text: z.string(), pair: z.string().optional() });

/**
 * Runs every request by itself, so that no answer depends on its neighbours, and keeps ids and outputs. Requests
 * longer than the model's limit are cut to it, and those that have no token are left out, because the model refuses them.
 * Throws VERIFY_FAILED when an output is not finite, TEXTS_INVALID where too few requests have a token.
 */
export async function makeGoldens(
  fp32: Predictor,
  requests: readonly TokenRequest[],
  report: (done: number) => void = () => {},
): Promise<readonly Golden[]> {
  const goldens: Golden[] = [];
  const readable = await withTokens(fp32, requests);
  for (const [index, request] of readable.entries()) {
    const [result] = await fp32.infer([request], { truncate: true });
    const outputs: Golden['outputs'] = {};
    for (const role of GOLDEN_ROLES) {
      const tensor = result?.outputs[role];
      if (tensor !== undefined)
        outputs[role] = finite(goldenOutput(tensor, role.endsWith('logits')), role, request.text);
    }
    goldens.push({ ...request, ids: [...(result?.encoding.ids ?? [])], outputs });
    report((index + 1) / readable.length);
  }
  return goldens;
}

async function withTokens(
  model: Predictor,
  requests: readonly TokenRequest[],
): Promise<readonly TokenRequest[]> {
  const inputs = requests.map(({ text, pair }) => ({ text, text_pair: pair }));
  const tokenized = await model.tokenize(inputs);
  const readable = requests.filter((_, index) => tokenized[index]?.ids.length !== 0);
  requireEnough(readable, `Of the texts, ${readable.length} have a token`);
  return readable;
}

/** Throws TEXTS_INVALID unless there are as many different requests as a package needs, and no more than `verify` runs. */
function requireEnough(requests: readonly TokenRequest[], subject: string): void {
  const different = new Set(requests.map(({ text, pair }) => JSON.stringify([text, pair]))).size;
  if (different >= MINIMUM_GOLDENS && requests.length <= MAXIMUM_GOLDENS) return;
  throw new ToolchainError(
    'TEXTS_INVALID',
    `${subject}, ${different} of them different; goldens take from ${MINIMUM_GOLDENS} different ones to ${MAXIMUM_GOLDENS}.`,
  );
}

/**
 * Requests of a file: one text a line, or in a `.jsonl` file one `{"text", "pair"?}` a line; other keys are ignored.
 * Throws TEXTS_INVALID.
 */
export async function readRequests(file: string): Promise<readonly TokenRequest[]> {
  const requests = await readTexts(file);
  requireEnough(requests, `${file} has ${requests.length} texts`);
  return requests;
}

/** The same, of a file of any number of texts. @throws ToolchainError TEXTS_INVALID */
export async function readTexts(file: string): Promise<readonly TokenRequest[]> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ToolchainError('TEXTS_INVALID', `The texts cannot be read from ${file}.`, { cause });
  });
  const lines = textLines(content);
  const requests =
    extname(file) === '.jsonl'
      ? lines.map(({ line, number }) => parseRequest(line, number, file))
      : lines.map(({ line }) => ({ text: line }));
  refuseLongTexts(requests, file);
  return requests;
}

/** More than any model reads; the rest of a longer one would be cut off. */
const MOST_CHARACTERS = 100_000;

function refuseLongTexts(requests: readonly TokenRequest[], file: string): void {
  const long = requests.findIndex(({ text, pair = '' }) => text.length + pair.length > MOST_CHARACTERS);
  if (long === -1) return;
  throw new ToolchainError(
    'TEXTS_INVALID',
    `Text ${long + 1} of ${file} has more than ${MOST_CHARACTERS} characters.`,
  );
}

function parseRequest(line: string, number: number, file: string): TokenRequest {
  try {
    const { text, pair } = requestSchema.parse(JSON.parse(line));
    return pair === undefined ? { text } : { text, pair };
  } catch (cause) {
    throw new ToolchainError(
      'TEXTS_INVALID',
      `Line ${number} of ${file} is not {"text": string, "pair"?: string}.`,
      {
        cause,
      },
    );
  }
}

function finite(output: GoldenOutput, role: string, text: string): GoldenOutput {
  if (output.values.every(Number.isFinite)) return output;
  throw new ToolchainError(
    'VERIFY_FAILED',
    `The fp32 model gives NaN or infinite ${role} for ${JSON.stringify(text.slice(0, 60))}: its weights are damaged.`,
  );
}
