/** The version of a followed model that no alias means: that of the packages which are there anyway. */
import { EngineError, formatModelRef, type ModelRef, PilotlightError } from '@pilotlight/engine';
import type { RegistryStore } from '@pilotlight/engine/internal/store/registry/registry-store';
import { PROD } from '@pilotlight/model-format/registry';
import type { FollowedModel } from './followed-model.ts';

/**
 * @throws EngineError MODEL_NOT_FOUND; PACKAGE_UNAVAILABLE while nothing of the registry was accepted, because something may be soon, and for
 *   an alias whose version has not passed in this process
 */
export async function resolveUnmeant(
  store: Pick<RegistryStore, 'resolveServed'>,
  ref: ModelRef,
  model: Pick<FollowedModel, 'aliases' | 'meaning'>,
) {
  try {
    return await store.resolveServed(ref);
  } catch (error) {
    if (!PilotlightError.is(error) || error.code !== 'MODEL_NOT_FOUND') throw error;
    const reason = whyUnmeant(ref, model);
    if (reason === undefined) throw error;
    throw new EngineError(
      'PACKAGE_UNAVAILABLE',
      `Model ${formatModelRef(ref)} cannot be served now: ${reason}. The log says why.`,
      { details: { model: ref.name }, cause: error },
    );
  }
}

function whyUnmeant(
  { version }: ModelRef,
  model: Pick<FollowedModel, 'aliases' | 'meaning'>,
): string | undefined {
  if (version === undefined || version === PROD) {
    const isNothingServed = Object.keys(model.aliases).length === 0;
    return isNothingServed ? 'no version of the registry was accepted yet' : undefined;
  }
  const meant = model.meaning(version);
  return meant && `version ${meant.version} of the registry has not passed its goldens here`;
}
