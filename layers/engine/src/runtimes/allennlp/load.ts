/** Loads the model of an archive. Nobody gets it before all files of the package have been verified. */
import type { ArchiveManifest } from '@pilotlight/model-format';
import { describeScheme, ownValue, requireVariant } from '@pilotlight/model-format';
import type { BatchingSettings } from '../../batching/batching-settings.ts';
import type { CreateSession, OpenedPackage } from '../../ports.ts';
import { GoldenRounds } from '../../predict/goldens/golden-file.ts';
import { openVerified } from '../../store/open-verified.ts';
import { type AllenNlpDependencies, AllenNlpModel } from './allennlp-model.ts';
import { openGraphs } from './archive-graphs.ts';
import type { AroundArchive } from './archive-model.ts';
import { parseAnswerGoldens } from './goldens/answer-goldens.ts';
import { openArchiveModel } from './open-archive-model.ts';

/** The part of an engine's settings that a model of an archive is loaded by. */
export interface ArchiveSettings {
  readonly variant: string | undefined;
  readonly intraOpThreads: number;
  readonly allowSpinning: boolean;
  readonly maxQueuedRequests: number;
  readonly batching: Pick<BatchingSettings, 'kind' | 'onBatch'>;
  readonly archives: Readonly<Record<string, AroundArchive>>;
  readonly profilePrefix?: string | undefined;
}

/** The goldens that a check may begin with: environments that live for an hour would never come to the last. */
const FIRST_GOLDENS = 32;

/** @throws EngineError PACKAGE_INVALID, PACKAGE_CORRUPT */
export async function loadArchive(
  { opened, manifest, start }: OpenedPackage<ArchiveManifest>,
  dependencies: { readonly createSession: CreateSession; readonly settings: ArchiveSettings },
): Promise<AllenNlpModel> {
  const { createSession, settings } = dependencies;
  const variantName = settings.variant ?? manifest.defaultVariant;
  const variant = requireVariant(manifest, manifest.variants, variantName);
  await opened.checkSizes(variant);
  const openMs = performance.now() - start;
  const { intraOpThreads, allowSpinning, maxQueuedRequests, profilePrefix } = settings;
  const { sumsMaySaturate = false, foldWeights = false } = describeScheme(variant.scheme);
  const options = { intraOpThreads, allowSpinning, sumsMaySaturate, foldWeights, profilePrefix };
  const { text, sessions, timings } = await openVerified(
    () => opened.verify(variant),
    { open: () => openArchiveModel(opened, manifest, ownValue(settings.archives, manifest.name)) },
    {
      open: () => openGraphs(opened, variant, createSession, options),
      close: (graphs) => graphs.dispose(),
    },
  );
  const parts: AllenNlpDependencies = {
    manifest,
    variantName,
    variant,
    model: text.served,
    graphs: sessions,
    loadTimings: { openMs, ...timings, totalMs: performance.now() - start },
    maxQueuedRequests,
    sharesBatches: settings.batching.kind === 'dynamic',
    // As for models that read tokens, the batches of a call by itself are in its answer alone.
    ...(settings.batching.kind === 'dynamic' && { onBatch: settings.batching.onBatch }),
    goldens: new GoldenRounds(
      opened.path(manifest.goldens.path),
      parseAnswerGoldens,
      Math.floor(Math.random() * FIRST_GOLDENS),
    ),
  };
  // Goldens are inputs and answers of the archive itself, whatever the caller's own code makes of them.
  const own = text.own === text.served ? {} : { own: new AllenNlpModel({ ...parts, model: text.own }) };
  return new AllenNlpModel({ ...parts, ...own });
}
