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

/**
 * The arrows that run back: against an order of the rooms that has few of them. Empty where, and only where, all arrows run one way.
 * The order is the heuristic of Eades, Lin and Smyth (1993): rooms that nothing imports come first, rooms that import nothing last, and
 * where there are only cycles, the room with most arrows out over arrows in comes next.
 */
export function findArrowsBack(arrows: readonly Arrow[]): Arrow[] {
  const left = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const [first, last]: [string[], string[]] = [[], []];
  while (left.size > 0) {
    const inside = arrows.filter(({ from, to }) => left.has(from) && left.has(to));
    const count = (room: string, end: 'from' | 'to'): number =>
      inside.filter((arrow) => arrow[end] === room).length;
    const rooms = [...left].sort();
    const sink = rooms.find((room) => count(room, 'from') === 0);
    const surplus = (room: string): number =>
      count(room, 'to') === 0 ? Number.POSITIVE_INFINITY : count(room, 'from') - count(room, 'to');
    const next = sink ?? rooms.reduce((best, room) => (surplus(room) > surplus(best) ? room : best));
    if (sink === undefined) first.push(next);
    else last.unshift(next);
    left.delete(next);
  }
  const place = new Map([...first, ...last].map((room, i) => [room, i]));
  return arrows.filter(({ from, to }) => (place.get(from) ?? 0) > (place.get(to) ?? 0));
}
