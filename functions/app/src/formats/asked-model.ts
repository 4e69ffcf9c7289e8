/** The model of a call: the one in its path, or the default model where the path names none. */
import { EngineError } from '@pilotlight/engine';
import type { Context } from 'hono';
import { appPath } from '../http/base-path.ts';
import { requestedModel } from '../http/request/requested-model.ts';
import { type Ability, findDefaultModel } from '../serve/default-model.ts';
import type { AppDependencies } from '../serve/ports.ts';
import type { Ask } from '../serve/wire-format.ts';

/** @throws EngineError where no model is named: TASK_UNSUPPORTED if none could be meant, MODEL_NOT_FOUND if more than one could */
export async function askedModel(
  c: Context,
  parts: AppDependencies,
  ability: Ability,
): Promise<Pick<Ask, 'ref' | 'path'>> {
  const named = requestedModel(c);
  if (named !== '') return { ref: named };
  const { ref, candidates } = await findDefaultModel(parts, ability);
  const route = appPath(c).replace(/\/$/, '');
  if (ref !== undefined) return { ref, path: `/models/${encodeURIComponent(ref)}${route}` };
  if (candidates.length === 0) {
    throw new EngineError('TASK_UNSUPPORTED', `No model of this service can do what ${appPath(c)} asks for.`);
  }
  throw new EngineError(
    'MODEL_NOT_FOUND',
    `More than one model could be meant: ${candidates.join(', ')}. Send to /models/{model}${route}, or have PILOTLIGHT_DEFAULT_MODEL name one.`,
    { details: { models: candidates } },
  );
}
