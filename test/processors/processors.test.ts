/** The product on another processor than this one, emulated: `npm run test:processors -- arm64`, or haswell. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { BUNDLES, FUNCTIONS } from '../../functions/bundles/src/names.ts';
import { copyOfPackages } from '../e2e/packages.ts';
import { REPOSITORY } from '../packages/world.ts';
import { addPackage } from './add-package.ts';
import { type Emulator, emulate, findObstacle } from './emulate.ts';
import { PROCESSORS } from './processors.ts';
import { compareAnswers } from './scores.ts';
import { readResults } from './subjects/write-results.ts';

const name = process.env.TEST_PROCESSOR ?? '';
const processor = PROCESSORS[name];
const obstacle = processor ? findObstacle(processor) : 'no processor is named';
if (processor && obstacle) console.log(`Skipped: ${name} cannot be emulated here, because ${obstacle}.`);

const subject = (file: string): string => join(import.meta.dirname, 'subjects', file);
const modelsSchema = z.array(
  z.object({ name: z.string(), results: z.array(z.unknown()), deviations: z.array(z.number()) }),
);
const eventSchema = z.object({ results: z.tuple([z.object({ statusCode: z.number(), body: z.string() })]) });
const productsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** Scores of these models are compared between processors; most are equal to seven digits. */
const LARGEST_DIFFERENCE = 1e-3;

describe.skipIf(obstacle !== undefined)(`on ${name}`, { timeout: 900_000 }, () => {
  let folder = '';
  let packages = '';
  let emulator: Emulator;
  beforeAll(async () => {
    if (!processor) return;
    folder = mkdtempSync(join(tmpdir(), 'pilotlight-processors-'));
    packages = join(folder, 'packages');
    cpSync(copyOfPackages(), packages, { recursive: true });
    await addPackage(packages);
    emulator = await emulate(processor);
  }, 600_000);
  afterAll(async () => {
    await emulator?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  async function onHost(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const options = { cwd: REPOSITORY, env: { ...process.env, ...environment } };
    const { stdout } = await promisify(execFile)(process.execPath, [...args], options);
    return readResults(stdout);
  }

  async function emulated(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const { code, stdout, stderr } = await emulator.run(args, environment);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return readResults(stdout);
  }

  it('packages give their goldens, and the answers that they give here', async () => {
    const args = [subject('answers.ts'), packages];
    const [there, here] = (await Promise.all([emulated(args), onHost(args)])).map((results) =>
      modelsSchema.parse(results),
    );
    expect(there).toHaveLength(4);
    for (const [index, model] of (there ?? []).entries()) {
      const { largest, place } = compareAnswers(model.results, here?.[index]?.results);
      console.log(
        `${name}: ${model.name}, largest difference of a score ${largest.toExponential(1)} (${place}), of an output from its golden ${model.deviations}, here ${here?.[index]?.deviations}`,
      );
      expect(largest, place).toBeLessThan(LARGEST_DIFFERENCE);
    }
  });

  it('products of integers have the bits that they have here', async () => {
    const [there, here] = await Promise.all([
      emulated([subject('products.ts')]),
      onHost([subject('products.ts')]),
    ]);
    expect(productsSchema.parse(there)).toEqual(productsSchema.parse(here));
  });

  it('ONNX Runtime says nothing but that it does not know the processor, where it cannot look', async () => {
    const { stderr } = await emulator.run([subject('products.ts')]);
    const lines = stderr.split('\n').filter((line) => line !== '');
    const known = /^(Error in cpuinfo: failed to parse |onnxruntime cpuid_info warning: )/;
    expect(lines.filter((line) => !known.test(line))).toEqual([]);
    expect(lines.length).toBe(processor?.hidesSys ? 8 : 0);
  });

  describe('the bundle', () => {
    const natives = { NODE_PATH: join(REPOSITORY, 'node_modules') };
    const settings = (): Record<string, string> => ({
      ...natives,
      PILOTLIGHT_MODELS_DIR: packages,
      PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_REGION: 'eu-central-1',
    });
    /** What a function needs to be imported, and others refuse to know. */
    const needs: Partial<Record<string, Readonly<Record<string, string>>>> = {
      authorizer: { PILOTLIGHT_API_KEYS_SECRET: 'keys' },
      batch: {
        PILOTLIGHT_BATCH_BUCKET: 'jobs',
        PILOTLIGHT_BATCH_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/jobs',
      },
      'pre-traffic-hook': { PILOTLIGHT_VERSION_ARN: 'arn:version', PILOTLIGHT_MODELS: 'sentiment' },
    };
    const files: Record<string, string> = {};
    // Functions are outside the repository, as /var/task is beside /opt; the server has its packages in a folder above it.
    const serverFolder = join(REPOSITORY, 'dist/processors', `server-${name}`);
    beforeAll(async () => {
      for (const each of BUNDLES) {
        const target = each === 'server' ? serverFolder : join(folder, 'bundles', each);
        files[each] = (await bundle(each, target)).file;
      }
    });
    afterAll(() => rmSync(serverFolder, { recursive: true, force: true }));

    it.each(FUNCTIONS)('of %s exports its handler', async (each) => {
      const exported = await emulated([subject('handlers.ts'), files[each] ?? ''], {
        ...settings(),
        ...needs[each],
      });
      expect(exported).toEqual([expect.arrayContaining(['handler'])]);
    });

    it('of predict answers an event as it does here', async () => {
      const event = join(REPOSITORY, 'test/fixtures/events/predict.json');
      const args = [join(REPOSITORY, 'test/e2e/predict-event.mjs'), files.predict ?? '', event];
      const [there, here] = await Promise.all([emulated(args, settings()), onHost(args, settings())]);
      const [found, expected] = [there, here].map((results) => {
        const [{ statusCode, body }] = eventSchema.parse(results).results;
        return { statusCode, body: JSON.parse(body) };
      });
      expect(expected).toMatchObject({ statusCode: 200 });
      const { largest, place } = compareAnswers(found, expected);
      expect(largest, place).toBeLessThan(LARGEST_DIFFERENCE);
    });

    it('of the server answers a call as it does here', async () => {
      const environment = { ...settings(), PILOTLIGHT_PORT: '0', PILOTLIGHT_HOST: '127.0.0.1' };
      const args = [subject('server.ts'), files.server ?? ''];
      const [there, here] = await Promise.all([emulated(args, environment), onHost(args, environment)]);
      expect(here).toMatchObject({ status: 200 });
      const { largest, place } = compareAnswers(there, here);
      expect(largest, place).toBeLessThan(LARGEST_DIFFERENCE);
    });
  });
});
