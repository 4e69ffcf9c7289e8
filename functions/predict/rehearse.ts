import { createApp } from '@pilotlight/app/internal/app';
import type { Logger, ServingEngine } from '@pilotlight/app/internal/serve/ports';

/**
 * Sends one request through an app of its own that nobody is told of, so that the first real one finds what Node
 * loads on first use: `Request` and `Response` alone take 20 ms. Meant for the time in which models load.
 */
export async function rehearse(engine: ServingEngine, logger: Logger): Promise<void> {
  const app = createApp({ engine, logger });
  const response = await app.fetch(new Request('http://localhost/health'));
  await response.text();
}
