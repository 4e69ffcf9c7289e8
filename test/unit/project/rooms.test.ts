/** The reader of the plans itself, on packages that are made up. */
import { expect, it } from 'vitest';
import { type Arrow, drawPlan, findArrowsOnCycles } from './rooms.ts';

const arrow = (from: string, to: string): Arrow => ({ from, to, imports: `${from}/a.ts -> ${to}/b.ts` });

it('finds no cycle where arrows run one way, by several ways to one room too', () => {
  expect(findArrowsOnCycles([arrow('a', 'b'), arrow('b', 'c'), arrow('a', 'c')])).toEqual([]);
});

it('finds every arrow of a cycle, however long it is, and no other', () => {
  const cycle = [arrow('a', 'b'), arrow('b', 'c'), arrow('c', 'a')];
  expect(findArrowsOnCycles([arrow('x', 'a'), ...cycle, arrow('c', 'y')])).toEqual(cycle);
});

it('reads the rooms of the engine, and that its batches use its mathematics', () => {
  const { rooms, arrows } = drawPlan({ name: '@pilotlight/engine', folder: 'layers/engine' });
  expect(rooms).toEqual(expect.arrayContaining(['engine.ts', 'math', 'tasks']));
  expect(rooms).not.toContain('index.ts');
  expect(arrows).toContainEqual(expect.objectContaining({ from: 'tasks', to: 'math' }));
});
