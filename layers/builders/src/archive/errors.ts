import { PilotlightError } from '@pilotlight/model-format/errors';

/** Every way in which building or placing layers refuses or fails. The meaning of a code never changes. */
export const LAYER_ERROR_CODES = [
  'NATIVE_PACKAGE_MISSING',
  'NATIVE_BINARY_WRONG',
  'LAYER_OVER_BUDGET',
  'LAYER_INPUT_CHANGED',
  'PLACEMENT_REFUSED',
  'PLACEMENT_IMPOSSIBLE',
  'IMAGE_INPUT_MISSING',
] as const;
export type LayerErrorCode = (typeof LAYER_ERROR_CODES)[number];

/** An error of a layer: a package, a model or a wish for its placement is at fault, and the message says which. */
export class LayerError extends PilotlightError<LayerErrorCode> {
  override readonly name = 'LayerError';
}
