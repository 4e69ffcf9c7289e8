import { hash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { checkFetchTime } from '../../../infra/constructs/src/function/fetch-time.ts';
import { InferenceFunction } from '../../../infra/constructs/src/index.ts';
import { describePackage, placeModels } from '../../../layers/builders/src/models/index.ts';
import { refusalOf, testStack } from './template.ts';

const PACKAGES = 'model-assets/packages';
const intent = describePackage(PACKAGES, { name: 'intent', version: '1.0.1' });

/** A placement that fetches one model of so many bytes. */
function fetching(bytes: number) {
  const small = { functionBytes: 1, runtimeLayerBytes: 1, prefer: 's3' } as const;
  return placeModels({ packages: [{ ...intent, bytes }], ...small });
}

const MB = 1_000_000;

/** Makes a folder of packages with a model whose weights are so many zeros, which take no room on the disk. */
function largePackage(bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-large-'));
  const copy = join(folder, 'intent/1.0.1');
  cpSync(join(PACKAGES, 'intent/1.0.1'), copy, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(copy, 'model.json'), 'utf8'));
  const [weights] = manifest.variants[manifest.defaultVariant].files.filter(({ path }: { path: string }) =>
    path.endsWith('weights.bin'),
  );
  const file = join(copy, weights.path);
  truncateSync(file, 0);
  truncateSync(file, bytes);
  Object.assign(weights, { bytes, sha256: hash('sha256', readFileSync(file)) });
  writeFileSync(join(copy, 'model.json'), JSON.stringify(manifest));
  return folder;
}

describe('models that are fetched from S3', () => {
  test('cause no warning where they arrive within the init phase', () => {
    const placement = fetching(500 * MB);
    expect(checkFetchTime({ placement, timeoutSeconds: 29, coldStart: 'none' })).toBeUndefined();
  });

  test('cause a warning with the time where they take longer than an init phase', () => {
    expect(checkFetchTime({ placement: fetching(600 * MB), timeoutSeconds: 29, coldStart: 'warmup' })).toBe(
      "The models to fetch from S3 have 600.0 MB, which may take 12 s. Lambda ends the init phase of an environment that is not kept ready after 10 s and begins again within its first invocation, of at most 29 s. Serve a smaller variant, divide the models among functions, or set packages.placement to 'image', or keep environments ready with coldStart 'provisioned'.",
    );
  });

  test.each(['none', 'warmup'] as const)(
    'are refused where no invocation is long enough, cold start %s',
    (coldStart) => {
      const refusal = refusalOf(() =>
        checkFetchTime({ placement: fetching(2901 * MB), timeoutSeconds: 29, coldStart }),
      );
      expect(refusal).toEqual({
        code: 'UNSUPPORTED_PLACEMENT',
        message: expect.stringMatching(
          /have 2901\.0 MB, of which 2900\.0 MB at most arrive in the 29 s of an invocation/,
        ),
      });
    },
  );

  test('are allowed to environments that are kept ready, and to the longer invocations of the batch function', () => {
    const placement = fetching(2901 * MB);
    expect(checkFetchTime({ placement, timeoutSeconds: 29, coldStart: 'provisioned' })).toContain('59 s');
    const warning = checkFetchTime({ placement, timeoutSeconds: 300 });
    expect(warning).toContain("set packages.placement to 'image'.");
    expect(warning).not.toContain('provisioned');
  });

  test('are warned of by the construct of the function, by name', () => {
    const folder = largePackage(501 * MB);
    const stack = testStack();
    const props = { models: ['intent'], lambda: { memoryMegabytes: 1769 } };
    new InferenceFunction(stack, 'Small', { ...props, packages: { placement: 's3' } });
    new InferenceFunction(stack, 'Large', { ...props, packages: { folder, placement: 's3' } });
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('may take'));
    rmSync(folder, { recursive: true });
    expect(warnings.map(({ id }) => id)).toEqual(['/Test/Large']);
  }, 60_000);
});
