/** What the names of a model mean while its record changes. */

import { EngineError } from '@pilotlight/engine';
import {
  emptyRecord,
  type RegistryRecord,
  recordAction,
  recordText,
} from '@pilotlight/model-format/registry';
import { beforeEach, expect, it } from 'vitest';
import { WatchedModel } from '../../../../functions/app/src/serve/rollout/watched-model.ts';
import type { RolloutRecord } from '../../../../functions/app/src/serve/rollout-port.ts';
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
/** What the registry answers instead of its record. */
let silence: Error | undefined;
/** The record that was accepted last, and how often one was kept. */
let accepted: RegistryRecord | undefined;
let kept: string[];
let keeps: boolean;
let logged: string[];
let told: RolloutRecord[];

function promote(version: string): void {
  const did = { alias: 'prod', version, manifestSha256: sumOf(version), gates: [] };
  const at = '2026-12-01T00:00:00Z';
  record = recordAction(record, { at, who: 'a test', did: { action: 'promote', ...did } });
}

function open(): WatchedModel {
  return new WatchedModel({
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
        if (silence) throw silence;
        const etag = hasEtags ? String(record.lastSha256) : undefined;
        return etag !== undefined && etag === known ? undefined : { text: recordText(record), etag };
      },
    },
    kept: {
      read: async () => accepted,
      write: async (_name, text) => {
        if (!keeps) throw new TypeError('the disk is full');
        kept.push(text);
      },
    },
    logger: { ...silent, error: (message) => logged.push(message) },
    tell: (one) => told.push(one),
    goldensMs: 1000,
  });
}

beforeEach(async () => {
  silence = undefined;
  accepted = undefined;
  kept = [];
  keeps = true;
  logged = [];
  told = [];
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
  watched = open();
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

it('a record is kept once all of it is served, and one of which a part is refused is not', async () => {
  expect(kept).toEqual([recordText(record)]);
  promote('1.1.0');
  await watched.poll();
  expect(kept.slice(1)).toEqual([recordText(record)]);
  hasEtags = false;
  const did = { action: 'push', version: '1.2.0', manifestSha256: sumOf('1.2.0'), bytes: 1 } as const;
  record = recordAction(record, { at: '2026-12-01T00:00:00Z', who: 'a test', did });
  meanwhile = () => {
    throw new EngineError('PACKAGE_CORRUPT', 'It is broken.');
  };
  promote('1.2.0');
  await watched.poll();
  expect(kept).toHaveLength(2);
});

it('a record that cannot be kept is served all the same, and the log says so', async () => {
  keeps = false;
  promote('1.1.0');
  await watched.poll();
  expect(watched.model.aliases.prod?.version).toBe('1.1.0');
  expect(logged).toEqual(['The record of a model could not be kept for the next start']);
});

it('a process that starts while the registry is silent serves the record that was accepted last', async () => {
  accepted = record;
  silence = new TypeError('no way');
  const other = open();
  await other.start();
  expect(other.model.aliases.prod?.version).toBe('1.0.0');
  expect(logged).toEqual(['The record of a model cannot be read, and its names mean what they meant']);
  const before = told.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  await other.poll();
  expect(told.slice(before)).toMatchObject([{ kind: 'read', model: 'sentiment' }]);
  expect(Object(told.at(-1)).ageMs).toBeGreaterThanOrEqual(99);
  silence = undefined;
  await other.poll();
  expect(Object(told.findLast(({ kind }) => kind === 'read')).ageMs).toBeLessThan(99);
});

it('a process that starts while the registry is silent, and has kept none, serves nothing and lives on', async () => {
  silence = new TypeError('no way');
  const other = open();
  await other.start();
  expect(other.model.aliases).toEqual({});
  silence = undefined;
  await other.poll();
  expect(other.model.aliases.prod?.version).toBe('1.0.0');
});

it('a version that could not be fetched is tried at each poll, although the record is the same', async () => {
  promote('1.1.0');
  meanwhile = () => {
    throw new EngineError('PACKAGE_UNAVAILABLE', 'The bucket does not answer.');
  };
  await watched.poll();
  await watched.poll();
  expect(loads).toEqual(['1.0.0', '1.1.0', '1.1.0']);
  meanwhile = () => {};
  await watched.poll();
  await watched.poll();
  expect(loads).toEqual(['1.0.0', '1.1.0', '1.1.0', '1.1.0']);
  expect(watched.model.aliases.prod?.version).toBe('1.1.0');
});
