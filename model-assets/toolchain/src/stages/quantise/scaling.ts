/**
 * Equalised channels (SmoothQuant, Xiao et al. 2022, https://arxiv.org/abs/2211.10438): an outlier channel of the activations is
 * divided by a number that the weights of the channel are multiplied by, so that the product stays what it is.
 */
import type { Activations } from '../../runtime/capture.ts';
import type { Matrix } from './weights.ts';

/** Channels below this are as good as zero. */
const SMALLEST = 1e-5;

/**
 * [channels]: `s = max|x|^alpha / max|w|^(1 - alpha)` for each channel, divided by their geometric mean, so that neither side grows
 * as a whole.
 */
export function scalingOf(peaks: Float32Array, weightPeaks: Float32Array, alpha: number): Float32Array {
  const logarithms = Float64Array.from(
    peaks,
    (peak, channel) =>
      alpha * Math.log(Math.max(peak, SMALLEST)) -
      (1 - alpha) * Math.log(Math.max(weightPeaks[channel] ?? 0, SMALLEST)),
  );
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
  return Float32Array.from(logarithms, (value) => Math.exp(value - mean));
}

/** [channels], the largest absolute value of each channel. */
export function channelPeaks({ lowest, highest }: Pick<Activations, 'lowest' | 'highest'>): Float32Array {
  return Float32Array.from(lowest, (low, channel) => Math.max(-low, highest[channel] ?? 0));
}

/** [channels], the largest absolute weight of each channel in all matrices. */
export function rowPeaks(matrices: readonly Matrix[]): Float32Array {
  const peaks = new Float32Array(matrices[0]?.rows ?? 0);
  for (const { values, rows, columns } of matrices) {
    for (let row = 0; row < rows; row++) {
      let peak = peaks[row] ?? 0;
      const end = (row + 1) * columns;
      for (let at = row * columns; at < end; at++) {
        const size = Math.abs(values[at] ?? 0);
        if (size > peak) peak = size;
      }
      peaks[row] = peak;
    }
  }
  return peaks;
}

/** [channels], one over what each channel is divided by. */
export function inverseOf(scaling: Float32Array | undefined, channels: number): Float32Array {
  return scaling === undefined ? new Float32Array(channels).fill(1) : scaling.map((divisor) => 1 / divisor);
}
