/**
 * What ELMo's options.json says. An archive names that file but does not hold it; the shapes are in the tensors, and what else there
 * is has been the same in all models that were published (https://allenai.org/allennlp/software/elmo).
 */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { parseJson } from '../../../sources/json.ts';
import type { Scope } from '../module.ts';

const optionsSchema = z.object({
  lstm: z.object({
    cell_clip: z.number().nonnegative().nullish(),
    proj_clip: z.number().nonnegative().nullish(),
    use_skip_connections: z.literal(true),
  }),
  char_cnn: z.object({
    activation: z.enum(['relu', 'tanh']),
    max_characters_per_token: z.literal(50),
  }),
});
type ElmoOptions = z.infer<typeof optionsSchema>;

const PUBLISHED: ElmoOptions = {
  lstm: { cell_clip: 3, proj_clip: 3, use_skip_connections: true },
  char_cnn: { activation: 'relu', max_characters_per_token: 50 },
};

/** The options of the file that config.json names, where `--base` gives it, else those of the published models. */
export function readElmoOptions({ archive }: Scope, file: string | undefined): ElmoOptions {
  const text = file === undefined ? undefined : archive.baseFile?.(file);
  return text === undefined ? PUBLISHED : parseJson(Buffer.from(text), `${file}`, optionsSchema);
}

/** The shapes of ELMo, which its tensors tell; the scope is the place of `_elmo_lstm`. @throws ToolchainError WEIGHTS_INVALID */
export interface ElmoShape {
  readonly characters: number;
  readonly characterDim: number;
  /** Widths, and the number of filters of each. */
  readonly filters: readonly (readonly [number, number])[];
  readonly highways: number;
  readonly hidden: number;
  readonly cell: number;
  readonly layers: number;
}

export function readElmoShape(scope: Scope): ElmoShape {
  const encoder = scope.at('_token_embedder');
  const lstm = scope.at('_elmo_lstm');
  const [characters, characterDim] = dimsOf(encoder, '_char_embedding_weights');
  const filters = countParts((index) => encoder.has(`char_conv_${index}.weight`)).map((index) => {
    const [number, , width] = dimsOf(encoder, `char_conv_${index}.weight`);
    return [width, number] as const;
  });
  const [hidden, cell] = dimsOf(lstm, 'forward_layer_0.state_projection.weight');
  return {
    characters,
    characterDim,
    filters,
    highways: countParts((index) => encoder.has(`_highways._layers.${index}.weight`)).length,
    hidden,
    cell,
    layers: countParts((index) => lstm.has(`forward_layer_${index}.input_linearity.weight`)).length,
  };
}

/** The numbers from 0 on that there is a part of. */
function countParts(has: (index: number) => boolean): number[] {
  const indices: number[] = [];
  while (has(indices.length)) indices.push(indices.length);
  return indices;
}

function dimsOf(scope: Scope, name: string): readonly [number, number, number] {
  const [first = 0, second = 0, third = 1] = scope.dims(name) ?? [];
  if (first > 0 && second > 0) return [first, second, third];
  throw new ToolchainError(
    'WEIGHTS_INVALID',
    `The archive has no tensor '${scope.tensorName(name)}', which ELMo needs.`,
  );
}
