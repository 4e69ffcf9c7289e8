/** The body of `POST /jobs`: a prediction in the format of Hugging Face, and the model that its path would name. */
import * as z from 'zod/mini';
import { predictRequest } from '../formats/hugging-face/request.ts';

const isInput = (inputs: unknown): boolean =>
  typeof inputs === 'string' || (typeof inputs === 'object' && inputs !== null);

export const jobRequest = z.extend(predictRequest, {
  /** A job that no task could do is refused while somebody is there to be told. */
  inputs: predictRequest.shape.inputs.check(
    z.refine(isInput, 'must be a text, an object, or a list of inputs'),
  ),
  model: z
    .string()
    .check(
      z.regex(/^[\w.-]+(?:@[\w.+-]+)?$/, 'must be the name of a model, with a version or without'),
      z.maxLength(200),
      z.meta({ description: 'Name of a model, or `name@version`' }),
    ),
});
