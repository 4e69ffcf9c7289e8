/** goldens.jsonl of a model whose goldens are whole answers: a header, then one golden a line. */
import { readFile } from 'node:fs/promises';
import { ownValue } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import type { GoldenCheck } from './check.ts';
import { parseGoldenLine, uselessGoldens } from './golden-line.ts';

const headerSchema = z.strictObject({
  goldens: z.literal(1),
  /** Largest difference of a number that is accepted, for each variant. */
  tolerance: z.record(z.string(), z.number().check(z.positive())),
});

export interface GoldenFile<Golden> {
  readonly tolerance: Readonly<Record<string, number>>;
  readonly goldens: readonly Golden[];
}

export function formatGoldenFile({ tolerance, goldens }: GoldenFile<object>): string {
  return [{ goldens: 1, tolerance }, ...goldens].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * Reads at most `most` goldens, because each of them is run.
 *
 * @throws EngineError PACKAGE_CORRUPT with the line that cannot be read
 */
export function parseGoldenFile<Golden>(
  content: string,
  schema: z.ZodMiniType<Golden>,
  most: number,
): GoldenFile<Golden> {
  const [header = '', ...lines] = content.trimEnd().split('\n', most + 1);
  const { tolerance } = parseGoldenLine(headerSchema, header, 1);
  return { tolerance, goldens: lines.map((line, index) => parseGoldenLine(schema, line, index + 2)) };
}

/** How far an answer is from its golden, or what differs otherwise. */
interface Comparison {
  readonly largest: number;
  readonly problem?: string;
}

/** Checks one golden of a package at each call, round and round. It reads them at each call, so that they take no memory. */
export class GoldenRounds<Golden> {
  readonly #path: string;
  readonly #parse: (content: string) => GoldenFile<Golden>;
  #next: number;

  constructor(path: string, parse: (content: string) => GoldenFile<Golden>, first = 0) {
    this.#path = path;
    this.#parse = parse;
    this.#next = first;
  }

  /** @throws EngineError PACKAGE_CORRUPT, and what `compare` throws */
  async check(variant: string, compare: (golden: Golden) => Promise<Comparison>): Promise<GoldenCheck> {
    const content = await readFile(this.#path, 'utf8').catch((cause: unknown) => {
      throw uselessGoldens('they cannot be read', cause);
    });
    const { tolerance, goldens } = this.#parse(content);
    const place = this.#next % Math.max(1, goldens.length);
    this.#next = place + 1;
    const golden = goldens[place];
    if (!golden) throw uselessGoldens('there is none');
    const line = place + 2;
    const accepted = ownValue(tolerance, variant);
    if (accepted === undefined) return { line, problem: `there is no tolerance for ${variant}` };
    const { problem, largest } = await compare(golden);
    return problem === undefined ? { line, drift: largest / accepted } : { line, problem };
  }
}
