import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const snippets = [...readFileSync('infra/constructs/README.md', 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
/** A snippet synthesises stacks in a process of its own, which takes long on a busy machine. */
const TIMEOUT_MS = 300_000;

test('the README has a snippet of constructs and one of a whole deployment', () => {
  expect(snippets).toHaveLength(2);
});

test.each(snippets.map(([, code = ''], index) => [index, code] as const))(
  'snippet %i of the README makes its resources',
  (_index, code) => {
    // Node reads the snippet from its standard input, so that no file is left behind when the test is killed.
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module-typescript', '-'], { input: code, stdio: 'pipe' });
    expect(run).not.toThrow();
  },
  TIMEOUT_MS,
);
