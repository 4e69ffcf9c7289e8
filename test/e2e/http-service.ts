/** The HTTP app on the real engine, over loopback: the default models, and a tiny random encoder beside them. */

import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, type EngineOptions } from '@pilotlight/engine';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { createApp } from '../../functions/app/src/app.ts';
import { createHttpServer } from '../../functions/app/src/serve/node-server.ts';
import type { AppOptions } from '../../functions/app/src/serve/ports.ts';
import { packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { silent } from '../../model-assets/toolchain/src/progress.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';

export const DEFAULT_PACKAGES = join(import.meta.dirname, '../../model-assets/packages');
export const DEFAULT_MODELS = ['sentiment', 'intent', 'slots'] as const;

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export interface Workspace {
  readonly packages: string;
  remove(): void;
}

/** A folder of packages of the test's own, with copies of `models`. */
export function workspace(models: readonly string[] = DEFAULT_MODELS): Workspace {
  const packages = mkdtempSync(join(tmpdir(), 'pilotlight-http-'));
  for (const model of models) {
    cpSync(join(DEFAULT_PACKAGES, model), join(packages, model), { recursive: true });
  }
  return { packages, remove: () => rmSync(packages, { recursive: true, force: true }) };
}

/** Packages a feature-extraction model of random weights, `encoder`, with vectors of 32 numbers. */
export async function addEncoder(packages: string): Promise<void> {
  const source = mkdtempSync(join(tmpdir(), 'pilotlight-checkpoint-'));
  writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, source);
  const quantise = { keep: [], reduceRange: false };
  const kept = { variants: ['fp32'] as const, quantise, evaluations: [], tokenBudget: 512, force: false };
  await packageModel(
    { source, packages, name: 'encoder', version: '1.0.0', task: 'feature-extraction', ...kept },
    silent,
  );
  rmSync(source, { recursive: true });
}

export interface Service {
  readonly url: string;
  readonly port: number;
  readonly engine: Engine;
  post(model: string, body: unknown): Promise<{ status: number; headers: Headers; body: unknown }>;
  stop(): Promise<void>;
}

export async function serve(
  packages: EngineOptions['packages'],
  options: Partial<AppOptions> = {},
): Promise<Service> {
  const engine = new Engine({ packages });
  const app = createApp({ engine, logger: quiet, ...options });
  const server = createHttpServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = listeningPort(server);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    engine,
    async post(model, body) {
      const init = { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`${url}/models/${model}`, init);
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await engine.dispose();
    },
  };
}
