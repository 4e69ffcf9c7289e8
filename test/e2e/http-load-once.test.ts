import { Engine, FolderStore, type PackageStore } from '@pilotlight/engine';
import { expect, it } from 'vitest';
import { createApp } from '../../functions/app/src/app.ts';
import { DEFAULT_PACKAGES, quiet } from './http-service.ts';

it('the service loads a model once for 1,000 concurrent first requests', async () => {
  const folder = new FolderStore(DEFAULT_PACKAGES);
  const opened: string[] = [];
  const store: PackageStore = {
    list: () => folder.list(),
    resolve: (ref) => folder.resolve(ref),
    open: (ref) => {
      opened.push(`${ref.name}@${ref.version}`);
      return folder.open(ref);
    },
  };
  const engine = new Engine({ packages: store, maxQueuedRequests: 1000 });
  const app = createApp({ engine, logger: quiet, limits: { maxConcurrentRequests: 1000 } });
  const requests = Array.from({ length: 1000 }, () =>
    app.request('/models/sentiment', { method: 'POST', body: '{"inputs": "I love this"}' }),
  );
  const statuses = (await Promise.all(requests)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(opened).toEqual(['sentiment@1.0.1']);
  expect(engine.loaded()).toHaveLength(1);
  await engine.dispose();
});
