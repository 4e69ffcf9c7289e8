/** From a package to a predictor: the phases of a cold start, and their times. */

import type { Manifest, Variant } from '@pilotlight/model-format';
import { isPipeline, providerFor, variantFor } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { MINIMUM_GOLDENS } from './goldens/golden.ts';
import { GoldenReader } from './goldens/golden-reader.ts';
import type { PredictorSettings } from './options.ts';
import { loadPipeline } from './pipelines/load-pipeline.ts';
import type { OpenPipeline } from './pipelines/pipeline.ts';
import type { PipelinePredictor } from './pipelines/pipeline-predictor.ts';
import type { CreateSession, CreateTokenizer, ModelPackage, PackageStore, ResolvedRef } from './ports.ts';
import { Predictor } from './predictor.ts';
import { disposeOf, openSessions } from './session/open-sessions.ts';
import { taskFor } from './tasks/index.ts';

export interface LoaderParts {
  readonly store: PackageStore;
  readonly createTokenizer: CreateTokenizer;
  readonly createSession: CreateSession;
  readonly openPipeline: OpenPipeline;
  readonly settings: PredictorSettings;
}

/** What `manifest` makes of the package that it is of. */
interface Opened<Contents> {
  readonly opened: ModelPackage;
  readonly manifest: Contents;
  /** `performance.now()` before the package was opened. */
  readonly start: number;
}

/** @throws EngineError PACKAGE_INVALID, PACKAGE_CORRUPT, naming the model. */
export async function loadModel(
  ref: ResolvedRef,
  parts: LoaderParts,
): Promise<Predictor | PipelinePredictor> {
  const start = performance.now();
  const opened = await parts.store.open(ref);
  const { manifest } = opened;
  if (!isPipeline(manifest)) return loadPredictor({ opened, manifest, start }, parts);
  return loadPipeline({ opened, manifest, start }, parts).catch((error: unknown) => {
    throw nameModel(error, manifest);
  });
}

async function loadPredictor(
  { opened, manifest, start }: Opened<Manifest>,
  parts: LoaderParts,
): Promise<Predictor> {
  const { settings } = parts;
  const ref: ResolvedRef = manifest;
  const variantName = settings.variant ?? variantFor(manifest, settings.executionProvider);
  const variant = manifest.variants[variantName];
  if (!variant) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `Model ${ref.name}@${ref.version} has no variant ${variantName}; it has ${Object.keys(manifest.variants).join(', ')}.`,
    );
  }
  const task = taskFor(manifest.task);
  const graph = variant.graphs.model;
  const missing = task.outputs.find(
    (wanted) => !graph.outputs.some(({ role }) => [wanted].flat().includes(role)),
  );
  if (missing !== undefined) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `Model ${ref.name}@${ref.version} is refused: its graph has no output for ${[missing].flat().join(' or ')}, which ${task.name} reads.`,
    );
  }
  await opened.checkSizes(variant);
  const openMs = performance.now() - start;

  const goldens = new GoldenReader(
    opened.path(manifest.goldens.path),
    Math.floor(Math.random() * MINIMUM_GOLDENS),
  );
  const [verifying, tokenizing, opening] = await openAll(opened, manifest, variant, parts);
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
    ...opening.value,
    loadTimings: timings,
    maxQueuedRequests: settings.maxQueuedRequests,
    batching: settings.batching,
    nextGolden: () => goldens.next(),
  });
}

/** Verifies in another thread while this one opens tokenizer and session; whatever fails, nothing stays open. */
async function openAll(opened: ModelPackage, manifest: Manifest, variant: Variant, parts: LoaderParts) {
  const { createTokenizer, createSession, settings } = parts;
  const graph = variant.graphs.model;
  const verified = timed(() => opened.verify(variant));
  const tokenizer = timed(() => createTokenizer(opened, manifest.textProcessing));
  // These and no more: what a session is opened with may go to another thread.
  const { intraOpThreads, allowSpinning } = settings;
  const executionProvider = providerFor(variant, settings.executionProvider);
  const options = { intraOpThreads, allowSpinning, executionProvider };
  const { kind, shortLaneTokens } = settings.batching;
  const sessions = timed(() =>
    openSessions(kind === 'dynamic' && shortLaneTokens > 0, (niceness) =>
      createSession(opened.path(graph.file), graph, { ...options, ...(niceness > 0 && { niceness }) }),
    ),
  );
  try {
    return await Promise.all([verified, tokenizer, sessions]);
  } catch (error) {
    const [, openedTokenizer, openedSessions] = await Promise.allSettled([verified, tokenizer, sessions]);
    if (openedTokenizer.status === 'fulfilled') openedTokenizer.value.value.dispose();
    if (openedSessions.status === 'fulfilled') await disposeOf(openedSessions.value.value);
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
