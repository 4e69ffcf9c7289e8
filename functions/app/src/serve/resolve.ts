/** Finds the model that a call is for, and says where it is. */
import { EngineError, PilotlightError, parseModelRef } from '@pilotlight/engine';
import type { Context } from 'hono';
import type { AppDependencies, ListedModel } from './ports.ts';
import type { Ask, Work } from './wire-format.ts';

export type Resolution =
  /** This process has the model. */
  | { readonly kind: 'local'; readonly model: string; readonly work: Work }
  /** Only the server has the model. */
  | { readonly kind: 'remote'; readonly model: string }
  /** Another function has the model. */
  | { readonly kind: 'sibling'; answer(c: Context): Promise<Response> }
  | { readonly kind: 'missing'; readonly error: PilotlightError };

export async function resolve(ask: Ask, parts: AppDependencies): Promise<Resolution> {
  try {
    const work = await ask.work(parts.engine);
    return { kind: 'local', model: work.model.manifest.name, work };
  } catch (error) {
    if (!PilotlightError.is(error) || error.code !== 'MODEL_NOT_FOUND') throw error;
    const { handOver, siblings } = parts;
    if (!handOver && !siblings) return { kind: 'missing', error };
    const { name } = parseModelRef(ask.ref);
    if (siblings?.models.includes(name))
      return { kind: 'sibling', answer: (c) => siblings.answer(name, c, ask.path) };
    if (handOver?.models.includes(name)) return { kind: 'remote', model: name };
    const names = (await listModels(parts)).map((entry) => entry.name);
    // A version that is missing is refused as the engine does it: with the versions that there are.
    return { kind: 'missing', error: names.includes(name) ? error : noSuchModel(names) };
  }
}

/** The packages of this process, and the models of other functions and of the server by their names. */
export async function listModels({
  models,
  handOver,
  siblings,
}: Pick<AppDependencies, 'models' | 'handOver' | 'siblings'>): Promise<readonly ListedModel[]> {
  const own = await models();
  const others = siblings?.models ?? [];
  const ofServer = (handOver?.models ?? []).filter((name) => !others.includes(name));
  return [
    ...own,
    ...others.map((name) => ({ name, servedBy: 'function' as const })),
    ...ofServer.map((name) => ({ name, servedBy: 'server' as const })),
  ];
}

/** `names` are those of the models that there are. */
export function noSuchModel(
  names: readonly string[],
  details: { readonly field?: string } = {},
): EngineError {
  const models = [...new Set(names)];
  return new EngineError(
    'MODEL_NOT_FOUND',
    `There is no such model; there are: ${models.join(', ') || 'none'}.`,
    { details: { models, ...details } },
  );
}
