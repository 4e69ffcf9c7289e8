/** From a package to a predictor: the phases of a cold start, and their times. */
import { EngineError } from './errors.ts';
import { MINIMUM_GOLDENS } from './goldens/golden.ts';
import { GoldenReader } from './goldens/golden-reader.ts';
import type { Variant } from './manifest.ts';
import type { PredictorSettings } from './options.ts';
import type { CreateSession, CreateTokenizer, ModelPackage, PackageStore, ResolvedRef } from './ports.ts';
import { Predictor } from './predictor.ts';
import { taskFor } from './tasks/index.ts';

export interface LoaderParts {
  readonly store: PackageStore;
  readonly createTokenizer: CreateTokenizer;
  readonly createSession: CreateSession;
  readonly settings: PredictorSettings;
}

/** @throws EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, naming the model. */
export async function loadPredictor(ref: ResolvedRef, parts: LoaderParts): Promise<Predictor> {
  const { store, settings } = parts;
  const start = performance.now();
  const opened = await store.open(ref);
  const { manifest } = opened;
  const variantName = settings.variant ?? manifest.defaultVariant;
  const variant = manifest.variants[variantName];
  if (!variant) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `Model ${ref.name}@${ref.version} has no variant ${variantName}; it has ${Object.keys(manifest.variants).join(', ')}.`,
    );
  }
  const task = taskFor(manifest.task);
  const graph = variant.graphs.model;
  const missing = task.outputs.find((output) => !graph.outputs.some(({ role }) => role === output));
  if (missing !== undefined) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `Model ${ref.name}@${ref.version} is refused: its graph has no output for ${missing}, which ${task.name} reads.`,
    );
  }
  await opened.checkSizes(variant);
  const openMs = performance.now() - start;

  const goldens = new GoldenReader(
    opened.path(manifest.goldens.path),
    Math.floor(Math.random() * MINIMUM_GOLDENS),
  );
  const [verifying, tokenizing, opening] = await openAll(opened, variant, parts);
  const timings = {
    openMs,
    verifyMs: verifying.ms,
    tokenizerMs: tokenizing.ms,
    sessionMs: opening.ms,
    totalMs: performance.now() - start,
  };
  return new Predictor({
    manifest,
    variantName,
    variant,
    task,
    tokenizer: tokenizing.value,
    session: opening.value,
    loadTimings: timings,
    maxQueuedRequests: settings.maxQueuedRequests,
    nextGolden: () => goldens.next(),
  });
}

/** Verifies in another thread while this one opens tokenizer and session; whatever fails, nothing stays open. */
async function openAll(opened: ModelPackage, variant: Variant, parts: LoaderParts) {
  const { manifest } = opened;
  const { createTokenizer, createSession, settings } = parts;
  const graph = variant.graphs.model;
  const verified = timed(() => opened.verify(variant));
  const tokenizerFile = opened.path(manifest.textProcessing.file.path);
  const tokenizer = timed(() => createTokenizer(tokenizerFile, manifest.textProcessing));
  const session = timed(() => createSession(opened.path(graph.file), graph, settings));
  try {
    return await Promise.all([verified, tokenizer, session]);
  } catch (error) {
    const [, openedTokenizer, openedSession] = await Promise.allSettled([verified, tokenizer, session]);
    if (openedTokenizer.status === 'fulfilled') openedTokenizer.value.value.dispose();
    if (openedSession.status === 'fulfilled') await openedSession.value.value.dispose();
    throw nameModel(error, manifest);
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

/** Adapters do not know which model they work for; the error that a client sees names it. */
function nameModel(error: unknown, { name, version }: ResolvedRef): unknown {
  if (!(error instanceof EngineError) || 'model' in error.details) return error;
  const details = { ...error.details, model: name, version };
  return new EngineError(error.code, `Model ${name}@${version} is refused: ${error.message}`, {
    details,
    cause: error,
  });
}
