/** Asks a model that generates, as clients do. */
import type { Generation, LoadedModel } from '@pilotlight/engine';

/** One call of a model. */
export interface Call {
  readonly input: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Generating = Pick<LoadedModel, 'predict'>;

/** One sequence, the most likely tokens. Of the defaults of a model these would draw tokens, or give several sequences. */
export const GREEDY = { do_sample: false, num_beams: 1, num_return_sequences: 1 } as const;

/** @throws EngineError as `predict` */
export async function generate(
  model: Generating,
  input: unknown,
  parameters: Call['parameters'],
): Promise<Generation> {
  const { results } = await model.predict(input, parameters);
  // A model whose manifest says `generation` gives generations.
  return results[0] as Generation;
}

/** One call of many inputs. @throws EngineError as `predict` */
export async function generateAll(
  model: Generating,
  inputs: readonly unknown[],
  parameters: Call['parameters'],
): Promise<readonly Generation[]> {
  const { results } = await model.predict([...inputs], parameters);
  return results as readonly Generation[];
}

/** Many calls at once, which share their steps. @throws EngineError as `predict` */
export function generateTogether(model: Generating, calls: readonly Call[]): Promise<readonly Generation[]> {
  return Promise.all(calls.map(({ input, parameters }) => generate(model, input, parameters)));
}
