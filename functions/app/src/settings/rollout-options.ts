/** Versions by aliases and rules, out of the settings. Loads nothing where they name neither. */
import type { Engine, EngineOptions, ExecutionProvider } from '@pilotlight/engine';
import type { RegistryStoreOptions } from '@pilotlight/engine/internal/store/registry/registry-store';
import type { Logger } from '../serve/ports.ts';
import type { RegistryRollout, RegistryRolloutOptions } from '../serve/rollout/registry-rollout.ts';
import { type RoutingRule, variantsByModel } from '../serve/rollout/routing-rules.ts';
import type { Config } from './config.ts';
import { basePackages } from './engine-options.ts';

/** Enough for all goldens of a package; at a start a request may wait for them. */
const GOLDENS_MS = 10_000;

export interface RolloutSetting {
  /** The packages of an engine that follows a registry; nothing where rules alone decide. */
  readonly packages: Pick<EngineOptions, 'packages'> | undefined;
  /** Follows it with an engine of these packages. */
  follow(engine: Engine, polls: RegistryRolloutOptions['polls'], logger: Logger): RegistryRollout;
}

/** @throws PilotlightError INVALID_CONFIGURATION where a rule leads to a variant that the packages do not have */
export async function readRollout(
  config: Config,
  executionProvider: ExecutionProvider = 'cpu',
): Promise<RolloutSetting | undefined> {
  const { PILOTLIGHT_ROUTING: rules = [], PILOTLIGHT_REMOTE_FOLDER: folder } = config;
  const { PILOTLIGHT_REGISTRY_MODELS: models } = config;
  if (models.length === 0 && rules.length === 0) return undefined;
  const variants = variantsByModel(rules);
  const [{ RegistryRollout: Rollout }, store] = await Promise.all([
    import('../serve/rollout/registry-rollout.ts'),
    openRegistry(config, executionProvider, variants),
    Object.keys(variants).length > 0 && requireVariants(config, rules),
  ]);
  return {
    packages: store && { packages: store },
    follow: (engine, polls, logger) =>
      new Rollout({
        engine,
        store,
        models,
        folder,
        rules,
        polls,
        pollMs: config.PILOTLIGHT_REGISTRY_POLL_SECONDS * 1000,
        goldensMs: GOLDENS_MS,
        logger,
      }),
  };
}

async function requireVariants(config: Config, rules: readonly RoutingRule[]): Promise<void> {
  const { requireRuledVariants } = await import('./ruled-variants.ts');
  await requireRuledVariants(rules, config.PILOTLIGHT_REGISTRY_MODELS, basePackages(config));
}

async function openRegistry(
  config: Config,
  executionProvider: ExecutionProvider,
  variants: RegistryStoreOptions['variants'] = {},
) {
  const { PILOTLIGHT_REGISTRY: registry, PILOTLIGHT_REGISTRY_MODELS: models } = config;
  const { PILOTLIGHT_REMOTE_FOLDER: folder, PILOTLIGHT_VARIANT: variant } = config;
  if (!registry || models.length === 0) return undefined;
  const { RegistryStore } = await import('@pilotlight/engine/internal/store/registry/registry-store');
  const base = basePackages(config);
  return new RegistryStore({ ...registry, folder, variant, variants, executionProvider, base });
}
