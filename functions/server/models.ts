/** The models of a server, which begin to load before the modules of the HTTP app do: threads open graphs while this one reads modules. */

import type { Logger } from '@aws-lambda-powertools/logger';
import type {
  RegistryRollout,
  RegistryRolloutOptions,
} from '@pilotlight/app/internal/serve/rollout/registry-rollout';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { ownPredictors } from '@pilotlight/app/internal/settings/own-predictors';
import { type Preload, preload } from '@pilotlight/app/internal/settings/preload';
import { type RolloutSetting, readRollout } from '@pilotlight/app/internal/settings/rollout-options';
import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import { readingOptions } from '@pilotlight/app/internal/settings/watch-drift';
import { type BatchRecord, Engine, type EngineOptions, type ExecutionProvider } from '@pilotlight/engine';
import { batchingOn } from './batching.ts';
import { listServedModels } from './execution-provider/served-by.ts';
import { settleExecutionProvider } from './execution-provider/settle.ts';

type Polls = RegistryRolloutOptions['polls'];

export class ServedModels {
  readonly engine: Engine;
  readonly executionProvider: ExecutionProvider;
  readonly preloaded: Preload;
  /** Present where aliases of a registry or rules say which version a call gets. */
  readonly rollout: RegistryRollout | undefined;
  /** Is told of each shared batch as it begins to run. */
  onBatch: (batch: BatchRecord) => void = () => {};

  /** Begins to load those that the settings name. */
  constructor(
    { server: settings, shared }: ServerConfig,
    executionProvider: ExecutionProvider,
    logger: Logger,
    own: Pick<EngineOptions, 'archives'> = {},
    rolling: RolloutSetting | undefined = undefined,
    polls: Polls = 'by timer',
  ) {
    this.executionProvider = executionProvider;
    this.engine = new Engine({
      ...engineOptions(shared),
      ...readingOptions(shared),
      ...own,
      ...rolling?.packages,
      executionProvider,
      sessions: 'worker',
      ...batchingOn(executionProvider, settings),
      maxQueuedRequests: shared.PILOTLIGHT_MAX_CONCURRENT_REQUESTS,
      onBatch: (batch) => this.onBatch(batch),
    });
    this.rollout = rolling?.follow(this.engine, polls, logger);
    this.preloaded = preload(this.engine, shared.PILOTLIGHT_PRELOAD_MODELS, logger, this.rollout);
    void this.preloaded.settled.then(() => {
      logger.info('Models preloaded', { models: listServedModels(this.engine.loaded(), executionProvider) });
    });
  }
}

/** @throws PilotlightError EXECUTION_PROVIDER_UNAVAILABLE */
export async function loadModels(config: ServerConfig, logger: Logger): Promise<ServedModels> {
  const { chosen } = await settleExecutionProvider(config.server, logger);
  const [own, rolling] = await Promise.all([
    ownPredictors(config.shared),
    readRollout(config.shared, chosen),
  ]);
  return new ServedModels(config, chosen, logger, own, rolling);
}
