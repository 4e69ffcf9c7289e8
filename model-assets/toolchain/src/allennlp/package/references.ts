/** What AllenNLP itself answered: a file of lines `{"input", "output"}`, and the proof that a package answers the same. */
import { readFile } from 'node:fs/promises';
import {
  type AnswerGolden,
  MOST_ANSWER_GOLDENS,
} from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { compareAnswers } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/compare-answers';
import { z } from 'zod';
import { describeFault, ToolchainError } from '../../errors.ts';

/** Largest difference of a number from AllenNLP's own, absolute or in shares of it, whichever is smaller. */
const PARITY_TOLERANCE = 1e-4;

const lineSchema = z.strictObject({
  input: z.record(z.string(), z.unknown()),
  output: z.record(z.string(), z.unknown()),
});

/** @throws ToolchainError DATASET_INVALID with the line at fault */
export async function readReferences(path: string): Promise<readonly AnswerGolden[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ToolchainError('DATASET_INVALID', `The file '${path}' cannot be read.`, { cause });
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new ToolchainError('DATASET_INVALID', `'${path}' has no line.`);
  if (lines.length > MOST_ANSWER_GOLDENS) {
    throw new ToolchainError(
      'DATASET_INVALID',
      `'${path}' has ${lines.length} lines; ${MOST_ANSWER_GOLDENS} are enough.`,
    );
  }
  return lines.map((line, index) => parseLine(line, index + 1));
}

function parseLine(line: string, number: number): AnswerGolden {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw invalid(number, 'it is not JSON', cause);
  }
  const parsed = lineSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(number, describeFault(json, parsed.error.issues[0]));
}

function invalid(line: number, reason: string, cause?: unknown): ToolchainError {
  return new ToolchainError(
    'DATASET_INVALID',
    `Line ${line} of the references: ${reason}. Each line is {"input": {...}, "output": {...}}.`,
    { cause },
  );
}

/** A reference that the package answers otherwise. */
export interface Difference {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

export interface ParityReport {
  readonly cases: number;
  /** The largest difference of a number among the answers that are otherwise equal. */
  readonly largestDifference: number;
  readonly differences: readonly Difference[];
}

/** Answers each reference by `answer`, and compares. */
export async function compareReferences(
  references: readonly AnswerGolden[],
  answer: (input: unknown) => Promise<unknown>,
  report: (done: number) => void = () => {},
): Promise<ParityReport> {
  const differences: Difference[] = [];
  let largestDifference = 0;
  for (const [index, { input, output }] of references.entries()) {
    const line = index + 1;
    try {
      const { problem, largest, at } = compareAnswers(output, await answer(input));
      if (problem !== undefined) differences.push({ line, reason: problem });
      else if (largest > PARITY_TOLERANCE) {
        differences.push({ line, reason: `${at} differs by ${largest.toPrecision(3)}` });
      } else largestDifference = Math.max(largestDifference, largest);
    } catch (error) {
      differences.push({ line, reason: error instanceof Error ? error.message : String(error) });
    }
    report(line / references.length);
  }
  return { cases: references.length, largestDifference, differences };
}

const SHOWN = 10;

/** @throws ToolchainError VERIFY_FAILED with the first differences */
export function requireParity({ cases, differences }: ParityReport): void {
  if (differences.length === 0) return;
  const shown = differences.slice(0, SHOWN).map(({ line, reason }) => `line ${line}: ${reason}`);
  const more = differences.length > SHOWN ? ` and ${differences.length - SHOWN} more` : '';
  throw new ToolchainError(
    'VERIFY_FAILED',
    `The package answers ${differences.length} of ${cases} references otherwise than AllenNLP did; nothing was packaged.\n  ${shown.join('\n  ')}${more}\n` +
      'If a reference was tokenised by spaCy, give its words as {"tokens": [...]}, or see docs/how-to/from-allennlp.md.',
    { details: { cases, differences: differences.length } },
  );
}
