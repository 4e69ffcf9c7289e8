/**
 * Climbs the ladder of a variant: rung after rung until one is good enough, then the best one with its worst layers in fp32, then
 * weights only, and a refusal last. It decides by quality alone, which is the same every time; speed is told, not judged.
 */
import type { Judgement, SchemeName } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { QualityLevel } from '../options.ts';
import type { VariantName } from '../schemes/index.ts';
import type { QuantiseSettings, Scheme, SchemeRung } from '../schemes/scheme.ts';
import { fewestKept, type LayerError, predictKept } from '../stages/quantise.ts';
import { describeGate, MAXIMUM_SHARE_KEPT, measureExcess, passesGate } from './quality-gate.ts';

/** One way to build a variant. */
export interface Step {
  readonly rung: SchemeRung;
  readonly settings: QuantiseSettings;
  /** Names of weights that stay fp32 for the sake of the gate, beside those of the settings. */
  readonly keep: readonly string[];
}

/** A variant as a step built it. */
export interface Attempt {
  readonly step: Step;
  /** The name of its scheme in the manifest. */
  readonly scheme: SchemeName;
  readonly bytes: number;
  readonly judgement: Judgement;
  /** Why it cannot be taken, though it loses little on the texts that quality is judged on. @default - it can */
  readonly fault?: string | undefined;
  /** How many times as fast as fp32 it is. @default - not measured */
  readonly speedup?: number | undefined;
  /** The layers by what int8 costs each of them, the worst first. @default - the rung does not measure it */
  readonly layers?: readonly LayerError[] | undefined;
}

export interface Ladder {
  readonly variant: VariantName;
  readonly scheme: Pick<Scheme, 'rungs' | 'otherwise'>;
  readonly settings: QuantiseSettings;
  readonly level: QualityLevel;
  /** The only rung to try. @default - all of them */
  readonly only?: SchemeName | undefined;
  /** Builds the variant, in place of what was built before, and judges it. */
  attempt(step: Step): Promise<Attempt>;
}

export interface Climb {
  readonly taken: Attempt;
  /** Every attempt in order, the one that is taken among them. */
  readonly tried: readonly Attempt[];
  readonly notes: readonly string[];
}

/** Stores integers and computes in fp32: no faster than fp32, so that it comes after layers in fp32. */
const WEIGHTS_ONLY: SchemeName = 'int8-weights';

/** Attempts to find the fewest layers in fp32: each of them builds and judges the whole model. */
const MOST_SEARCHES = 6;

/**
 * Leaves the variant as the step built it that passes the quality gate.
 *
 * @throws ToolchainError VERIFY_FAILED where none does, with the best attempt; USAGE where `only` is no rung
 */
export async function climb(ladder: Ladder): Promise<Climb> {
  const { settings, level } = ladder;
  const rungs = chooseRungs(ladder);
  const tried: Attempt[] = [];
  const attempt = async (step: Step): Promise<Attempt> => {
    const made = await ladder.attempt(step);
    tried.push(made);
    return made;
  };
  const passes = (made: Attempt) => isGoodEnough(made, level);
  const alone = ladder.only === WEIGHTS_ONLY;
  for (const rung of rungs.filter((candidate) => alone || candidate.scheme !== WEIGHTS_ONLY)) {
    const taken = await attempt({ rung, settings, keep: [] });
    if (passes(taken)) return { taken, tried, notes: [] };
  }
  const best = bestOf(tried, level);
  // A rung that does not measure its layers goes by the order in which another one has found them.
  const layers = best?.layers ?? tried.find((made) => made.layers !== undefined)?.layers;
  if (best !== undefined && layers !== undefined && !alone) {
    const found = await keepLayers(ladder, best, layers, attempt);
    if (found !== undefined) return { ...found, tried };
  }
  const last = alone ? undefined : rungs.find((candidate) => candidate.scheme === WEIGHTS_ONLY);
  if (last !== undefined) {
    const taken = await attempt({ rung: last, settings, keep: [] });
    if (passes(taken)) return { taken, tried, notes: [] };
  }
  throw refuse(ladder, bestOf(tried, level));
}

/** Whether an attempt can be taken at a level. */
export function isGoodEnough(
  { judgement, fault }: Pick<Attempt, 'judgement' | 'fault'>,
  level: QualityLevel,
): boolean {
  return fault === undefined && passesGate(judgement, level);
}

/** What an attempt lacks, with its figures. */
function describeAttempt({ judgement, fault }: Attempt, level: QualityLevel): string {
  return fault ?? describeGate(judgement, level);
}

function chooseRungs({ scheme: { rungs }, only }: Ladder): readonly SchemeRung[] {
  if (only === undefined) return rungs;
  const chosen = rungs.filter(({ scheme }) => scheme === only);
  if (chosen.length > 0) return chosen;
  const known = rungs.map(({ scheme }) => scheme).join(', ');
  throw new ToolchainError('USAGE', `There is no rung '${only}'. There are: ${known}.`);
}

/** The attempt that is nearest to passing; a figure that is no number is the farthest. */
function bestOf(tried: readonly Attempt[], level: QualityLevel): Attempt | undefined {
  const excess = ({ judgement, fault }: Attempt): number => {
    const measured = measureExcess(judgement, level);
    return Number.isNaN(measured) || fault !== undefined ? Number.MAX_VALUE : measured;
  };
  return tried.toSorted((left, right) => excess(left) - excess(right))[0];
}

/** Leaves as few of the worst layers of the best attempt in fp32 as the gate allows; undefined where half of them are not enough. */
async function keepLayers(
  { level, variant }: Ladder,
  best: Attempt,
  layers: readonly LayerError[],
  attempt: (step: Step) => Promise<Attempt>,
): Promise<Omit<Climb, 'tried'> | undefined> {
  const { rung, settings } = best.step;
  let last: Attempt | undefined;
  const found = await fewestKept(
    layers.map(({ weights }) => weights),
    Math.floor(MAXIMUM_SHARE_KEPT * layers.length),
    async (keep) => {
      last = await attempt({ rung, settings, keep });
      return isGoodEnough(last, level) ? last : undefined;
    },
    // What is lost grows as the square of the error: one minus a cosine does, and so does the chance that a choice turns.
    predictKept(layers, Math.sqrt(measureExcess(best.judgement, level)), 1),
    MOST_SEARCHES,
  );
  if (found === undefined) return undefined;
  const { kept, result } = found;
  const taken = last === result ? result : await attempt({ rung, settings, keep: kept });
  const named = layers
    .slice(0, kept.length)
    .map(({ weights, relative }) => `${weights} (own error ${(100 * relative).toFixed(1)} %)`);
  const note =
    `${variant} alone misses the quality gate (${describeAttempt(best, level)}): ` +
    `${named.length} of ${layers.length} layers stay fp32, ${named.join(', ')}`;
  return { taken, notes: [note] };
}

function refuse({ variant, level, only, scheme }: Ladder, best: Attempt | undefined): ToolchainError {
  const title = best === undefined ? '' : titleOf(best);
  const figures = best === undefined ? '' : `: ${describeAttempt(best, level)}`;
  const advice = [
    only === undefined ? '' : 'Leave --scheme out, so that the others are tried.',
    level === 'best' ? 'Ask for less with --quality fast.' : '',
    scheme.otherwise,
  ];
  return new ToolchainError(
    'VERIFY_FAILED',
    [`${variant} loses too much of this model. The best attempt was ${title}${figures}.`, ...advice]
      .filter((part) => part !== '')
      .join(' '),
  );
}

/** `static, equalised, 2 layers in fp32` */
export function titleOf({ step: { rung, keep, settings } }: Pick<Attempt, 'step'>): string {
  const bits = settings.reduceRange && rung.sevenBits !== undefined ? ', 7 bits' : '';
  const layers =
    keep.length === 0 ? '' : `, ${keep.length} ${keep.length === 1 ? 'layer' : 'layers'} in fp32`;
  return `${rung.title}${bits}${layers}`;
}
