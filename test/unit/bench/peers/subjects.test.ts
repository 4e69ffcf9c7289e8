import { describe, expect, it } from 'vitest';
import type { Checkout } from '../../../bench/peers/checkout.ts';
import type { PythonPackages } from '../../../bench/peers/python.ts';
import { chooseSubjects, listSubjects, type Places } from '../../../bench/peers/subjects.ts';

const FP32 = { scheme: 'fp32', keptFp32: [] };
const OWN: Checkout = {
  label: 'Pilotlight',
  server: '/own/server.mjs',
  embedder: '/own/embedder.cjs',
  packages: '/own/packages',
  model: 'minilm',
  variants: { fp32: FP32, int8: { scheme: 'int8-static', keptFp32: [] } },
  refused: {},
};
const python = (...installed: readonly string[]): PythonPackages => ({
  command: '/python',
  has: (...modules) => modules.every((name) => installed.includes(name)),
  versions: () => '',
});
const EVERYTHING: Places = {
  checkouts: [OWN],
  checkpoint: '/checkpoint',
  onnx: { fp32: '/onnx/fp32', int8: '/onnx/int8' },
  python: python(
    ...['numpy', 'onnx', 'onnxruntime', 'tokenizers', 'torch', 'sentence_transformers', 'fastapi', 'uvicorn'],
  ),
  tei: '/tei',
  threads: 2,
};
const NOTHING: Places = { ...EVERYTHING, onnx: { fp32: '/onnx/fp32' }, python: python(), tei: undefined };
const keys = (subjects: readonly { readonly key: string }[]) => subjects.map(({ key }) => key);

describe('the subjects of bench peers', () => {
  it('are all that is installed', () => {
    const { servers, bulk, skipped } = listSubjects(EVERYTHING);
    expect(keys(servers)).toEqual(['pilotlight-fp32', 'pilotlight-int8', 'tei-fp32', 'tei-int8', 'fastapi']);
    expect(keys(bulk)).toEqual([
      'pilotlight-fp32',
      'pilotlight-int8',
      'python-fp32',
      'python-int8',
      'sentence-transformers',
    ]);
    expect(skipped).toEqual([]);
  });

  it('are skipped where they are not installed, each with what to install', () => {
    const { servers, skipped } = listSubjects(NOTHING);
    expect(keys(servers)).toEqual(['pilotlight-fp32', 'pilotlight-int8']);
    expect(keys(skipped)).toEqual([
      ...['tei-fp32', 'tei-int8', 'python-fp32', 'python-int8', 'sentence-transformers', 'fastapi'],
    ]);
    expect(skipped.map(({ reason }) => /--tei|--python/.test(reason))).not.toContain(false);
  });

  it('skip an int8 graph that no Python could make, and nothing else', () => {
    const { servers, skipped } = listSubjects({ ...EVERYTHING, onnx: { fp32: '/onnx/fp32' } });
    expect(keys(servers)).toContain('tei-fp32');
    expect(keys(skipped)).toEqual(['tei-int8', 'python-int8']);
  });

  it('have those of another checkout beside the own, and tell why one is refused', () => {
    const base: Checkout = {
      ...OWN,
      label: 'base 430793c5',
      server: '/base/server.mjs',
      variants: { fp32: FP32 },
      refused: { int8: 'error VERIFY_FAILED: 13.4 %' },
    };
    const { servers, skipped } = listSubjects({ ...NOTHING, checkouts: [OWN, base] });
    expect(keys(servers)).toEqual(['pilotlight-fp32', 'pilotlight-int8', 'base-fp32']);
    expect(servers[2]?.spec.listen(8080).args).toEqual(['/base/server.mjs']);
    expect(skipped[0]).toEqual({
      key: 'base-int8',
      name: 'base 430793c5 int8',
      reason: 'error VERIFY_FAILED: 13.4 %',
    });
  });

  it('serve the variant that they are named after, from their own packages, on the port that is given', () => {
    const [, int8] = listSubjects(EVERYTHING).servers;
    expect(int8?.spec.listen(4711).environment).toMatchObject({
      PILOTLIGHT_PORT: '4711',
      PILOTLIGHT_VARIANT: 'int8',
      PILOTLIGHT_MODELS_DIR: '/own/packages',
    });
  });

  it('are chosen by their names or by the beginnings of these', () => {
    const chosen = chooseSubjects(listSubjects(EVERYTHING), { only: ['pilotlight', 'tei-int8'] });
    expect(keys(chosen.servers)).toEqual(['pilotlight-fp32', 'pilotlight-int8', 'tei-int8']);
    expect(keys(chosen.bulk)).toEqual(['pilotlight-fp32', 'pilotlight-int8']);
  });

  it('can be asked for although they are skipped', () => {
    expect(keys(chooseSubjects(listSubjects(NOTHING), { only: ['tei'] }).skipped)).toEqual([
      'tei-fp32',
      'tei-int8',
    ]);
  });

  it('refuse a name that begins none', () => {
    expect(() => chooseSubjects(listSubjects(NOTHING), { only: ['candle'] })).toThrow(
      /--only: there is no candle; choose pilotlight-fp32, /,
    );
  });
});
