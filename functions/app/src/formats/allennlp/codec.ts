/** Lists of inputs for a model of an AllenNLP archive. */
import { checkInputs, refuseField } from '../../http/request/parse.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { askedModel } from '../asked-model.ts';
import type { routes } from './routes.ts';
import { predictorWork } from './work.ts';

/** `POST .../predict_batch`: `[{...}, {...}]` */
const batch: Codec = {
  decode: async (call, parts) => {
    const inputs = await call.body.json();
    if (!Array.isArray(inputs)) throw refuseField('body', "must be a list of the predictor's JSON objects");
    checkInputs(inputs, parts.limits);
    const asked = await askedModel(call.c, parts, 'predictor');
    return {
      ...asked,
      work: async (engine) => predictorWork(engine, await engine.model(asked.ref), inputs),
    };
  },
};

export const codecs: Record<keyof typeof routes, Codec> = { allenBatch: batch, allenDefaultBatch: batch };
