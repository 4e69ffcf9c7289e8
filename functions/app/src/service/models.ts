/** GET /models and its kin: packages as their manifests describe them, broken ones with the reason. */

import {
  type ArchiveManifest,
  EngineError,
  listTasks,
  type OnnxManifest,
  type PackageManifest,
  parseModelRef,
} from '@pilotlight/engine';
import { type GenerationManifest, sumOfBytes } from '@pilotlight/model-format';
import { requestedModel } from '../http/request/requested-model.ts';
import type { ModelDetail, ModelSummary } from '../openapi/schemas.ts';
import { type AppDependencies, isRemote, type ListedModel, type ServingEngine } from '../serve/ports.ts';
import { listModels, noSuchModel } from '../serve/resolve.ts';
import type { Codec } from '../serve/wire-format.ts';

export const models: Codec = {
  tell: async (_, parts) => {
    const entries = await listModels(parts);
    return { models: entries.map((entry) => summary(entry, parts.engine)) };
  },
};

/** The version that was asked for, or the one that serves, or the highest. */
export const model: Codec = {
  decode: ({ c }, parts) => {
    const ref = requestedModel(c);
    return { ref, work: (engine) => findEntry(engine, ref, parts) };
  },
};

/** @throws EngineError MODEL_NOT_FOUND */
async function findEntry(engine: ServingEngine, ref: string, parts: Pick<AppDependencies, 'models'>) {
  const { name, version } = parseModelRef(ref);
  const entries = await parts.models();
  const versions = entries.flatMap((entry) => (entry.name !== name || isRemote(entry) ? [] : entry));
  const entry = versions.findLast((candidate) => version === undefined || candidate.version === version);
  if (!entry) throw notAmong(entries, name, version);
  const tell = (): ModelDetail => ({
    ...summary(entry, engine),
    versions: versions.map((candidate) => candidate.version),
    ...detailsOf(entry.manifest),
  });
  return { model: { manifest: { name } }, tell };
}

/** A version that there is not is refused with those that there are, as by a prediction. */
function notAmong(entries: readonly ListedModel[], name: string, version: string | undefined): EngineError {
  const models = [...new Set(entries.map((entry) => entry.name))];
  const versions = entries.flatMap((entry) => (isRemote(entry) || entry.name !== name ? [] : entry.version));
  if (versions.length === 0) return noSuchModel(models);
  const message = `Model ${name} has no version ${version}; it has ${versions.join(', ')}.`;
  return new EngineError('MODEL_NOT_FOUND', message, { details: { models } });
}

function summary(entry: ListedModel, engine: ServingEngine): ModelSummary {
  if (isRemote(entry)) return { name: entry.name, loaded: false, servedBy: entry.servedBy };
  const { name, version, manifest, problem } = entry;
  const loaded = engine
    .loaded()
    .some((predictor) => predictor.manifest.name === name && predictor.manifest.version === version);
  return {
    name,
    version,
    loaded,
    ...(manifest ? { task: manifest.task } : {}),
    ...(manifest && manifest.runtime !== 'onnx' ? { runtime: manifest.runtime } : {}),
    ...(manifest?.description === undefined ? {} : { description: manifest.description }),
    ...(problem === undefined ? {} : { problem }),
  };
}

function detailsOf(manifest: PackageManifest | undefined) {
  if (manifest?.runtime === 'onnx') return inShort(manifest);
  if (manifest?.runtime === 'generation') return generatorInShort(manifest);
  return manifest?.runtime === 'allennlp' ? archiveInShort(manifest) : {};
}

function generatorInShort(manifest: GenerationManifest) {
  const { task, decoder, chat, generation, source, defaultVariant, variants, quality } = manifest;
  const { kind, id, revision } = source;
  const { maxPositions, cross } = decoder;
  const maxTokens = cross ? cross.maxTokens : maxPositions;
  return {
    tasks: [task],
    chats: chat !== undefined,
    generationDefaults: generation.defaults,
    ...(maxTokens !== undefined && { maxTokens }),
    defaultVariant,
    variants: Object.fromEntries(
      Object.entries(variants).map(([name, { scheme, files, onnxruntime, opset }]) => [
        name,
        { scheme, bytes: sumOfBytes(files), onnxruntime, opset },
      ]),
    ),
    source: { kind, id, ...(revision === undefined ? {} : { revision }) },
    ...(quality && { quality }),
  };
}

function archiveInShort(manifest: ArchiveManifest) {
  const { predictor, tasks, example, parity, source, defaultVariant, variants } = manifest;
  const { kind, id, revision } = source;
  return {
    predictor,
    tasks,
    defaultVariant,
    variants: variantsInShort(variants),
    ...(example && { example }),
    ...(parity && { parity }),
    source: { kind, id, ...(revision === undefined ? {} : { revision }) },
  };
}

function variantsInShort(variants: OnnxManifest['variants'] | ArchiveManifest['variants']) {
  return Object.fromEntries(
    Object.entries(variants).map(([name, { scheme, files, tokenBudget, onnxruntime, opset }]) => [
      name,
      { scheme, bytes: sumOfBytes(files), tokenBudget, onnxruntime, opset },
    ]),
  );
}

function inShort(manifest: OnnxManifest) {
  const { kind, id, revision } = manifest.source;
  return {
    tasks: listTasks(manifest),
    labels: manifest.labels,
    maxTokens: manifest.textProcessing.maxTokens,
    defaults: manifest.taskDefaults ?? {},
    defaultVariant: manifest.defaultVariant,
    variants: variantsInShort(manifest.variants),
    source: { kind, id, ...(revision === undefined ? {} : { revision }) },
    quality: manifest.quality.map(({ dataset, metric, rows, fp32, served }) => ({
      dataset,
      metric,
      rows,
      fp32,
      served,
    })),
  };
}
