import { PilotlightError } from '@pilotlight/engine';

/** Every way in which packaging refuses or fails; each code has one meaning, for good. */
export const TOOLCHAIN_ERROR_CODES = [
  'USAGE',
  'SOURCE_NOT_FOUND',
  'SOURCE_INVALID',
  'SOURCE_UNSUPPORTED',
  'GRAPH_INVALID',
  'WEIGHTS_INVALID',
  'OPTIMISE_FAILED',
  'TEXTS_INVALID',
  'DATASET_INVALID',
  'PACKAGE_EXISTS',
  'VERIFY_FAILED',
] as const;

export type ToolchainErrorCode = (typeof TOOLCHAIN_ERROR_CODES)[number];

/** An error of the toolchain: the model, the command or the package is at fault, and the message says which. */
export class ToolchainError extends PilotlightError<ToolchainErrorCode> {
  override readonly name = 'ToolchainError';
}
