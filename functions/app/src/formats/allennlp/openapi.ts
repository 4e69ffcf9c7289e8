/** The operations of AllenNLP's clients as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import * as mini from 'zod/mini';
import { needs, type SentTo } from '../../openapi/fit.ts';
import { posts } from '../../openapi/parts.ts';
import { modelParams } from '../../openapi/schemas.ts';

export const tags = { AllenNLP: 'Models of AllenNLP archives, with the JSON of their predictors' };

const predictorJson = mini
  .record(mini.string(), mini.unknown())
  .check(mini.meta({ description: 'As the predictor of the archive reads it: `{"sentence": "..."}`' }));

export const bodies = {
  PredictorBatch: mini.array(predictorJson).check(mini.minLength(1)),
};

const answer = z
  .array(z.record(z.string(), z.unknown()))
  .meta({ description: 'What the predictor answers, one object for each input' });

const predicts = (to: SentTo, params?: z.ZodObject) => ({
  ...posts({ body: 'PredictorBatch', to, answer, ...(params && { params }) }),
  ...needs('archives'),
});

export const operations = {
  allenBatch: predicts({ abilities: ['predictor'], predictors: 'list' }, modelParams),
  allenDefaultBatch: predicts({ abilities: ['predictor'], predictors: 'list', byDefault: true }),
};
