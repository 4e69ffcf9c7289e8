/** goldens.jsonl of an archive: a header, then one input with its answer a line. The answers are AllenNLP's own where it gave them. */
import { readFile } from 'node:fs/promises';
import { parseJson, parseUntilFault } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { GoldenCheck } from '../../../predict/goldens/check.ts';
import { compareAnswers } from './compare-answers.ts';

/** The most lines, because each of them is run. */
export const MOST_ANSWER_GOLDENS = 10_000;

const headerSchema = z.strictObject({
  goldens: z.literal(1),
  /** Largest difference of a number that is accepted, for each variant. */
  tolerance: z.record(z.string(), z.number().check(z.positive())),
});
const goldenSchema = z.strictObject({
  input: z.record(z.string(), z.unknown()),
  output: z.record(z.string(), z.unknown()),
});
export type AnswerGolden = z.infer<typeof goldenSchema>;

export interface AnswerGoldens {
  readonly tolerance: Readonly<Record<string, number>>;
  readonly goldens: readonly AnswerGolden[];
}

export function formatAnswerGoldens({ tolerance, goldens }: AnswerGoldens): string {
  return [{ goldens: 1, tolerance }, ...goldens].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** @throws EngineError PACKAGE_CORRUPT with the line that cannot be read */
export function parseAnswerGoldens(content: string): AnswerGoldens {
  const [header = '', ...lines] = content.trimEnd().split('\n', MOST_ANSWER_GOLDENS + 1);
  const { tolerance } = parseLine(headerSchema, header, 1);
  return { tolerance, goldens: lines.map((line, index) => parseLine(goldenSchema, line, index + 2)) };
}

function parseLine<Value>(schema: z.ZodMiniType<Value>, line: string, number: number): Value {
  let json: unknown;
  try {
    json = parseJson(line);
  } catch (cause) {
    throw corrupt(`line ${number} is not JSON`, cause);
  }
  const parsed = parseUntilFault(schema, json);
  if (parsed.success) return parsed.data;
  throw corrupt(`line ${number} is not valid`);
}

/** Checks one golden of a package at each call, round and round. It reads them at each call, so that they take no memory. */
export class AnswerGoldenCheck {
  readonly #path: string;
  #next: number;

  constructor(path: string, first = 0) {
    this.#path = path;
    this.#next = first;
  }

  /** @throws EngineError PACKAGE_CORRUPT, and what `answer` throws */
  async check(variant: string, answer: (input: unknown) => Promise<unknown>): Promise<GoldenCheck> {
    const content = await readFile(this.#path, 'utf8').catch((cause: unknown) => {
      throw corrupt('they cannot be read', cause);
    });
    const { tolerance, goldens } = parseAnswerGoldens(content);
    const place = this.#next % Math.max(1, goldens.length);
    this.#next = place + 1;
    const golden = goldens[place];
    if (!golden) throw corrupt('there is none');
    const line = place + 2;
    const accepted = Object.hasOwn(tolerance, variant) ? tolerance[variant] : undefined;
    if (accepted === undefined) return { line, problem: `there is no tolerance for ${variant}` };
    const { problem, largest } = compareAnswers(golden.output, await answer(golden.input));
    return problem === undefined ? { line, drift: largest / accepted } : { line, problem };
  }
}

function corrupt(reason: string, cause?: unknown): EngineError {
  return new EngineError('PACKAGE_CORRUPT', `The goldens of the model cannot be used: ${reason}.`, { cause });
}
