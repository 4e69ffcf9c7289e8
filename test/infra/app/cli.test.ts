/** The app as a team runs it: by the CDK's command line, without credentials and without Docker. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { node, run } from '../../e2e/command.ts';
import { sampled } from '../../scale.ts';
import { CONTEXT } from './deployments.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-app-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('every feature flag that the CDK recommends is set as it recommends', () => {
  expect(CONTEXT).toMatchObject(recommendedFlags);
});

test('npm run synth, diff, deploy and destroy are those of the CDK, after an install', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  for (const name of ['synth', 'diff', 'deploy', 'destroy']) {
    expect(scripts[name]).toBe(`node cli/src/main.ts ${name}`);
    expect(scripts[`pre${name}`]).toBe(scripts.pretest);
  }
});

describe('one line, and no stack, stops the synth of', () => {
  let packages: string;
  beforeAll(() => {
    packages = join(folder, 'packages');
    const source = resolve('model-assets/packages/sentiment/1.0.1');
    for (const name of ['corrupt', 'heavy'])
      cpSync(source, join(packages, name, '1.0.1'), { recursive: true });
    rename('corrupt');
    rename('heavy', (manifest) => manifest.replaceAll('"tier": "lambda"', '"tier": "gpu"'));
    const weights = join(packages, 'corrupt', '1.0.1', 'int8', 'weights.bin');
    const bytes = readFileSync(weights);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    writeFileSync(weights, bytes);
  });

  /** Gives a copied package its own name. */
  function rename(name: string, change = (manifest: string) => manifest): void {
    const file = join(packages, name, '1.0.1', 'model.json');
    writeFileSync(
      file,
      change(readFileSync(file, 'utf8').replace('"name": "sentiment"', `"name": "${name}"`)),
    );
  }

  const main = (model: string) => ({ main: { models: [model] } });
  const CASES: [what: string, config: object, message: RegExp][] = [
    [
      'an unknown key',
      { functons: main('sentiment') },
      /x\.y\.ts: functons is not known \(did you mean functions\?\)/,
    ],
    [
      'credentials of another account',
      { account: '111122223333', functions: main('sentiment') },
      /x\.y is for account 111122223333, and the credentials are of account 444455556666/,
    ],
    ['a package that is missing', { functions: main('absent') }, /absent/],
    [
      'a package whose checksum differs',
      { packagesFolder: 'PACKAGES', functions: main('corrupt') },
      /weights\.bin/,
    ],
    [
      'a model that fits into no function',
      { packagesFolder: 'PACKAGES', functions: main('heavy') },
      /heavy@1\.0\.1.*gpu/,
    ],
    [
      'cold-start measures that contradict the function',
      {
        functions: {
          main: {
            models: ['sentiment'],
            lambda: { reservedConcurrency: 2 },
            coldStart: { kind: 'provisioned', count: 3 },
          },
        },
      },
      /3, is above the reserved concurrency of the function, 2/,
    ],
  ];

  test.concurrent.each(sampled(CASES, { short: 3 }))('%s', async (what, config, message) => {
    const configFolder = join(folder, what.replaceAll(' ', '-'));
    mkdirSync(configFolder);
    const text = JSON.stringify(config).replace('PACKAGES', packages);
    writeFileSync(join(configFolder, 'x.y.ts'), `export default ${text};`);
    const context = { ...CONTEXT, team: 'x', env: 'y', configFolder };
    const env = { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_DEFAULT_ACCOUNT: '444455556666' };
    const { code, stdout, stderr } = await run(node('infra/app.ts'), { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});
