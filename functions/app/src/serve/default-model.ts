/** The model of a call that names none: the deployment's own choice, or the only one that can do what is asked. */
import { listTasks, type PackageManifest, parseModelRef } from '@pilotlight/engine';
import { TASKS } from '@pilotlight/model-format';
import { type AppDependencies, isRemote, type ListedModel } from './ports.ts';
import { listModels } from './resolve.ts';

/** A task, a model that reads tokens, one that generates text, one that reads the JSON of AllenNLP's predictor, or any model at all. */
export const ABILITIES = [...TASKS, 'tokens', 'generation', 'predictor', 'anything'] as const;
export type Ability = (typeof ABILITIES)[number];

export interface DefaultModel {
  /** The name that a call would use; nothing where there is no such model, or more than one. */
  readonly ref: string | undefined;
  /** Those that it could be. */
  readonly candidates: readonly string[];
}

/** By the app and by the ability: packages do not come and go while it runs. */
const FOUND = new WeakMap<AppDependencies, Map<Ability, DefaultModel>>();

/**
 * Finds PILOTLIGHT_DEFAULT_MODEL if it can do that, otherwise the only model that is packaged for it, otherwise the only one
 * that can do it. What a model of the server can do is not known here, so that it may be any of them.
 */
export async function findDefaultModel(parts: AppDependencies, ability: Ability): Promise<DefaultModel> {
  const known = FOUND.get(parts) ?? new Map<Ability, DefaultModel>();
  FOUND.set(parts, known);
  const found = known.get(ability) ?? (await choose(parts, ability));
  if (found.ref !== undefined) known.set(ability, found);
  return found;
}

async function choose(parts: AppDependencies, ability: Ability): Promise<DefaultModel> {
  // What another function can do is not known here either: it answers a call that names no model only if the deployment chose it.
  const { siblings, ...own } = parts;
  const entries = await listModels(own);
  const candidates = namesOf(entries.filter((entry) => isRemote(entry) || isAble(entry.manifest, ability)));
  const packagedForIt = namesOf(
    entries.filter((entry) => !isRemote(entry) && entry.manifest?.task === ability),
  );
  const ref = parts.defaultModel;
  const known = [...candidates, ...(siblings?.models ?? [])];
  const isMeant = ref !== undefined && (ability === 'anything' || known.includes(parseModelRef(ref).name));
  if (isMeant) return { ref, candidates };
  const [only, ...others] = packagedForIt.length === 1 ? packagedForIt : candidates;
  return { ref: others.length === 0 ? only : undefined, candidates };
}

/** Whether a model of this process can do that. */
export function isAble(manifest: PackageManifest | undefined, ability: Ability): boolean {
  if (ability === 'anything') return true;
  if (manifest?.runtime === 'allennlp') {
    return ability === 'predictor' || manifest.tasks.some((task) => task === ability);
  }
  if (manifest?.runtime === 'generation') return ability === 'generation';
  if (manifest?.runtime !== 'onnx' || ability === 'predictor') return false;
  return ability === 'tokens' || listTasks(manifest).some((task) => task === ability);
}

const namesOf = (entries: readonly ListedModel[]): string[] => [...new Set(entries.map(({ name }) => name))];
