/** Makes a variant good enough: with other settings where the machine needs them, else with its worst layers in fp32. */
import { ToolchainError } from '../errors.ts';
import type { VariantName } from '../schemes/index.ts';
import type { QuantiseSettings, Scheme } from '../schemes/scheme.ts';
import { fewestKept, type LayerError, predictKept } from '../stages/quantise.ts';
import type { VariantDeviation } from '../stages/verify.ts';
import { describeGate, MAXIMUM_RELATIVE_ERROR, MAXIMUM_SHARE_KEPT, passesGate } from './quality-gate.ts';

/** One way to build a variant. */
export interface Trial {
  readonly settings: QuantiseSettings;
  /** Names of weights that stay fp32 for the sake of the gate, beside those of the settings. */
  readonly keep: readonly string[];
}

export interface Candidate {
  readonly variant: VariantName;
  readonly scheme: Pick<Scheme, 'alternative' | 'probe' | 'otherwise'>;
  readonly settings: QuantiseSettings;
  /** The deviation of the variant as it is built already. */
  readonly plain: VariantDeviation;
  /** Builds the variant anew and compares it with the goldens. */
  attempt(trial: Trial): Promise<VariantDeviation>;
  /** The layers by what the scheme costs each of them, the worst first. */
  layers(probe: NonNullable<Scheme['probe']>, settings: QuantiseSettings): Promise<readonly LayerError[]>;
}

/**
 * Leaves the variant as it was built last, which passes the quality gate, and gives notes on what that took.
 *
 * @throws ToolchainError VERIFY_FAILED where nothing is enough
 */
export async function passGate(candidate: Candidate): Promise<readonly string[]> {
  const { variant, scheme, plain, attempt } = candidate;
  if (passesGate(plain)) return [];
  const missed = `${variant} misses the quality gate (${describeGate(plain)})`;
  const alternative = scheme.alternative?.(candidate.settings);
  const other = alternative && (await attempt({ settings: alternative, keep: [] }));
  if (other !== undefined && passesGate(other)) {
    return [`${missed} with weights of 8 bits, whose sums saturate on this processor: they have 7 bits`];
  }
  const isBetter = other !== undefined && other.relative < plain.relative;
  const settings = (isBetter ? alternative : undefined) ?? candidate.settings;
  const { probe, otherwise } = scheme;
  if (probe === undefined) throw new ToolchainError('VERIFY_FAILED', `${missed}. ${otherwise}`);

  const layers = await candidate.layers(probe, settings);
  const start = isBetter ? other : plain;
  let last: { readonly kept: readonly string[]; readonly deviation: VariantDeviation } | undefined;
  const found = await fewestKept(
    layers.map(({ weights }) => weights),
    Math.floor(MAXIMUM_SHARE_KEPT * layers.length),
    async (kept) => {
      last = { kept, deviation: await attempt({ settings, keep: kept }) };
      return passesGate(last.deviation) ? last : undefined;
    },
    predictKept(layers, start.relative, MAXIMUM_RELATIVE_ERROR),
  );
  if (found === undefined) {
    const reached = last === undefined ? '' : ` (${describeGate(last.deviation)})`;
    throw new ToolchainError(
      'VERIFY_FAILED',
      `${missed}, even with the worse half of its layers in fp32${reached}. ${otherwise}`,
    );
  }
  if (last !== found.result) await attempt({ settings, keep: found.kept });
  const kept = layers
    .slice(0, found.kept.length)
    .map(({ weights, relative }) => `${weights} (own error ${(100 * relative).toFixed(1)} %)`);
  return [
    `${variant} alone misses the quality gate (${describeGate(plain)}): ${kept.length} of ${layers.length} layers ` +
      `stay fp32, ${kept.join(', ')}`,
  ];
}
