import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFiles } from './tracked-files.ts';

test('every link in a document leads to a file', () => {
  const files = projectFiles();
  const documents = files.filter((file) => file.endsWith('.md'));
  const broken = documents.flatMap((document) => {
    const targets = [...readFileSync(document, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
    const paths = targets.map(([, target = '']) => join(dirname(document), target));
    return paths.filter((path) => !files.some((file) => file.startsWith(path)));
  });
  expect(broken).toEqual([]);
});

test('every source file that a document names is there', () => {
  const files = projectFiles();
  const documents = files.filter(
    (file) => file.endsWith('.md') && !file.startsWith('model-assets/packages/'),
  );
  const missing = documents.flatMap((document) => {
    const names = [...readFileSync(document, 'utf8').matchAll(/`([\w./-]+\.(?:ts|mjs|cjs|py|md))`/g)];
    const known = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
    const generated = (name: string) => ['MODEL_CARD.md', 'README.md', 'CHANGELOG.md'].includes(name);
    return names.flatMap(([, name = '']) => (known(name) || generated(name) ? [] : `${document}: ${name}`));
  });
  expect(missing).toEqual([]);
});
