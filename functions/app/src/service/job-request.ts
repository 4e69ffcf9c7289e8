/** The body of `POST /jobs`: a prediction in the format of Hugging Face, and the model that its path would name. */
import * as z from 'zod/mini';
import { predictRequest } from '../formats/hugging-face/request.ts';

export const jobRequest = z.extend(predictRequest, {
  model: z
    .string()
    .check(
      z.regex(/^[\w.-]+(?:@[\w.+-]+)?$/, 'must be the name of a model, with a version or without'),
      z.maxLength(200),
      z.meta({ description: 'Name of a model, or `name@version`' }),
    ),
});
