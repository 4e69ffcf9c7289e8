/** GET /models and its kin: packages as their manifests describe them, broken ones with the reason. */
import { EngineError, type Manifest, parseModelRef, tasksOf } from '@pilotlight/engine';
import type { Context } from 'hono';
import { HandedOver } from '../serve/hand-over.ts';
import { noSuchModel } from '../serve/no-such-model.ts';
import type { ModelDetail, ModelSummary } from '../openapi/schemas.ts';
import { isRemote, type ListedModel, type ServingEngine } from '../serve/ports.ts';
import { requestedModel } from '../request/requested-model.ts';
import type { RouteHandler } from '../serve/serving.ts';

export function modelsHandler(engine: ServingEngine): RouteHandler {
  return async (c) => {
    const entries = await engine.models();
    return c.json({ models: entries.map((entry) => summary(entry, engine)) });
  };
}

/**
 * The version that was asked for, or the one that serves, or the highest.
 *
 * @throws EngineError MODEL_NOT_FOUND; HandedOver where only the container knows more than the name
 */
export function modelHandler(engine: ServingEngine): RouteHandler {
  return async (c: Context) => {
    const { name, version } = parseModelRef(requestedModel(c));
    const entries = await engine.models();
    const own = entries.filter((entry) => entry.name === name);
    const versions = own.flatMap((one) => (isRemote(one) ? [] : one));
    const entry = versions.findLast((candidate) => version === undefined || candidate.version === version);
    if (!entry && own.some(isRemote)) throw new HandedOver(name, { servedHere: false });
    if (!entry) throw notAmong(entries, name, version);
    const detail: ModelDetail = {
      ...summary(entry, engine),
      versions: versions.map((candidate) => candidate.version),
      ...(entry.manifest ? inShort(entry.manifest) : {}),
    };
    return c.json(detail);
  };
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
  const { name, version, manifest, pipeline, problem } = entry;
  const served = manifest ?? pipeline;
  const loaded = [...engine.loaded(), ...engine.loadedPipelines()].some(
    (predictor) => predictor.manifest.name === name && predictor.manifest.version === version,
  );
  return {
    name,
    version,
    loaded,
    ...(served ? { task: served.task } : {}),
    ...(pipeline ? { runtime: pipeline.runtime } : {}),
    ...(served?.description === undefined ? {} : { description: served.description }),
    ...(problem === undefined ? {} : { problem }),
  };
}

function inShort(manifest: Manifest) {
  const { kind, id, revision } = manifest.source;
  return {
    tasks: tasksOf(manifest),
    labels: manifest.labels,
    maxTokens: manifest.textProcessing.maxTokens,
    defaults: manifest.taskDefaults ?? {},
    defaultVariant: manifest.defaultVariant,
    variants: Object.fromEntries(
      Object.entries(manifest.variants).map(([name, variant]) => [
        name,
        {
          scheme: variant.scheme,
          bytes: variant.files.reduce((sum, { bytes }) => sum + bytes, 0),
          tokenBudget: variant.tokenBudget,
          onnxruntime: variant.onnxruntime,
          opset: variant.opset,
        },
      ]),
    ),
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
