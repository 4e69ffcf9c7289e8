/**
 * The route of AllenNLP's clients that no other format has. `POST /models/{model}` and `POST /predict` take the JSON of a predictor
 * beside their own bodies, which have `inputs`.
 */
import type { Route } from '../../serve/route.ts';

export const routes = {
  allenBatch: {
    method: 'post',
    path: '/models/{model}/predict_batch',
    tag: 'AllenNLP',
    summary: "Predict a list of inputs, each the JSON of the model's predictor",
  },
  allenDefaultBatch: {
    method: 'post',
    path: '/predict_batch',
    tag: 'AllenNLP',
    summary: "Predict a list of inputs, each the JSON of the model's predictor, by the default model",
  },
} as const satisfies Record<string, Route>;
