/** Asks a model for the answers of rows, and for their sizes. */
import type { AskedTask, BulkModel, Outcome, Predictor } from '@pilotlight/engine';
import type { Answer } from './judge.ts';

/** Whether a model is one of the engine's own, which gives its tokens and logits. */
export function isPredictor(model: BulkModel): model is Predictor {
  return 'tokenize' in model && 'infer' in model;
}

export async function askEach(
  model: BulkModel,
  inputs: readonly unknown[],
  parameters: Readonly<Record<string, unknown>>,
  task?: AskedTask,
): Promise<readonly Outcome[]> {
  const { outcomes } = await model.predictEach(inputs, parameters, {
    background: true,
    ...(task !== undefined && { task }),
  });
  return outcomes;
}

/** Tokens of each text, or pair `{text, text_pair}`; characters where the model does not say how it reads them. */
export async function sizesOf(
  model: BulkModel,
  inputs: readonly (string | { readonly text: string; readonly text_pair?: string })[],
): Promise<readonly number[]> {
  if (isPredictor(model)) return (await model.tokenize(inputs)).map(({ ids }) => ids.length);
  return inputs.map((input) =>
    typeof input === 'string' ? input.length : input.text.length + (input.text_pair?.length ?? 0),
  );
}

/** The answer to a row that the model refused: a wrong one, of which nothing is known but the reason. */
export function refusedAnswer<Facts>(
  outcome: Extract<Outcome, { readonly error: unknown }>,
  size: number,
  facts: Facts,
): Answer<Facts> {
  return {
    shown: `(refused: ${outcome.error.message})`,
    isRight: false,
    badness: Number.POSITIVE_INFINITY,
    size,
    facts,
  };
}
