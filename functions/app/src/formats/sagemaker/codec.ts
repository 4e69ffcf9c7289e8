/** What Amazon SageMaker asks of a container: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html */
import type { FormatParts } from '../../serve/predictions.ts';
import type { RouteHandler } from '../../serve/serving.ts';
import { predictFor } from '../hugging-face/codec.ts';
import { refuseField } from '../../request/parse.ts';

/** Of a call to an endpoint of several models. */
const TARGET_MODEL = 'x-amzn-sagemaker-target-model';

/** `POST /invocations`, in the format of Hugging Face, to the model that the call names, or the only one. */
export function invocationsHandler(parts: FormatParts): RouteHandler {
  let byDefault = parts.defaultModel;
  return async (c, call) => {
    const named = c.req.header(TARGET_MODEL);
    if (named === undefined) byDefault ??= await onlyModel(parts);
    const ref = named ?? byDefault ?? '';
    const model = ref.replace(/^\//, '').replace(/\.tar\.gz$/, '');
    call.nameBy(`/models/${encodeURIComponent(model)}`);
    return predictFor(c, call, parts, model);
  };
}

async function onlyModel({ engine }: FormatParts): Promise<string> {
  const names = [...new Set((await engine.models()).map(({ name }) => name))];
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw refuseField(
    'X-Amzn-SageMaker-Target-Model',
    `must name one of ${names.join(', ') || 'no models'}, where PILOTLIGHT_DEFAULT_MODEL does not`,
  );
}
