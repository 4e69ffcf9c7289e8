/** The stacks of AugmentedLstm that encoders of both kinds are made of. */
import { z } from 'zod';
import { count, ignored } from './build.ts';
import type { Mask, Scope } from './module.ts';
import { runAugmentedLstm } from './nodes/augmented-lstm.ts';
import type { Encoded } from './nodes/torch-rnn.ts';

const shared = {
  input_size: count,
  hidden_size: count,
  use_highway: z.boolean().default(true),
  recurrent_dropout_probability: ignored,
  /** Only of encoders of sequences. */
  stateful: z.boolean().default(false),
};

const augmentedParams = z.strictObject({
  ...shared,
  go_forward: z.boolean().default(true),
  use_input_projection_bias: z.boolean().default(true),
});
const alternatingParams = z.strictObject({
  ...shared,
  num_layers: count,
  use_input_projection_bias: z.boolean().default(true),
});
const bidirectionalParams = z.strictObject({
  ...shared,
  num_layers: count,
  layer_dropout_probability: ignored,
});

type Augmented = z.infer<typeof augmentedParams>;
type Alternating = z.infer<typeof alternatingParams>;
type Bidirectional = z.infer<typeof bidirectionalParams>;

/** A stack: its parameters, the directions of each layer, and how it runs over `x` `[batch, tokens, input_size]`. */
export interface Stack<P> {
  readonly type: string;
  readonly params: z.ZodType<P>;
  readonly isBidirectional: boolean;
  hiddenSize(params: P): number;
  run(scope: Scope, params: P, x: string, mask: Mask): Encoded;
}

export const AUGMENTED: Stack<Augmented> = {
  type: 'augmented_lstm',
  params: augmentedParams,
  isBidirectional: false,
  hiddenSize: ({ hidden_size: hidden }) => hidden,
  run(scope, params, x, mask) {
    const layer = shapeOf(params, params.input_size, params.use_input_projection_bias);
    return runAugmentedLstm(scope, [{ scope, isReverse: !params.go_forward }], layer, x, mask);
  },
};

/** Every second layer runs backwards. */
export const ALTERNATING: Stack<Alternating> = {
  type: 'alternating_lstm',
  params: alternatingParams,
  isBidirectional: false,
  hiddenSize: ({ hidden_size: hidden }) => hidden,
  run(scope, params, x, mask) {
    return runLayers(params.num_layers, x, (layer, input) => {
      const inputs = layer === 0 ? params.input_size : params.hidden_size;
      const place = scope.at(`layer_${layer}`);
      const directions = [{ scope: place, isReverse: layer % 2 === 1 }];
      const dims = shapeOf(params, inputs, params.use_input_projection_bias);
      return runAugmentedLstm(place, directions, dims, input, mask);
    });
  },
};

/** Two directions in every layer, which the next one sees side by side. Its projections of the input have no bias. */
export const BIDIRECTIONAL: Stack<Bidirectional> = {
  type: 'stacked_bidirectional_lstm',
  params: bidirectionalParams,
  isBidirectional: true,
  hiddenSize: ({ hidden_size: hidden }) => hidden,
  run(scope, params, x, mask) {
    return runLayers(params.num_layers, x, (layer, input) => {
      const inputs = layer === 0 ? params.input_size : 2 * params.hidden_size;
      const directions = [
        { scope: scope.at(`forward_layer_${layer}`), isReverse: false },
        { scope: scope.at(`backward_layer_${layer}`), isReverse: true },
      ];
      return runAugmentedLstm(
        scope.at(`layer_${layer}`),
        directions,
        shapeOf(params, inputs, false),
        input,
        mask,
      );
    });
  },
};

function shapeOf(
  { hidden_size: hidden, use_highway: highway }: Augmented | Alternating | Bidirectional,
  inputs: number,
  bias: boolean,
) {
  return { inputs, hidden, highway, bias };
}

function runLayers(layers: number, x: string, run: (layer: number, x: string) => Encoded): Encoded {
  let encoded: Encoded = { sequence: x, final: '' };
  for (let layer = 0; layer < layers; layer++) encoded = run(layer, encoded.sequence);
  return encoded;
}
