/** The rooms of a package, which are the files and folders at the top of its `src`, and the imports between them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { projectFiles } from './tracked-files.ts';

/** Workspaces by the name of their package. */
export function readPackages(): { readonly name: string; readonly folder: string }[] {
  const root = z
    .object({ workspaces: z.array(z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  return root.workspaces.map((folder) => {
    const text = readFileSync(`${folder}/package.json`, 'utf8');
    return { folder, name: z.object({ name: z.string() }).parse(JSON.parse(text)).name };
  });
}

/** `index.ts` is the door of a package, no room of it. Decision records lie beside the rooms that they govern. */
const isDoor = (room: string): boolean => room === 'index.ts';

export interface Plan {
  readonly rooms: readonly string[];
  readonly arrows: readonly Arrow[];
}

/** One file imports another one in another room. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** The two files, below `src`. */
  readonly imports: string;
}

/** Reads a package: imports by a relative path, by the name of the package itself, static or dynamic, of values or types. */
export function drawPlan({ name, folder }: { readonly name: string; readonly folder: string }): Plan {
  const source = `${folder}/src/`;
  const files = projectFiles().filter((file) => file.startsWith(source) && file.endsWith('.ts'));
  const roomOf = (file: string): string => file.slice(source.length).split('/')[0] ?? '';
  const arrows = files.flatMap((file) =>
    findImports(readFileSync(file, 'utf8'), name).flatMap((specifier): Arrow[] => {
      const target = specifier.startsWith('.') ? join(dirname(file), specifier) : source + specifier;
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!target.startsWith(source) || from === to) return [];
      return [{ from, to, imports: `${file.slice(source.length)} -> ${target.slice(source.length)}` }];
    }),
  );
  return { rooms: [...new Set(files.map(roomOf))].filter((room) => !isDoor(room)).sort(), arrows };
}

/** What stands behind `from` and in `import(...)`: relative paths as they are, the package's own ones as a path below `src`. */
function findImports(text: string, name: string): string[] {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm);
  return Array.from(specifiers, ([, specifier = '']) => specifier).flatMap((specifier) => {
    if (specifier.startsWith('.')) return specifier;
    if (specifier === name) return 'index.ts';
    const own = `${name}/internal/`;
    return specifier.startsWith(own) ? `${specifier.slice(own.length)}.ts` : [];
  });
}

/** The arrows that lead from a room into one from which there is a way back. Empty where all arrows run one way. */
export function findArrowsOnCycles(arrows: readonly Arrow[]): Arrow[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reaches = (start: string, goal: string): boolean => {
    const seen = new Set([start]);
    const open = [start];
    for (let room = open.pop(); room !== undefined; room = open.pop()) {
      if (room === goal) return true;
      for (const further of next.get(room) ?? []) if (!seen.has(further)) open.push(further);
      for (const further of next.get(room) ?? []) seen.add(further);
    }
    return false;
  };
  return arrows.filter(({ from, to }) => reaches(to, from));
}
