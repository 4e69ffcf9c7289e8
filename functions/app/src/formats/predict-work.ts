/** The work with the engine that all wire formats share. */
import type { AskedTask, Prediction } from '@pilotlight/engine';
import { MAX_ANSWER_BYTES } from '../http/answer/answer-size.ts';
import type { ServedModel, ServingEngine } from '../serve/ports.ts';
import type { PredictionWork } from '../serve/wire-format.ts';

/** One prediction in the words of the engine. */
export interface PredictCall {
  readonly model: ServedModel;
  /** @default - that of the model's manifest */
  readonly task?: AskedTask | undefined;
  readonly inputs: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Makes the body of the answer. */
  readonly encode: (prediction: Prediction) => unknown;
}

/** A prediction within the limits of tokens. */
export function predictWork(
  engine: ServingEngine,
  { model, task, inputs, parameters, encode }: PredictCall,
): PredictionWork {
  const { manifest, variantName: variant } = model;
  const ref = { name: manifest.name, version: manifest.version, variant };
  return {
    model,
    prepare: ({ maxInputTokens, maxCallTokens }, signal) => {
      const limits = {
        maxAnswerBytes: MAX_ANSWER_BYTES,
        ...(maxInputTokens !== undefined && { maxInputTokens }),
        ...(maxCallTokens !== undefined && { maxCallTokens }),
      };
      return engine.prepare(ref, inputs, parameters, { limits, signal, ...(task && { task }) });
    },
    encode,
  };
}
