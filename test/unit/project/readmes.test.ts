/** The README of a package and its public API name the same things. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readPackages } from './rooms.ts';

const packages = readPackages();
const manifest = z.object({ exports: z.record(z.string(), z.string()) });

/** The files that a stranger can import from a package. */
function findEntries(folder: string): string[] {
  const { exports } = manifest.parse(JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')));
  return Object.entries(exports).flatMap(([name, path]) =>
    name.startsWith('./internal/') ? [] : join(folder, path),
  );
}

/** The names that a module exports, those that it takes from others by `export *` too. */
function findExports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .replace(/^\w+ as /, ''),
    ),
  );
  const declared = text.matchAll(
    /^export (?:abstract )?(?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm,
  );
  const passedOn = [...text.matchAll(/^export (?:type )?\* from '(\.[^']+)'/gm)].flatMap(([, path = '']) =>
    findExports(join(dirname(file), path)),
  );
  return [...listed, ...Array.from(declared, ([, name = '']) => name), ...passedOn].filter(
    (name) => name !== '',
  );
}

/** The code in the column of a table that lists exports, without parameters and members: `Engine`, `createApp`. */
function findNames(readme: string): string[] {
  const tables = readme.matchAll(/^\|(.*)\|\n\|[-| ]+\|\n((?:\|.*\n?)+)/gm);
  return Array.from(tables, ([, head = '', body = '']) => {
    const column = head.split('|').findIndex((cell) => /^(?:Name|Exports?)$/.test(cell.trim()));
    const rows = column < 0 ? [] : body.trimEnd().split('\n');
    return rows.map((row) => row.replaceAll('\\|', '/').split('|')[column + 1] ?? '');
  })
    .flat()
    .flatMap((cell) => Array.from(cell.matchAll(/`(\w+)[^`]*`/g), ([, name = '']) => name));
}

const libraries = packages.filter(({ name }) => name !== 'pilotlight');

it.each(libraries)('the README of $name lists names that the package exports, and no other', ({ folder }) => {
  const exported = new Set(findEntries(folder).flatMap(findExports));
  const listed = findNames(readFileSync(`${folder}/README.md`, 'utf8'));
  expect(listed.length).toBeGreaterThan(2);
  expect(listed.filter((name) => !exported.has(name))).toEqual([]);
});
