/** `PILOTLIGHT_SIBLINGS`: other functions by the ARNs of their aliases, each with its models, as the deployment writes it. */
import { modelNameSchema } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { jsonSetting } from './json-setting.ts';

/** An ARN is there once, however many models its function has, because the variables of a function have 4 KB. */
const schema = z.pipe(
  z.array(
    z.strictObject({
      alias: z.string('must be the ARN of an alias').check(z.minLength(1)),
      models: z.array(modelNameSchema),
    }),
    'must be JSON, a list of {"alias": ARN, "models": [NAME, ...]}',
  ),
  z.transform(
    (functions): Readonly<Record<string, string>> =>
      Object.fromEntries(functions.flatMap(({ alias, models }) => models.map((model) => [model, alias]))),
  ),
);

export const siblingSettings = jsonSetting<Readonly<Record<string, string>>>(schema);
