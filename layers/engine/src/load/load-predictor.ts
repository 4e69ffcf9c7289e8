/** Opens a package as a predictor: the phases of a cold start, and their times. */

import type { OnnxManifest, Variant } from '@pilotlight/model-format';
import {
  describeScheme,
  formatModelRef,
  providerFor,
  requireVariant,
  servedVariant,
  sumOfBytes,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { ModelPackage, OpenedPackage } from '../ports.ts';
import { MINIMUM_GOLDENS } from '../predict/goldens/golden.ts';
import { GoldenReader } from '../predict/goldens/golden-reader.ts';
import { Predictor } from '../predict/predictor.ts';
import { disposeSessions, openSessions, planSessions } from '../session/open-sessions.ts';
import { openVerified } from '../store/open-verified.ts';
import { taskFor } from '../tasks/index.ts';
import type { LoaderDependencies } from './dependencies.ts';
import { packingSessions } from './packing.ts';

export async function loadPredictor(
  { opened, manifest, start }: OpenedPackage<OnnxManifest>,
  dependencies: LoaderDependencies,
): Promise<Predictor> {
  const { settings } = dependencies;
  const variantName = servedVariant(manifest, settings.executionProvider, settings.variant);
  const variant = requireVariant(manifest, manifest.variants, variantName);
  const task = taskFor(manifest.task);
  const graph = variant.graphs.model;
  const missing = task.outputs.find(
    (wanted) => !graph.outputs.some(({ role }) => [wanted].flat().includes(role)),
  );
  if (missing !== undefined) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `Model ${formatModelRef(manifest)} is refused: its graph has no output for ${[missing].flat().join(' or ')}, which ${task.name} reads.`,
      { details: { model: manifest.name, version: manifest.version } },
    );
  }
  await opened.checkSizes(variant);
  const openMs = performance.now() - start;

  const goldens = new GoldenReader(
    opened.path(manifest.goldens.path),
    Math.floor(Math.random() * MINIMUM_GOLDENS),
  );
  const { text, sessions, timings } = await openParts(opened, manifest, variant, dependencies);

  return new Predictor({
    manifest,
    variantName,
    variant,
    task,
    tokenizer: text,
    ...sessions,
    loadTimings: { openMs, ...timings, totalMs: performance.now() - start },
    maxQueuedRequests: settings.maxQueuedRequests,
    batching: settings.batching,
    nextGolden: () => goldens.next(),
    readings: settings.readings,
    readReference: async () => {
      const { readReference } = await import('../store/read-reference.ts');
      return readReference(dependencies.store, manifest);
    },
  });
}

function openParts(
  opened: ModelPackage,
  manifest: OnnxManifest,
  variant: Variant,
  dependencies: LoaderDependencies,
) {
  const { createTokenizer, createSession, settings } = dependencies;
  const graph = variant.graphs.model;
  // Only these fields, because the options of a session may go to another thread.
  const executionProvider = providerFor(variant, settings.executionProvider);
  const { sumsMaySaturate = false } = describeScheme(variant.scheme);
  const create =
    executionProvider === 'cpu' ? packingSessions(variant, createSession, settings.packing) : createSession;
  const plan = planSessions(settings, sumOfBytes(variant.files));
  return openVerified(
    () => opened.verify(variant),
    {
      open: () => createTokenizer(opened, manifest.textProcessing),
      close: (tokenizer) => tokenizer.dispose(),
    },
    {
      open: () =>
        openSessions(plan, (chosen) =>
          create(opened.path(graph.file), graph, {
            ...chosen,
            executionProvider,
            sumsMaySaturate,
            profilePrefix: settings.profilePrefix,
          }),
        ),
      close: disposeSessions,
    },
  );
}
