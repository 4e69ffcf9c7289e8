import { createApp } from '@pilotlight/app/internal/app';
import type { Logger, ServingEngine } from '@pilotlight/app/internal/serve/ports';
import { EngineError } from '@pilotlight/engine';

const none = () => Promise.reject(new EngineError('MODEL_NOT_FOUND', 'There is no such model.'));
const WITHOUT_MODELS: ServingEngine = {
  models: async () => [],
  loaded: () => [],
  model: none,
  predictor: none,
  prepare: none,
};

/**
 * Asks an app of its own, which has no model, for a prediction, so that the first real request finds loaded what it needs on its way.
 * Nobody is told of it. Lambda gives the init phase more of a processor than a request.
 */
export async function rehearse(logger: Logger): Promise<void> {
  const app = createApp({ engine: WITHOUT_MODELS, logger });
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: '{"inputs":""}' };
  const response = await app.fetch(new Request('http://localhost/models/rehearsal', init));
  await response.text();
}
