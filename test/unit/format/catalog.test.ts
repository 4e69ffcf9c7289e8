import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCatalog } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'catalog-'));
const file = join(folder, 'catalog.json');
afterAll(() => rmSync(folder, { recursive: true }));

function readText(text: string) {
  writeFileSync(file, text);
  return readCatalog(file);
}

/** The error with which a catalog is refused. */
function refusal(text: string): PilotlightError {
  try {
    readText(text);
  } catch (error) {
    if (error instanceof PilotlightError) return error;
    throw error;
  }
  throw new TypeError('The catalog was not refused.');
}

it('a catalog lists its models in the order of the file, each with its version and its tier', () => {
  const models = {
    sentiment: { version: '1.0.0', tier: 'lambda' },
    embeddings: { version: '2.1.0-rc.1', tier: 'gpu' },
  };
  expect(readText(JSON.stringify({ models }))).toEqual([
    { name: 'sentiment', version: '1.0.0', tier: 'lambda' },
    { name: 'embeddings', version: '2.1.0-rc.1', tier: 'gpu' },
  ]);
  expect(readText('{ "models": {} }')).toEqual([]);
});

it('a catalog that is missing is refused with its path and the cause', () => {
  const missing = join(folder, 'none.json');
  expect(() => readCatalog(missing)).toThrow(
    `The catalog ${missing} is not valid: it is missing or is not JSON. Correct it.`,
  );
  expect(refusal('{')).toMatchObject({
    code: 'CATALOG_INVALID',
    message: `The catalog ${file} is not valid: it is missing or is not JSON. Correct it.`,
    cause: expect.any(SyntaxError),
  });
});

it.each([
  ['[]', 'the top level: '],
  ['{}', 'models: '],
  ['{"models":{"a":{"version":"1.0.0","tier":"cpu"}}}', 'models.a.tier: must be lambda or gpu'],
  ['{"models":{"a":{"version":"1","tier":"gpu"}}}', 'models.a.version: must be a semantic version'],
  ['{"models":{"A":{"version":"1.0.0","tier":"gpu"}}}', 'models.A: '],
  ['{"models":{"a":{"version":"1.0.0","tier":"gpu","gpus":2}}}', 'models.a'],
  ['{"models":{},"more":1}', 'more'],
])('the catalog %s is refused with the field at fault', (text, reason) => {
  const error = refusal(text);
  expect(error.code).toBe('CATALOG_INVALID');
  expect(error.message.startsWith(`The catalog ${file} is not valid: ${reason}`)).toBe(true);
  expect(error.message).toMatch(/\. Correct it\.$/);
  expect(error.cause).toBeUndefined();
});
