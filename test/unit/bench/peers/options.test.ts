import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../../bench/paths.ts';
import { parsePeersOptions } from '../../../bench/peers/options.ts';

const HERE = import.meta.dirname;

describe('the options of bench peers', () => {
  it('take places from the environment, and from the command line first', () => {
    const environment = {
      PILOTLIGHT_BENCH_CHECKPOINT: HERE,
      PILOTLIGHT_BENCH_TEI: join(HERE, 'options.test.ts'),
      PILOTLIGHT_BENCH_PYTHON: '/opt/python',
    };
    expect(parsePeersOptions({}, 'peers', environment)).toMatchObject({
      checkpoint: HERE,
      tei: join(HERE, 'options.test.ts'),
      python: '/opt/python',
    });
    expect(parsePeersOptions({ checkpoint: ROOT, python: 'py' }, 'peers', environment)).toMatchObject({
      checkpoint: ROOT,
      python: 'py',
    });
  });

  it('leave the environment alone for what is measured without peers', () => {
    const environment = { PILOTLIGHT_BENCH_CHECKPOINT: '/nowhere', PILOTLIGHT_BENCH_TEI: '/nowhere' };
    expect(parsePeersOptions({}, 'cold', environment)).toMatchObject({
      checkpoint: undefined,
      tei: undefined,
    });
  });

  it('take archives for allennlp alone', () => {
    expect(parsePeersOptions({ archives: HERE, quick: true }, 'allennlp', {})).toMatchObject({
      archives: HERE,
      quick: true,
    });
    const environment = { PILOTLIGHT_BENCH_ARCHIVES: HERE };
    expect(parsePeersOptions({}, 'allennlp', environment).archives).toBe(HERE);
    expect(parsePeersOptions({}, 'peers', environment).archives).not.toBe(HERE);
    expect(() => parsePeersOptions({ archives: HERE }, 'peers', {})).toThrow('--archives is for allennlp');
  });

  it('take node-llama-cpp for generate alone', () => {
    const environment = { PILOTLIGHT_BENCH_LLAMA: HERE };
    expect(parsePeersOptions({}, 'generate', environment).llama).toBe(HERE);
    expect(parsePeersOptions({ llama: ROOT }, 'generate', environment).llama).toBe(ROOT);
    expect(parsePeersOptions({}, 'peers', environment).llama).toBeUndefined();
    expect(() => parsePeersOptions({ llama: HERE }, 'peers', {})).toThrow('--llama is for generate.');
    expect(() => parsePeersOptions({ llama: '/nowhere' }, 'generate', {})).toThrow(
      '--llama: there is no /nowhere.',
    );
  });

  it('divide lists', () => {
    expect(parsePeersOptions({ only: 'pilotlight, tei-int8' }, 'peers', {}).only).toEqual([
      'pilotlight',
      'tei-int8',
    ]);
    const published = join(HERE, 'options.test.ts');
    expect(parsePeersOptions({ published: `${published},${published}` }, 'quality', {}).published).toEqual([
      published,
      published,
    ]);
  });

  it.each([
    [{ quick: true }, 'cold', '--quick is for peers, allennlp, and generate.'],
    [{ checkpoint: HERE }, 'warm', '--checkpoint is for peers and quality.'],
    [{ published: HERE }, 'peers', '--published is for quality.'],
    [{ tei: '/nowhere' }, 'peers', '--tei: there is no /nowhere.'],
    [{ published: '/nowhere' }, 'quality', '--published: there is no /nowhere.'],
    [{ base: HERE }, 'peers', `--base: ${HERE} is no checkout of Pilotlight.`],
    [{ 'base-packages': HERE }, 'peers', '--base-packages is for --base.'],
  ])('refuse %j with %s', (values, measured, message) => {
    expect(() => parsePeersOptions(values, measured, {})).toThrow(
      expect.objectContaining({ code: 'USAGE', message }),
    );
  });

  it('take another checkout of Pilotlight', () => {
    expect(parsePeersOptions({ base: ROOT }, 'peers', {}).base).toBe(ROOT);
  });
});
