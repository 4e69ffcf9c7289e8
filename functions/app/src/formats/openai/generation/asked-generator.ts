/** The model of a call: the one of the path, of the body, or the default model. */
import type { Context } from 'hono';
import { requestedModel } from '../../../http/request/requested-model.ts';
import type { AppDependencies } from '../../../serve/ports.ts';
import type { Ask } from '../../../serve/wire-format.ts';
import { askedModel } from '../../asked-model.ts';

/** The client of Hugging Face names a model by the address that it was given, where it was given no model. */
const ADDRESS = /^https?:\/\//;

/** @throws EngineError as `askedModel` */
export async function askedGenerator(
  c: Context,
  parts: AppDependencies,
  named: string | null | undefined,
): Promise<Pick<Ask, 'ref' | 'path'>> {
  const isNamed = typeof named === 'string' && named !== '' && !ADDRESS.test(named);
  return requestedModel(c) === '' && isNamed ? { ref: named } : askedModel(c, parts, 'generation');
}
