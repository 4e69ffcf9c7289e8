/** FeedForward: linear layers, each followed by an activation. */
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { count, ignored, layerCount } from './build.ts';
import type { FeedForward, ModuleDefinition } from './module.ts';
import { activations, applyActivation } from './nodes/activations.ts';
import { linear } from './nodes/linear.ts';

const params = z.strictObject({
  input_dim: count,
  num_layers: layerCount,
  hidden_dims: z.union([count, z.array(count)]),
  activations,
  dropout: ignored,
});

export const feedforward: ModuleDefinition<z.infer<typeof params>, FeedForward> = {
  role: 'feedforward',
  type: 'feedforward',
  params,
  build(scope, { input_dim: inputDim, num_layers: layers, hidden_dims: dims, activations }) {
    const widths = forEachLayer(dims, layers, scope.path);
    const names = forEachLayer(activations, layers, scope.path);
    const place = (layer: number) => scope.at(`_linear_layers.${layer}`);
    const activate = (product: string, layer: number) =>
      applyActivation(place(layer), names[layer] ?? 'linear', product);
    const continueFrom = (first: string) =>
      widths
        .slice(1)
        .reduce(
          (value, width, index) =>
            activate(linear(place(index + 1), value, widths[index] ?? 0, width), index + 1),
          activate(first, 0),
        );
    const firstDim = widths[0] ?? inputDim;
    return {
      outputDim: widths.at(-1) ?? inputDim,
      firstDim,
      apply: (x) => continueFrom(linear(place(0), x, inputDim, firstDim)),
      continueFrom,
    };
  },
};

function forEachLayer<T>(value: T | readonly T[], layers: number, path: string): readonly T[] {
  if (!Array.isArray(value)) return Array.from({ length: layers }, () => value as T);
  if (value.length === layers) return value;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `${path}: a list of a feedforward has ${value.length} entries for ${layers} layers.`,
  );
}
