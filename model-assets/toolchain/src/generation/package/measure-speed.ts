/** How long a model that generates takes: for a token of a prompt or source, and for a step. */
import type { LoadedModel } from '@pilotlight/engine';
import type { DecoderFacts, GenerationVariant } from '@pilotlight/model-format';
import { compareByTurns } from '../../stages/speed.ts';
import { GREEDY, generate } from './generate.ts';

const SHORT = 16;
const LONG = 112;
const STEPS = 24;
const ROUNDS = 3;

/** The parameters by which exactly so many tokens are generated, one after the other. */
export function exactly(tokens: number): Readonly<Record<string, unknown>> {
  return {
    ...GREEDY,
    ...{ max_new_tokens: tokens, min_new_tokens: tokens },
  };
}

/** A prompt of so many tokens, which are not those of another one. */
export function promptOf(tokens: number, vocabSize: number, number = 0): readonly number[] {
  return Array.from({ length: tokens }, (_, place) => (7 * place + 11 * number + 3) % vocabSize);
}

/** Measures the best of a few rounds, each of one text alone. @throws EngineError */
export async function measureGenerationSpeed(
  model: Pick<LoadedModel, 'predict'>,
  { maxPositions = Number.POSITIVE_INFINITY, cross, vocabSize }: DecoderFacts,
  report: (done: number) => void = () => {},
): Promise<NonNullable<GenerationVariant['speed']>> {
  const steps = Math.max(1, Math.min(STEPS, maxPositions - SHORT - 1));
  const room = cross ? (cross.maxTokens ?? LONG) : maxPositions - 2;
  const long = Math.max(2, Math.min(LONG, room));
  const short = Math.min(SHORT, Math.floor(long / 2));
  const best = {
    short: Number.POSITIVE_INFINITY,
    long: Number.POSITIVE_INFINITY,
    steps: Number.POSITIVE_INFINITY,
  };
  const time = async (part: keyof typeof best, prompt: number, tokens: number): Promise<void> => {
    const start = performance.now();
    await generate(model, { ids: promptOf(prompt, vocabSize) }, exactly(tokens));
    best[part] = Math.min(best[part], performance.now() - start);
  };
  // The first run allocates.
  await time('steps', short, steps + 1);
  best.steps = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    await time('short', short, 1);
    await time('long', long, 1);
    await time('steps', short, steps + 1);
    report((round + 1) / ROUNDS);
  }
  const perToken = (time: number, tokens: number) => Number(Math.max(time / tokens, 1e-4).toPrecision(3));
  return {
    promptMsPerToken: perToken(best.long - best.short, long - short),
    stepMs: perToken(best.steps - best.short, steps),
  };
}

/**
 * How many times as fast as fp32 a variant generates, by rounds that take turns, so that what else runs on the machine slows both: the
 * median of their ratios, two digits.
 *
 * @throws EngineError
 */
export async function measureTextSpeedup(
  fp32: Pick<LoadedModel, 'predict'>,
  variant: Pick<LoadedModel, 'predict'>,
  { maxPositions = Number.POSITIVE_INFINITY, vocabSize }: DecoderFacts,
): Promise<number> {
  const tokens = Math.max(1, Math.min(STEPS, maxPositions - SHORT));
  const input = { ids: promptOf(Math.min(SHORT, Math.max(1, maxPositions - tokens)), vocabSize) };
  const time = async (model: Pick<LoadedModel, 'predict'>): Promise<number> => {
    const start = performance.now();
    await generate(model, input, exactly(tokens));
    return performance.now() - start;
  };
  // The first round allocates.
  await time(fp32);
  await time(variant);
  return compareByTurns(
    () => time(fp32),
    () => time(variant),
  );
}
