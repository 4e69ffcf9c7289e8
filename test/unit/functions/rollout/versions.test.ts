/** The versions of one model in this process: who uses them, and when they go. */
import { EngineError, type GoldenCheck } from '@pilotlight/engine';
import { parseManifest, sha256Of } from '@pilotlight/model-format';
import { beforeEach, describe, expect, it } from 'vitest';
import { Versions } from '../../../../functions/app/src/serve/rollout/versions.ts';
import { manifestOf } from '../../engine/fakes.ts';
import { silent } from '../fake-engine.ts';

const textOf = (name: string, version: string) => JSON.stringify(manifestOf({ name, version }));
const sumOf = (version: string) => sha256Of(textOf('sentiment', version));
const pinned = (version: string) => ({ version, manifestSha256: sumOf(version) });
const manifest = (name: string, version: string) => parseManifest(textOf(name, version), { name, version });

let loaded: ReturnType<typeof manifest>[];
let unloaded: string[];
let told: string[];
let logged: unknown[];
let golden: () => Promise<GoldenCheck>;
let unloadFails: boolean;
let versions: Versions;

beforeEach(() => {
  loaded = [];
  unloaded = [];
  told = [];
  logged = [];
  golden = async () => ({ line: 2, drift: 1 });
  unloadFails = false;
  versions = new Versions({
    name: 'sentiment',
    goldensMs: 1000,
    logger: { ...silent, error: (...line) => logged.push(line) },
    store: {
      offer: (name, { version }) => told.push(`offers ${name} ${version}`),
      withdraw: ({ version }) => told.push(`withdraws ${version}`),
    },
    engine: {
      loaded: () => loaded.map((own) => ({ manifest: own })) as never,
      model: async (ref) => {
        const { name, version } = Object(ref);
        loaded.push(manifest(name, version));
        return { manifest: manifest(name, version), checkGolden: () => golden() } as never;
      },
      unload: async ({ name, version }) => {
        if (unloadFails) throw new EngineError('SESSION_FAILED', 'It is stuck.');
        unloaded.push(version);
        loaded = loaded.filter((own) => own.name !== name || own.version !== version);
      },
    },
  });
});
const settled = () => new Promise(setImmediate);

describe('a version', () => {
  it('has passed once its goldens are answered within what is tolerated, and with that checksum alone', async () => {
    expect(versions.hasPassed(pinned('1.0.0'))).toBe(false);
    await versions.prove(pinned('1.0.0'));
    expect(versions.hasPassed(pinned('1.0.0'))).toBe(true);
    expect(versions.hasPassed({ version: '1.0.0', manifestSha256: 'a'.repeat(64) })).toBe(false);
    expect(told).toEqual(['offers sentiment 1.0.0']);
  });

  it.each([
    [
      { line: 7, drift: 1.26 },
      'the golden of line 7 is not answered as it should be: the answer deviates 1.3 times as far as is tolerated.',
    ],
    [
      { line: 7, problem: 'it has other tokens.' },
      'the golden of line 7 is not answered as it should be: it has other tokens.',
    ],
    [{ problem: 'none can be read' }, 'a golden is not answered as it should be: none can be read.'],
  ])(
    'whose golden is %j is refused with the model and the line, and leaves nothing in memory',
    async (check, why) => {
      golden = async () => check as GoldenCheck;
      await expect(versions.prove(pinned('1.0.0'))).rejects.toMatchObject({
        code: 'PACKAGE_CORRUPT',
        message: `Model sentiment@1.0.0 is refused: ${why}`,
        details: { model: 'sentiment', version: '1.0.0' },
      });
      expect(versions.hasPassed(pinned('1.0.0'))).toBe(false);
      expect(unloaded).toEqual(['1.0.0']);
      expect(told).toContain('withdraws 1.0.0');
    },
  );

  it('that is refused stays as long as a call holds it', async () => {
    golden = async () => ({ line: 2, drift: 9 });
    const release = versions.hold('1.0.0');
    await expect(versions.prove(pinned('1.0.0'))).rejects.toThrow(/is refused/);
    expect(unloaded).toEqual([]);
    versions.leave('1.0.0');
    release();
    await settled();
    expect(unloaded).toEqual(['1.0.0']);
  });

  it('of which another package is loaded is refused before anything is fetched', async () => {
    loaded.push(manifest('sentiment', '1.0.0'));
    const other = { version: '1.0.0', manifestSha256: 'b'.repeat(64) };
    await expect(versions.prove(other)).rejects.toThrow(
      'Model sentiment@1.0.0 is refused: another package of this version is loaded. Push it under another version.',
    );
    expect(told).toEqual([]);
    await versions.prove(pinned('1.0.0'));
    expect(versions.hasPassed(pinned('1.0.0'))).toBe(true);
  });

  it('that cannot be freed is logged by its name', async () => {
    await versions.prove(pinned('1.0.0'));
    unloadFails = true;
    versions.keep(new Set());
    await settled();
    expect(logged).toEqual([
      [
        'A version could not be freed',
        { model: 'sentiment@1.0.0', error: expect.objectContaining({ code: 'SESSION_FAILED' }) },
      ],
    ]);
  });
});

describe('the versions that are kept', () => {
  beforeEach(async () => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await versions.prove(pinned(version));
    loaded.push(manifest('intent', '1.0.0'));
    told = [];
  });

  it('are those that are asked for, and other models are not affected', async () => {
    versions.keep(new Set(['1.2.0']));
    await settled();
    expect(unloaded).toEqual(['1.0.0', '1.1.0']);
    expect(told).toEqual(['withdraws 1.0.0', 'withdraws 1.1.0']);
    expect(loaded.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'sentiment 1.2.0',
      'intent 1.0.0',
    ]);
    expect(versions.hasPassed(pinned('1.0.0'))).toBe(false);
    expect(versions.hasPassed(pinned('1.2.0'))).toBe(true);
  });

  it('are, beside them, those of calls under way, each until its last call has ended', async () => {
    const releases = [versions.hold('1.0.0'), versions.hold('1.0.0')];
    versions.keep(new Set(['1.1.0', '1.2.0']));
    await settled();
    expect(unloaded).toEqual([]);
    releases[0]?.();
    await settled();
    expect(unloaded).toEqual([]);
    releases[1]?.();
    await settled();
    expect(unloaded).toEqual(['1.0.0']);
  });

  it('are those again that a later change asks for, although calls of an earlier one were to be their last', async () => {
    const release = versions.hold('1.0.0');
    versions.keep(new Set(['1.1.0', '1.2.0']));
    versions.keep(new Set(['1.0.0', '1.1.0', '1.2.0']));
    release();
    await settled();
    expect(unloaded).toEqual([]);
  });

  it('end with no call that nobody wanted freed', async () => {
    versions.hold('1.0.0')();
    await settled();
    expect(unloaded).toEqual([]);
  });
});
