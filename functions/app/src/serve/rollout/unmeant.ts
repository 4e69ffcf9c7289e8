/** The version of a followed model that no alias means: that of the packages which are there anyway. */
import { EngineError, type ModelRef, PilotlightError } from '@pilotlight/engine';
import type { RegistryStore } from '@pilotlight/engine/internal/store/registry/registry-store';
import type { FollowedModel } from './followed-model.ts';

/** @throws EngineError MODEL_NOT_FOUND; PACKAGE_UNAVAILABLE while nothing of the registry was accepted, because something may be soon */
export async function resolveUnmeant(
  store: Pick<RegistryStore, 'resolveServed'>,
  ref: ModelRef,
  { aliases }: Pick<FollowedModel, 'aliases'>,
) {
  try {
    return await store.resolveServed(ref);
  } catch (error) {
    const isMissing = PilotlightError.is(error) && error.code === 'MODEL_NOT_FOUND';
    if (!isMissing || ref.version !== undefined || Object.keys(aliases).length > 0) throw error;
    throw new EngineError(
      'PACKAGE_UNAVAILABLE',
      `Model ${ref.name} cannot be served now: no version of the registry was accepted yet. The log says why.`,
      { details: { model: ref.name }, cause: error },
    );
  }
}
