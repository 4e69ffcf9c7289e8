/** Every family of models that a graph can be built for. A new one is a file beside this one and a line here. */
import { ToolchainError } from '../errors.ts';
import type { Architecture } from './architecture.ts';
import { bert } from './bert.ts';
import { distilbert } from './distilbert.ts';
import { mpnet } from './mpnet.ts';
import { camembert, roberta, xlmRoberta } from './roberta.ts';

export const ARCHITECTURES: readonly Architecture[] = [
  bert,
  distilbert,
  roberta,
  xlmRoberta,
  camembert,
  mpnet,
];

/** Tells whether a graph can be built for checkpoints of that `model_type`. */
export function isSupported(modelType: string): boolean {
  return ARCHITECTURES.some((architecture) => architecture.modelType === modelType);
}

/** The family of that `model_type`. Throws SOURCE_UNSUPPORTED with the list of those that there are. */
export function architectureFor(modelType: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture.modelType === modelType);
  if (found) return found;
  const supported = ARCHITECTURES.map((architecture) => architecture.modelType);
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `Checkpoints of type '${modelType}' are not supported; supported are ${supported.join(', ')}. ` +
      'An .onnx export of the model can be packaged instead.',
    { details: { modelType, supported } },
  );
}
