/** The reader of the plans itself, on packages that are made up. */
import { expect, it } from 'vitest';
import { type Arrow, drawPlan, findArrowsBack } from './rooms.ts';

const arrow = (from: string, to: string): Arrow => ({ from, to, imports: `${from}/a.ts -> ${to}/b.ts` });

it('no arrow runs back where all run one way, by several ways to one room too', () => {
  expect(findArrowsBack([arrow('a', 'b'), arrow('b', 'c'), arrow('a', 'c')])).toEqual([]);
});

it('one arrow of a cycle runs back, however long it is: the one beside which there are most others', () => {
  const forth = [arrow('a', 'b'), arrow('a', 'b'), arrow('b', 'c'), arrow('b', 'c')];
  const back = arrow('c', 'a');
  expect(findArrowsBack([arrow('x', 'a'), ...forth, back, arrow('c', 'y')])).toEqual([back]);
});

it('the plan of a package reads the rooms of the engine, and that its batches use its mathematics', () => {
  const { rooms, arrows } = drawPlan({ name: '@pilotlight/engine', folder: 'layers/engine' });
  expect(rooms).toEqual(expect.arrayContaining(['engine.ts', 'math', 'tasks']));
  expect(rooms).not.toContain('index.ts');
  expect(arrows).toContainEqual(expect.objectContaining({ from: 'tasks', to: 'math' }));
});
