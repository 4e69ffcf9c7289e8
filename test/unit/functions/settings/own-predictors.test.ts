import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownPredictors } from '../../../../functions/app/src/settings/own-predictors.ts';

let folder = '';
let packages = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-own-predictors-'));
  packages = join(folder, 'models');
  mkdirSync(join(packages, 'reviews'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, source: string): string => {
  const file = join(folder, name);
  writeFileSync(file, source);
  return file;
};
const read = (file: string | undefined) =>
  ownPredictors({ PILOTLIGHT_PREDICTORS: file, PILOTLIGHT_MODELS_DIR: packages });

describe('the module of PILOTLIGHT_PREDICTORS', () => {
  it('is none where the setting is none', async () => {
    expect(await read(undefined)).toEqual({});
  });

  it('gives the engine its default export', async () => {
    const { archives } = await read(write('own.mjs', 'export default { reviews: () => 7 };'));
    expect(Object.keys(archives ?? {})).toEqual(['reviews']);
  });

  it('may be named from the working folder, and may lie beside the packages with a name that begins alike', async () => {
    const file = relative('.', write('models-of-ours.mjs', 'export default { reviews() {} };'));
    expect(Object.keys((await read(file)).archives ?? {})).toEqual(['reviews']);
  });

  it.each(['models/own.mjs', 'models/reviews/own.mjs'])('is not run where it lies at %s', async (name) => {
    const file = write(name, 'globalThis.hasRunOwnPredictors = true; export default { reviews() {} };');
    await expect(read(file)).rejects.toThrow(`PILOTLIGHT_PREDICTORS: ${file} lies among the packages`);
    expect(globalThis).not.toHaveProperty('hasRunOwnPredictors');
  });

  it.each([
    ['an object without a function', 'export default { reviews: 7 };'],
    ['an object with a function and something else', 'export default { reviews() {}, other: 7 };'],
    ['an empty object', 'export default {};'],
    ['a function', 'export default () => 7;'],
    ['nothing', 'export const reviews = () => 7;'],
    ['null', 'export default null;'],
  ])('is refused by the name of the setting where it exports %s', async (name, source) => {
    const file = write(`${name.replaceAll(' ', '-')}.mjs`, source);
    const fault = `PILOTLIGHT_PREDICTORS: ${file} must export default an object that has a function for each model by its name.`;
    const refusal = await read(file).catch((error: unknown) => error);
    expect(PilotlightError.is(refusal) && [refusal.code, refusal.details]).toEqual([
      'INVALID_CONFIGURATION',
      { faults: [fault] },
    ]);
    expect(String(refusal)).toContain(`The environment is not valid:\n  ${fault}`);
  });

  it.each([
    ['an error', 'throw new TypeError("no hub");', 'no hub', { cause: { name: 'TypeError' } }],
    ['something else', 'throw "no hub";', 'no hub', { cause: 'no hub' }],
  ])('is refused with what it says where it throws %s', async (name, source, said, cause) => {
    const file = write(`throws-${name.replaceAll(' ', '-')}.mjs`, source);
    const reading = read(file);
    await expect(reading).rejects.toThrow(`PILOTLIGHT_PREDICTORS: ${file} cannot be loaded: ${said}.`);
    await expect(reading).rejects.toMatchObject(cause);
  });

  it('is refused where there is none', async () => {
    await expect(read(join(folder, 'none.mjs'))).rejects.toThrow(/none\.mjs cannot be loaded: /);
  });
});
