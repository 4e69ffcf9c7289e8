/** The routes by which TEI describes its model and says whether it can answer. */
import { ENGINE_VERSION, listTasks, type OnnxManifest } from '@pilotlight/engine';
import { findChecksum } from '@pilotlight/model-format';
import type { Limits } from '../../http/limits.ts';
import type { TokenModel } from '../../serve/ports.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { askedModel } from '../asked-model.ts';

/** `GET .../info`: the fields of TEI's own answer, as far as they mean something here. */
export const info: Codec = {
  decode: async ({ c }, parts) => {
    const asked = await askedModel(c, parts, 'tokens');
    return {
      ...asked,
      work: async (engine) => {
        const model = await engine.predictor(asked.ref);
        return { model, tell: () => describeModel(model, parts.limits) };
      },
    };
  },
};

/** `GET /models/{model}/health`: loads the model where it is not, so that what is healthy can answer. */
export const health: Codec = {
  decode: async ({ c }, parts) => {
    const asked = await askedModel(c, parts, 'anything');
    return {
      ...asked,
      work: async (engine) => {
        const model = await engine.model(asked.ref);
        return { model, tell: () => ({ status: 'ok' }) };
      },
    };
  },
};

/** TEI's names of number formats. */
const DTYPES: Readonly<Record<string, string>> = { fp32: 'float32', fp16: 'float16' };

function describeModel({ manifest, variant, maxBatchTokens }: TokenModel, limits: Limits) {
  const { name, version, textProcessing } = manifest;
  return {
    model_id: name,
    model_sha: findChecksum(manifest) ?? null,
    model_version: version,
    model_dtype: DTYPES[variant.scheme] ?? variant.scheme,
    served_model_name: name,
    model_type: describeType(manifest),
    tasks: listTasks(manifest),
    max_concurrent_requests: limits.maxConcurrentRequests,
    max_input_length: textProcessing.maxTokens,
    max_batch_tokens: maxBatchTokens,
    max_batch_requests: null,
    max_client_batch_size: limits.maxInputs,
    auto_truncate: true,
    tokenization_workers: 1,
    version: ENGINE_VERSION,
    sha: null,
    docker_label: null,
  };
}

/** One of TEI's three kinds; nothing where the model is of none of them. */
function describeType(manifest: OnnxManifest): Record<string, unknown> {
  const { labels, taskDefaults } = manifest;
  const tasks = listTasks(manifest);
  const own = taskDefaults?.pooling ?? 'none';
  if (tasks.includes('feature-extraction')) {
    return { embedding: { pooling: own === 'none' ? 'mean' : own.replace('-', '_') } };
  }
  const classes = {
    id2label: Object.fromEntries(labels.entries()),
    label2id: Object.fromEntries(labels.map((label, index) => [label, index])),
  };
  if (manifest.task === 'text-ranking' || labels.length === 1) return { reranker: classes };
  return tasks.includes('text-classification') ? { classifier: classes } : {};
}
