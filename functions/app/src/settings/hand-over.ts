/** `PILOTLIGHT_SERVER`: where the server is and what it serves, as the deployment writes it. */
import { modelNameSchema } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import type { HandOverSettings } from '../hand-over/server-hand-over.ts';
import { jsonSetting } from './json-setting.ts';

const milliseconds = z.int('must be whole milliseconds').check(z.positive('must be above 0'));

const settingsSchema = z.strictObject(
  {
    /** Such as `http://internal-gpu.eu-central-1.elb.amazonaws.com`. */
    url: z
      .string('must be the URL of the server')
      .check(z.refine(isBase, 'must be an http or https URL without user, query and fragment')),
    models: z
      .record(
        z.string(),
        z.enum(['job', 'cpu'], 'must be job or cpu'),
        'must be names of models, each with job or cpu',
      )
      .check(
        z.refine((models) => Object.keys(models).length > 0, 'must name a model at least'),
        z.refine(
          (models) => Object.keys(models).every((name) => modelNameSchema.safeParse(name).success),
          'must have names of models, without versions',
        ),
      ),
    /** Estimated milliseconds of inference above which one of `models` is not run here. @default - any number */
    maxInferMs: z.optional(milliseconds),
    /** Milliseconds that an answer may take from the head of the request; a function may take 29,000. */
    deadlineMs: z._default(milliseconds, 25_000),
    /** Failures in a row after which the server is not asked any more. */
    failuresToOpen: z._default(z.int('must be a whole number').check(z.positive('must be above 0')), 3),
    /** Milliseconds after which it is asked again whether it is ready. */
    coolDownMs: z._default(milliseconds, 10_000),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'must be JSON, an object with url and models' : undefined,
  },
);

export const handOverSettings = jsonSetting<HandOverSettings>(settingsSchema);

function isBase(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}
