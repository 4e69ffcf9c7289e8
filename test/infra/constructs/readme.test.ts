import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';

const snippets = [...readFileSync('infra/constructs/README.md', 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
const file = (index: number) => `infra/constructs/.readme-${process.pid}-${index}.ts`;
afterAll(() => {
  for (const index of snippets.keys()) rmSync(file(index), { force: true });
});

test('the README has a snippet of constructs and one of a whole deployment', () => {
  expect(snippets).toHaveLength(2);
});

test.each(snippets.map(([, code = ''], index) => [index, code] as const))(
  'snippet %i of the README makes its resources',
  (index, code) => {
    writeFileSync(file(index), code);
    expect(() => execFileSync(process.execPath, [file(index)], { stdio: 'pipe' })).not.toThrow();
  },
);
