/** Documents can be found, and what they refer to is there. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFiles, sourceFiles } from './tracked-files.ts';

const files = projectFiles();
const documents = files.filter((file) => file.endsWith('.md'));

interface Link {
  readonly path: string;
  readonly heading: string | undefined;
}

/** The links of a document to files of the project, relative to the root; a heading of the same page is one too. */
function linksIn(document: string): Link[] {
  const targets = readFileSync(document, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
  return Array.from(targets, ([, path, heading]) => ({
    path: path ? join(dirname(document), path) : document,
    heading,
  }));
}

/** The anchors that GitHub makes of the headings of a document. */
function anchorsIn(document: string): Set<string> {
  const text = readFileSync(document, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  const headings = text.matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Documents that a reader reaches from a page by following at most so many links. */
function reachableFrom(start: string, clicks: number): Set<string> {
  const reached = new Set([start]);
  let edge = [start];
  for (let click = 0; click < clicks && edge.length > 0; click++) {
    const found = edge.flatMap(linksIn).map(({ path }) => path);
    edge = [...new Set(found)].filter((path) => path.endsWith('.md') && !reached.has(path));
    for (const path of edge) reached.add(path);
  }
  return reached;
}

test('every link in a document leads to a file', () => {
  const broken = documents.flatMap((document) =>
    linksIn(document)
      .filter(({ path }) => !files.some((file) => file === path || file.startsWith(join(path, '/'))))
      .map(({ path }) => `${document}: ${path}`),
  );
  expect(broken).toEqual([]);
});

test('every link to a heading leads to a heading', () => {
  const broken = documents.flatMap((document) =>
    linksIn(document)
      .filter(({ path, heading }) => heading && path.endsWith('.md') && files.includes(path))
      .filter(({ path, heading = '' }) => !anchorsIn(path).has(heading))
      .map(({ path, heading }) => `${document}: ${path}#${heading}`),
  );
  expect(broken).toEqual([]);
});

test('every source file that a document names is there', () => {
  const missing = documents
    .filter((file) => !file.startsWith('model-assets/packages/'))
    .flatMap((document) => {
      const names = [...readFileSync(document, 'utf8').matchAll(/`([\w./-]+\.(?:ts|mjs|cjs|py|md))`/g)];
      const known = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
      const generated = (name: string) => ['MODEL_CARD.md', 'README.md', 'CHANGELOG.md'].includes(name);
      return names.flatMap(([, name = '']) => (known(name) || generated(name) ? [] : `${document}: ${name}`));
    });
  expect(missing).toEqual([]);
});

test('every page of the documentation is linked from its index, and is in one of its four folders', () => {
  const pages = documents.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
  const listed = new Set(linksIn('docs/README.md').map(({ path }) => path));
  expect(pages.filter((page) => !listed.has(page))).toEqual([]);
  const kinds = new Set(pages.map((page) => page.split('/')[1]));
  expect([...kinds].sort()).toEqual(['explanation', 'how-to', 'reference', 'tutorials']);
});

test('a reader of the README is within two clicks of a first own model, deployment, pipelines, keys, web functions, clients, costs and limits', () => {
  const near = reachableFrom('README.md', 2);
  const wanted = [
    'docs/tutorials/first-own-model.md',
    'docs/how-to/deploy.md',
    'docs/how-to/pipelines.md',
    'docs/how-to/keys-and-quotas.md',
    'docs/how-to/web-functions.md',
    'docs/how-to/client-snippets.md',
    'docs/explanation/costs.md',
    'docs/explanation/limits.md',
  ];
  expect(wanted.filter((page) => !near.has(page))).toEqual([]);
  expect(documents.filter((file) => file.startsWith('docs/') && !near.has(file))).toEqual([]);
});

test('the README has at most 150 lines', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

test('the architecture page leads from the request to the logits by at most ten files, each of which is there', () => {
  const [, section = ''] = readFileSync('docs/explanation/architecture.md', 'utf8').split(/^## /m);
  const trail = Array.from(section.matchAll(/^\d+\. `([\w./-]+\.ts)`/gm), ([, file = '']) => file);
  expect(trail.at(0)).toBe('functions/predict/handler.ts');
  expect(trail.at(-1)).toBe('layers/engine/src/session/onnx-session.ts');
  expect(trail.length).toBeLessThanOrEqual(10);
  expect(trail.filter((file) => !files.includes(file))).toEqual([]);
});

test('every page of the documentation that a source file names is there', () => {
  const missing = sourceFiles().flatMap((file) => {
    const names = readFileSync(file, 'utf8').matchAll(/(?<![\w/])docs\/[\w/-]+\.md/g);
    return Array.from(names, ([name]) => name)
      .filter((name) => !files.includes(name))
      .map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});
