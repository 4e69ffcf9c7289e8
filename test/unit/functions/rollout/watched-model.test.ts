/** What the names of a model mean while its record changes. */
import {
  emptyRecord,
  type RegistryRecord,
  recordAction,
  recordText,
} from '@pilotlight/model-format/registry';
import { beforeEach, expect, it } from 'vitest';
import { WatchedModel } from '../../../../functions/app/src/serve/rollout/watched-model.ts';
import { manifestOf } from '../../engine/fakes.ts';
import { silent } from '../fake-engine.ts';

const sumOf = (version: string) => version.replaceAll('.', '').padStart(64, 'a');
const VERSIONS = ['1.0.0', '1.1.0'];

let record: RegistryRecord;
let hasEtags: boolean;
let loads: string[];
let served: string[];
/** Is done while a version is loaded. */
let meanwhile: (version: string) => void;
let watched: WatchedModel;

function promote(version: string): void {
  const did = { alias: 'prod', version, manifestSha256: sumOf(version), gates: [] };
  const at = '2026-12-01T00:00:00Z';
  record = recordAction(record, { at, who: 'a test', did: { action: 'promote', ...did } });
}

beforeEach(async () => {
  record = emptyRecord('sentiment');
  for (const version of VERSIONS) {
    const did = { action: 'push', version, manifestSha256: sumOf(version), bytes: 1 } as const;
    record = recordAction(record, { at: '2026-12-01T00:00:00Z', who: 'a test', did });
  }
  promote('1.0.0');
  hasEtags = true;
  loads = [];
  served = [];
  meanwhile = () => {};
  watched = new WatchedModel({
    name: 'sentiment',
    engine: {
      loaded: () => [],
      model: async (ref) => {
        const version = String(Object(ref).version);
        loads.push(version);
        meanwhile(version);
        const checkGolden = async () => ({ line: 2, drift: version === '1.1.0' && !hasEtags ? 3 : 0.5 });
        return { manifest: manifestOf({ name: 'sentiment', version }), checkGolden } as never;
      },
      unload: async () => {},
    },
    store: {
      offer: () => {},
      withdraw: () => {},
      accept: (_name, { prod }) => served.push(prod?.version ?? 'nothing'),
    },
    source: {
      read: async (_name, known) => {
        const etag = hasEtags ? String(record.lastSha256) : undefined;
        return etag !== undefined && etag === known ? undefined : { text: recordText(record), etag };
      },
    },
    kept: { read: async () => undefined, write: async () => {} },
    logger: silent,
    tell: () => {},
    goldensMs: 1000,
  });
  await watched.start();
  await watched.finish();
  served = [];
});

it('a version that is rolled back while it is loaded answers nobody', async () => {
  promote('1.1.0');
  meanwhile = (version) => version === '1.1.0' && promote('1.0.0');
  await watched.poll();
  expect(loads).toEqual(['1.0.0', '1.1.0']);
  expect(new Set(served)).toEqual(new Set(['1.0.0']));
  expect(watched.model.aliases.prod?.version).toBe('1.0.0');
  meanwhile = () => {};
  promote('1.1.0');
  await watched.poll();
  expect(watched.model.aliases.prod?.version).toBe('1.1.0');
});

it('a version that is refused is not loaded again and again where a bucket gives no ETags', async () => {
  hasEtags = false;
  promote('1.1.0');
  for (let polls = 0; polls < 5; polls++) await watched.poll();
  expect(loads).toEqual(['1.0.0', '1.1.0']);
  expect(watched.model.aliases.prod?.version).toBe('1.0.0');
});
