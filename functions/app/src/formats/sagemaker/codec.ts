/** The routes that Amazon SageMaker asks of a container: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html */
import { refuseField } from '../../http/request/parse.ts';
import type { AppDependencies } from '../../serve/ports.ts';
import { tellReady } from '../../serve/ready.ts';
import { listModels } from '../../serve/resolve.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { decodePrediction } from '../hugging-face/codec.ts';
import type { routes } from './routes.ts';

/** The header of a call to an endpoint of several models. */
const TARGET_MODEL = 'x-amzn-sagemaker-target-model';

export const codecs: Record<keyof typeof routes, Codec> = {
  sageMakerPing: { tell: (_, parts) => tellReady(parts) },
  /** In the format of Hugging Face, to the model that the call names, or the only one. */
  sageMakerInvocations: {
    decode: async (call, parts) => {
      const named = call.c.req.header(TARGET_MODEL);
      const ref = named ?? parts.defaultModel ?? (await onlyModel(parts));
      const model = ref.replace(/^\//, '').replace(/\.tar\.gz$/, '');
      return decodePrediction(call, parts, { ref: model, path: `/models/${encodeURIComponent(model)}` });
    },
  },
};

/** By the app that has it: packages do not come and go while it runs. */
const ONLY_MODELS = new WeakMap<AppDependencies, string>();

async function onlyModel(parts: AppDependencies): Promise<string> {
  const known = ONLY_MODELS.get(parts);
  if (known !== undefined) return known;
  const names = [...new Set((await listModels(parts)).map(({ name }) => name))];
  const [only] = names;
  if (only !== undefined && names.length === 1) {
    ONLY_MODELS.set(parts, only);
    return only;
  }
  throw refuseField(
    'X-Amzn-SageMaker-Target-Model',
    `must name one of ${names.join(', ') || 'no models'}, where PILOTLIGHT_DEFAULT_MODEL does not`,
  );
}
