/** GET /models and its kin: packages as their manifests describe them, broken ones with the reason. */
import type { Manifest, PackageEntry } from '@pilotlight/engine';
import { EngineError, parseModelRef, tasksOf } from '@pilotlight/engine';
import type { Context } from 'hono';
import type { ModelDetail, ModelSummary } from './openapi/schemas.ts';
import type { ServingEngine } from './ports.ts';
import { requestedModel } from './predictions.ts';
import type { RouteHandler } from './serving.ts';

export function modelsHandler(engine: ServingEngine): RouteHandler {
  return async (c) => {
    const entries = await engine.models();
    return c.json({ models: entries.map((entry) => summary(entry, engine)) });
  };
}

/** The version that was asked for, or the one that serves, or the highest. @throws EngineError MODEL_NOT_FOUND */
export function modelHandler(engine: ServingEngine): RouteHandler {
  return async (c: Context) => {
    const { name, version } = parseModelRef(requestedModel(c));
    const entries = await engine.models();
    const versions = entries.filter((entry) => entry.name === name);
    const entry = versions.findLast((candidate) => version === undefined || candidate.version === version);
    if (!entry) {
      const models = [...new Set(entries.map((candidate) => candidate.name))];
      throw new EngineError(
        'MODEL_NOT_FOUND',
        `There is no such model; there are: ${models.join(', ') || 'none'}.`,
        {
          details: { models },
        },
      );
    }
    const detail: ModelDetail = {
      ...summary(entry, engine),
      versions: versions.map((candidate) => candidate.version),
      ...(entry.manifest ? inShort(entry.manifest) : {}),
    };
    return c.json(detail);
  };
}

function summary(
  { name, version, manifest, pipeline, problem }: PackageEntry,
  engine: ServingEngine,
): ModelSummary {
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
