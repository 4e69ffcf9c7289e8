/** The frequencies of rotary embeddings, by the formulas of `modeling_rope_utils.py` of transformers. */
import { ToolchainError } from '../../../errors.ts';
import type { RopeParameters } from './rope-config.ts';

export interface RotaryFrequencies {
  /** Radians that a position turns each pair of channels by, [rotary channels / 2]. */
  readonly values: Float32Array;
  /** Sines and cosines are multiplied by it. */
  readonly attention: number;
}

/** `dim` is the number of channels of a head, of which a share may turn. */
export function rotaryFrequencies(rope: RopeParameters, dim: number): RotaryFrequencies {
  const channels = Math.floor(dim * rope.partial);
  const turns = powers(rope.base, channels);
  switch (rope.type) {
    case 'default':
      return { values: inverse(turns), attention: 1 };
    case 'linear':
      return { values: inverse(turns).map((value) => value / rope.factor), attention: 1 };
    case 'llama3':
      return { values: inverse(turns).map((value) => scaleByBand(value, rope)), attention: 1 };
    case 'yarn':
      return { values: yarn(rope, turns, channels), attention: rope.attention };
    case 'longrope':
      return { values: inverse(multiply(turns, rope.factors)), attention: rope.attention };
  }
}

/** base ^ (2i / channels), rounded to float32 as PyTorch rounds; an odd number of channels is rounded up to pairs. */
function powers(base: number, channels: number): Float32Array {
  return Float32Array.from(
    { length: Math.ceil(channels / 2) },
    (_, index) => base ** Math.fround((2 * index) / channels),
  );
}

/** @throws ToolchainError SOURCE_INVALID unless there is a factor for each pair of channels */
function multiply(turns: Float32Array, factors: readonly number[]): Float32Array {
  if (factors.length !== turns.length) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `config.json has ${factors.length} numbers in short_factor, where its heads have ${turns.length} pairs of channels that turn.`,
      { details: { field: 'short_factor' } },
    );
  }
  return turns.map((turn, index) => turn * (factors[index] ?? 1));
}

function inverse(values: Float32Array): Float32Array {
  return values.map((value) => 1 / value);
}

/** Long waves are slowed down, short ones stay, and those between are mixed. */
function scaleByBand(frequency: number, rope: Extract<RopeParameters, { type: 'llama3' }>): number {
  const { factor, low, high, original } = rope;
  const wave = (2 * Math.PI) / frequency;
  if (wave > original / low) return frequency / factor;
  if (wave < original / high) return frequency;
  const smooth = (original / wave - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** YaRN (Peng et al. 2023): channels that turn often stay, those that turn seldom are slowed down, with a ramp between. */
function yarn(
  rope: Extract<RopeParameters, { type: 'yarn' }>,
  turns: Float32Array,
  channels: number,
): Float32Array {
  const { base, factor, original, fast, slow, truncates } = rope;
  const channelOf = (turns: number) =>
    (channels * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const [first, last] = [channelOf(fast), channelOf(slow)];
  const low = Math.max(truncates ? Math.floor(first) : first, 0);
  const high = Math.min(truncates ? Math.ceil(last) : last, channels - 1);
  const width = low === high ? 0.001 : high - low;
  return turns.map((power, index) => {
    const slowed = Math.min(1, Math.max(0, (index - low) / width));
    return (1 / (factor * power)) * slowed + (1 / power) * (1 - slowed);
  });
}
