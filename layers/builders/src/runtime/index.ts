/**
 * The Lambda layer of the native packages, ONNX Runtime and tokenizers, for one architecture. The packages carry the
 * binaries of all platforms, so a layer for arm64 is built anywhere, without Docker.
 */
import { LayerError } from '../archive/errors.ts';
import { sumOfBytes } from '@pilotlight/model-format';
import { megabytes } from '../archive/files.ts';
import { buildLayer, type LayerBuild } from '../archive/layer.ts';
import type { Architecture } from './architecture.ts';
import { runtimeFiles } from './contents.ts';

export { LAYER_ERROR_CODES, LayerError, type LayerErrorCode } from '../archive/errors.ts';
export type { LayerBuild } from '../archive/layer.ts';
export { ARCHITECTURES, type Architecture } from './architecture.ts';
export { runtimeFiles } from './contents.ts';

/** Bytes that the layer may have unzipped: what it has today and some 10 %, so that growth is noticed. */
export const RUNTIME_BUDGET_BYTES: Readonly<Record<Architecture, number>> = {
  arm64: 34_000_000,
  x64: 55_000_000,
};

export interface RuntimeLayerOptions {
  /** The `node_modules` folder to take the packages from. @default - those that are installed */
  readonly modules?: string;
}

/**
 * Builds the runtime layer below `outdir`, or finds it there when nothing changed. Takes seconds at first.
 *
 * @throws LayerError NATIVE_PACKAGE_MISSING, NATIVE_BINARY_WRONG, LAYER_OVER_BUDGET
 */
export function buildRuntimeLayer(
  architecture: Architecture,
  outdir: string,
  { modules }: RuntimeLayerOptions = {},
): LayerBuild {
  const files = runtimeFiles(architecture, modules);
  const [bytes, budget] = [sumOfBytes(files), RUNTIME_BUDGET_BYTES[architecture]];
  if (bytes > budget) {
    throw new LayerError(
      'LAYER_OVER_BUDGET',
      `The runtime layer for ${architecture} has ${megabytes(bytes)} unzipped; its budget is ${megabytes(budget)}. ` +
        'See what grew (layers/builders/src/runtime/contents.ts) before raising the budget.',
      { details: { bytes, budget } },
    );
  }
  return buildLayer(`runtime-${architecture}`, files, outdir, 6);
}

/** Unzipped bytes of the layer, without building it. Throws as `buildRuntimeLayer` does. */
export function runtimeLayerBytes(architecture: Architecture, { modules }: RuntimeLayerOptions = {}): number {
  return sumOfBytes(runtimeFiles(architecture, modules));
}
