/** Loads the model of an archive step by step. No file of the package is opened before all of them have been verified. */
import type { ArchiveManifest } from '@pilotlight/model-format';
import { describeScheme, formatModelRef, ownValue } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { CreateSession, OpenedPackage } from '../ports.ts';
import { AllenNlpModel } from './allennlp-model.ts';
import { AnswerGoldenCheck } from './answer-goldens.ts';
import { openGraphs } from './archive-graphs.ts';
import type { AroundArchive } from './archive-model.ts';
import { openArchiveModel } from './open-archive-model.ts';

/** The part of an engine's settings that a model of an archive is loaded by. */
export interface ArchiveSettings {
  readonly variant: string | undefined;
  readonly intraOpThreads: number;
  readonly allowSpinning: boolean;
  readonly maxQueuedRequests: number;
  readonly batching: { readonly kind: 'turns' | 'dynamic' };
  readonly archives: Readonly<Record<string, AroundArchive>>;
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
  const variant = ownValue(manifest.variants, variantName);
  if (!variant) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `Model ${formatModelRef(manifest)} has no variant ${variantName}; it has ${Object.keys(manifest.variants).join(', ')}.`,
      { details: { model: manifest.name, version: manifest.version } },
    );
  }
  await opened.checkSizes(variant);
  const sized = performance.now();
  await opened.verify(variant);
  const verified = performance.now();
  const model = await openArchiveModel(opened, manifest, ownValue(settings.archives, manifest.name));
  const read = performance.now();
  const { intraOpThreads, allowSpinning, maxQueuedRequests } = settings;
  const { sumsMaySaturate = false, foldWeights = false } = describeScheme(variant.scheme);
  const options = { intraOpThreads, allowSpinning, sumsMaySaturate, foldWeights };
  const graphs = await openGraphs(opened, variant, createSession, options);
  const end = performance.now();
  return new AllenNlpModel({
    manifest,
    variantName,
    variant,
    model,
    graphs,
    loadTimings: {
      openMs: sized - start,
      verifyMs: verified - sized,
      tokenizerMs: read - verified,
      sessionMs: end - read,
      totalMs: end - start,
    },
    maxQueuedRequests,
    sharesBatches: settings.batching.kind === 'dynamic',
    goldens: new AnswerGoldenCheck(
      opened.path(manifest.goldens.path),
      Math.floor(Math.random() * FIRST_GOLDENS),
    ),
  });
}
