/** Makes the goldens of a model that generates: what fp32 gives to each input, greedy, and by beams where the model has an encoder. */
import { EngineError, type LoadedModel } from '@pilotlight/engine';
import type { GenerationGolden } from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import { ToolchainError } from '../../errors.ts';
import { GREEDY, generate } from './generate.ts';

const NEW_TOKENS = 24;
const MOST_INPUTS = 8;
/** Fewer prove too little. */
export const LEAST_INPUTS = 3;

/** The other defaults of the model stay, and are proven with it. */
const ALONE = { ...GREEDY, max_new_tokens: NEW_TOKENS };
const BEAMS = { ...ALONE, num_beams: 4 };

/**
 * Inputs that are longer than the model takes are left out.
 *
 * @throws ToolchainError TEXTS_INVALID where too few are left; EngineError as `predict`
 */
export async function makeGenerationGoldens(
  fp32: Pick<LoadedModel, 'predict' | 'prepare'>,
  inputs: readonly string[],
  { hasEncoder }: { readonly hasEncoder: boolean },
  report: (done: number) => void = () => {},
): Promise<readonly GenerationGolden[]> {
  const searches = hasEncoder ? [ALONE, BEAMS] : [ALONE];
  const taken = await readable(fp32, inputs);
  const calls = searches.flatMap((parameters) =>
    taken.slice(0, MOST_INPUTS).map((input) => ({ input, parameters })),
  );
  const goldens: GenerationGolden[] = [];
  for (const { input, parameters } of calls) {
    const {
      promptTokens,
      sequences: [{ tokens, score }],
    } = await generate(fp32, input, parameters);
    const logprobs = parameters.num_beams > 1 ? [] : tokens.map(({ logprob }) => logprob);
    goldens.push({ input, parameters, promptTokens, ids: tokens.map(({ id }) => id), logprobs, score });
    report(goldens.length / calls.length);
  }
  return goldens;
}

async function readable(
  model: Pick<LoadedModel, 'prepare'>,
  inputs: readonly string[],
): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const input of inputs) {
    if (await fits(model, input)) taken.push(input);
  }
  if (taken.length >= LEAST_INPUTS) return taken;
  throw new ToolchainError(
    'TEXTS_INVALID',
    `The model takes ${taken.length} of ${inputs.length} texts, which proves too little. Give it shorter ones: --texts FILE.`,
  );
}

async function fits(model: Pick<LoadedModel, 'prepare'>, input: string): Promise<boolean> {
  try {
    await model.prepare(input, ALONE);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'INPUT_TOO_LONG') return false;
    throw error;
  }
}
