/** Asks a model that generates, as clients do. */
import type { LoadedModel } from '@pilotlight/engine';
import type { Generation } from '@pilotlight/engine/internal/generation/generation';

/** One call of a model. */
export interface Call {
  readonly input: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Generating = Pick<LoadedModel, 'predict'>;

/** @throws EngineError as `predict` */
export async function generate(
  model: Generating,
  input: unknown,
  parameters: Call['parameters'] = {},
): Promise<Generation> {
  const { results } = await model.predict(input, parameters);
  // A model whose manifest says `generation` gives generations.
  return results[0] as Generation;
}

/** Runs all calls at once, so that they share steps. */
export function generateTogether(model: Generating, calls: readonly Call[]): Promise<readonly Generation[]> {
  return Promise.all(calls.map(({ input, parameters }) => generate(model, input, parameters)));
}
