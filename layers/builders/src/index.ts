/** Builds what Lambda functions and containers run on, out of what is installed and without Docker. */
export { LAYER_ERROR_CODES, LayerError, type LayerErrorCode } from './archive/errors.ts';
export type { LayerBuild } from './archive/layer.ts';
export {
  buildFunctionContext,
  buildServerContext,
  type FunctionContextOptions,
  type ServerContext,
  type ServerContextOptions,
} from './images/index.ts';
export { buildModelLayer, describePackage, type PackageDescription, placeModels } from './models/index.ts';
export { ARCHITECTURES, type Architecture, buildRuntimeLayer, runtimeLayerBytes } from './runtime/index.ts';
export { buildWebPackage, type WebPackage, type WebPackageOptions } from './web/index.ts';
