import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { projectFiles } from './tracked-files.ts';

const names = z.record(z.string(), z.string()).default({});
const packageJson = z.object({
  name: z.string(),
  version: z.string(),
  workspaces: z.array(z.string()).default([]),
  dependencies: names,
  devDependencies: names,
  peerDependencies: names,
});
const read = (folder: string) =>
  packageJson.parse(JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')));

const root = read('.');
const packages = root.workspaces.map((folder) => ({ folder, ...read(folder) }));
const ours = new Set(packages.map(({ name }) => name));
/** Files of an app that `pilotlight init` writes are no sources of the command: that app has a package.json of its own. */
const TEMPLATES = 'cli/templates/';
const sources = projectFiles().filter((file) => file.endsWith('.ts') && !file.startsWith(TEMPLATES));

describe.each(packages)('the package $name', ({ folder, name, version, dependencies, peerDependencies }) => {
  it('declares every package of ours that its sources import, and no other', () => {
    const imported = new Set<string>();
    for (const file of sources.filter((source) => source.startsWith(`${folder}/`))) {
      const text = readFileSync(file, 'utf8');
      for (const [, specifier = ''] of text.matchAll(
        /(?:from|import\()\s*'((?:@pilotlight\/[\w-]+|pilotlight)(?=['/]))/g,
      ))
        imported.add(specifier);
    }
    imported.delete(name);
    const declared = Object.keys({ ...dependencies, ...peerDependencies }).filter((dependency) =>
      ours.has(dependency),
    );
    expect([...imported].sort()).toEqual(declared.sort());
  });

  it('has the version of the workspace, and asks for it of the packages beside it', () => {
    expect(version).toBe(root.version);
    for (const [dependency, wanted] of Object.entries(dependencies))
      if (ours.has(dependency)) expect(wanted, dependency).toBe(root.version);
  });

  it('asks for the versions of other packages that the workspace is tested with', () => {
    const tested = { ...root.devDependencies, ...root.dependencies };
    for (const [dependency, wanted] of Object.entries(dependencies))
      if (dependency in tested) expect(wanted, dependency).toBe(tested[dependency]);
  });
});
