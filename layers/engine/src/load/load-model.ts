/** Loads the model of a reference: the manifest says what runs it, and the reference in which variant. */
import {
  formatModelRef,
  type PackageManifest,
  type Runtime,
  requireVariant,
  variantsOf,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { OpenedPackage, ResolvedRef } from '../ports.ts';
import type { LoadedModel } from '../predict/loaded-model.ts';
import type { LoaderDependencies } from './dependencies.ts';
import { loadPredictor } from './load-predictor.ts';

type ManifestFor<R extends Runtime> = Extract<PackageManifest, { readonly runtime: R }>;
type Load<R extends Runtime> = (
  opened: OpenedPackage<ManifestFor<R>>,
  dependencies: LoaderDependencies,
) => Promise<LoadedModel>;

/**
 * Every kind of model by its runtime. Kinds other than our own are imported when the first of their packages is opened,
 * so that they cost the cold start of the others nothing.
 */
const LOADERS: { readonly [R in Runtime]: () => Promise<Load<R>> } = {
  onnx: async () => loadPredictor,
  'transformers.js': async () => {
    const { loadTransformersJs } = await import('../runtimes/transformers-js/load.ts');
    return (opened, { settings }) => loadTransformersJs(opened, settings);
  },
  allennlp: async () => (await import('../runtimes/allennlp/load.ts')).loadArchive,
  generation: async () => {
    const { loadGenerator } = await import('../runtimes/generation/load.ts');
    return (opened, { settings }) => loadGenerator(opened, settings);
  },
};

/** @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, PACKAGE_UNAVAILABLE, naming the model */
export async function loadModel(ref: ResolvedRef, dependencies: LoaderDependencies): Promise<LoadedModel> {
  const start = performance.now();
  const opened = await dependencies.store.open(ref);
  const { manifest } = opened;
  try {
    return await loadAs(
      manifest.runtime,
      { opened, manifest, start },
      forVariant(ref, manifest, dependencies),
    );
  } catch (error) {
    throw nameModel(error, manifest);
  }
}

async function loadAs<R extends Runtime>(
  runtime: R,
  opened: OpenedPackage<ManifestFor<R>>,
  dependencies: LoaderDependencies,
): Promise<LoadedModel> {
  const load = await LOADERS[runtime]();
  return load(opened, dependencies);
}

/** @throws EngineError PACKAGE_INVALID where the model has no variant of the name that is asked for */
function forVariant(
  { variant }: ResolvedRef,
  manifest: PackageManifest,
  dependencies: LoaderDependencies,
): LoaderDependencies {
  if (variant === undefined) return dependencies;
  requireVariant(manifest, variantsOf(manifest), variant);
  return { ...dependencies, settings: { ...dependencies.settings, variant } };
}

/** Adapters do not know which model they work for; the error that a client sees names it. */
function nameModel(error: unknown, ref: ResolvedRef): unknown {
  if (!(error instanceof EngineError) || 'model' in error.details) return error;
  const details = { ...error.details, model: ref.name, version: ref.version };
  return new EngineError(error.code, `Model ${formatModelRef(ref)} is refused: ${error.message}`, {
    details,
    cause: error,
  });
}
