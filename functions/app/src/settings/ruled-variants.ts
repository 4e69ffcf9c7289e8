/** The variants that routing rules lead to, looked for before anything is served. */
import type { ModelRef, PackageStore } from '@pilotlight/engine';
import { requireVariant, variantsOf } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { type RoutingRule, targetOf } from '../serve/rollout/routing-rules.ts';
import { invalidEnvironment } from './environment-settings.ts';

/**
 * Looks that the packages of a deployment have every variant that a rule leads to, with all of its files: a layer may have those of one
 * variant alone. `followed` are models of a registry, whose versions are looked at as they are loaded.
 *
 * @throws PilotlightError INVALID_CONFIGURATION that names every rule at fault, with the variants that there are; errors of the store
 * where it cannot be read
 */
export async function requireRuledVariants(
  rules: readonly RoutingRule[],
  followed: readonly string[],
  store: PackageStore,
): Promise<void> {
  const faults: string[] = [];
  for (const [index, rule] of rules.entries()) {
    const { name, version, variant } = targetOf(rule);
    if (variant === undefined || followed.includes(name)) continue;
    const fault = await findFault(store, { name, version, variant });
    if (fault !== undefined) faults.push(`PILOTLIGHT_ROUTING: ${index}.variant: ${fault}`);
  }
  if (faults.length > 0) throw invalidEnvironment(faults);
}

async function findFault(
  store: PackageStore,
  ref: ModelRef & { readonly variant: string },
): Promise<string | undefined> {
  try {
    const opened = await store.open(await store.resolve(ref));
    const { manifest } = opened;
    await opened.checkSizes(requireVariant(manifest, variantsOf(manifest), ref.variant));
    return undefined;
  } catch (error) {
    if (!PilotlightError.is(error) || error.code === 'PACKAGE_UNAVAILABLE') throw error;
    return error.message;
  }
}
