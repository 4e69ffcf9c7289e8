/** Opens a package as a generator. Nobody gets it before all files of the package have been verified. */
import {
  describeScheme,
  type GenerationGraph,
  type GenerationManifest,
  requireVariant,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { OpenedPackage } from '../../ports.ts';
import { GoldenRounds } from '../../predict/goldens/golden-file.ts';
import { openVerified } from '../../store/open-verified.ts';
import { Generator } from './generator.ts';
import { parseGenerationGoldens } from './goldens/generation-goldens.ts';
import { pastName } from './graphs.ts';
import { createDecoder } from './loop/create-decoder.ts';
import type { DecoderPlan } from './loop/decoder-plan.ts';
import { resolveOptions } from './search/resolve-options.ts';
import { openGenerationText } from './text/generation-tokenizer.ts';

/** How models that generate run. */
export interface GenerationSettings {
  readonly where: 'inline' | 'worker';
  readonly slots: number;
  readonly cacheBytes: number;
  readonly prefixBytes: number;
}

/** The part of an engine's settings that a model that generates is loaded by. */
export interface GeneratorSettings {
  readonly variant: string | undefined;
  readonly intraOpThreads: number;
  readonly allowSpinning: boolean;
  readonly maxQueuedRequests: number;
  readonly packing: { readonly when: string };
  readonly generation: GenerationSettings;
  readonly profilePrefix?: string | undefined;
}

/** The goldens that a check may begin with: environments that live for an hour would never come to the last. */
const FIRST_GOLDENS = 8;

/** @throws EngineError PACKAGE_INVALID, PACKAGE_CORRUPT */
export async function loadGenerator(
  { opened, manifest, start }: OpenedPackage<GenerationManifest>,
  settings: GeneratorSettings,
): Promise<Generator> {
  checkDefaults(manifest);
  const variantName = settings.variant ?? manifest.defaultVariant;
  const variant = requireVariant(manifest, manifest.variants, variantName);
  await opened.checkSizes(variant);
  const openMs = performance.now() - start;
  const { intraOpThreads, allowSpinning, maxQueuedRequests, packing } = settings;
  const { where, slots, cacheBytes, prefixBytes } = settings.generation;
  const { sumsMaySaturate = false, foldWeights = false } = describeScheme(variant.scheme);
  const { step, encoder } = variant.graphs;
  checkLayers(manifest, step);
  const plan: DecoderPlan = {
    step: { ...step, file: opened.path(step.file) },
    encoder: encoder && { ...encoder, file: opened.path(encoder.file) },
    facts: manifest.decoder,
    session: {
      intraOpThreads,
      allowSpinning,
      sumsMaySaturate,
      foldWeights,
      packs: packing.when !== 'never',
      profilePrefix: settings.profilePrefix,
    },
    // Calls are bounded by `maxQueuedRequests`, and each has as many inputs with the loop as there are slots.
    settings: { slots, cacheBytes, prefixBytes, maxWaiting: maxQueuedRequests * slots },
  };
  const { text, sessions, timings } = await openVerified(
    () => opened.verify(variant),
    { open: () => openGenerationText(opened, manifest) },
    { open: () => createDecoder(plan, where), close: (decoder) => decoder.dispose() },
  );
  return new Generator({
    manifest,
    variantName,
    variant,
    text,
    decoder: sessions,
    loadTimings: { openMs, ...timings, totalMs: performance.now() - start },
    maxQueuedRequests,
    goldens: new GoldenRounds(
      opened.path(manifest.goldens.path),
      parseGenerationGoldens,
      Math.floor(Math.random() * FIRST_GOLDENS),
    ),
  });
}

/** Else every call would be refused for what it did not say. */
function checkDefaults({ generation, decoder: { vocabSize, maxPositions } }: GenerationManifest): void {
  try {
    // max_length is another matter: it is for prompts of a length.
    resolveOptions({ max_new_tokens: 1 }, generation, { inputTokens: 1, maxPositions, vocabSize });
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new EngineError(
      'PACKAGE_INVALID',
      `What generation_config.json says is not done here: ${cause.message} Repair it, and package the model again.`,
      { cause },
    );
  }
}

/** A session passes over what its graph does not read, so that a cache of more layers would go unnoticed. */
function checkLayers({ decoder: { layers } }: GenerationManifest, { inputs }: GenerationGraph): void {
  const read = inputs.filter(({ name }) => name.startsWith('past.')).length / 2;
  const last = inputs.some(({ name }) => name === pastName(layers - 1, 'value'));
  if (read === layers && last) return;
  throw new EngineError(
    'PACKAGE_INVALID',
    `The manifest says ${layers} layers, and the graph of its step reads the cache of ${read}. Package the model again.`,
  );
}
