/** `PILOTLIGHT_SIBLINGS`: models of other functions, each with the ARN of its function's alias, as the deployment writes it. */
import { modelNameSchema } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { jsonSetting } from './json-setting.ts';

const schema = z
  .record(
    z.string(),
    z.string('must be the ARN of an alias').check(z.minLength(1)),
    'must be JSON, names of models, each with the ARN of an alias',
  )
  .check(
    z.refine(
      (functions) => Object.keys(functions).every((name) => modelNameSchema.safeParse(name).success),
      'must have names of models, without versions',
    ),
  );

export const siblingSettings = jsonSetting<Readonly<Record<string, string>>>(schema);
