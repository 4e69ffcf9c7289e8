/** What keeps the house a house: few rooms, arrows that run one way, one home for each concept, no leftovers. */
import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { drawPlan, findArrowsBack, readPackages } from './rooms.ts';
import { sourceFiles, writtenFiles } from './tracked-files.ts';

const MOST_ROOMS = 12;
/** The packages that were flat lists once. */
const ROOMY = ['functions/app', 'infra/constructs', 'layers/engine', 'model-assets/format'];

const packages = readPackages();

it.each(packages.filter(({ folder }) => ROOMY.includes(folder)))(
  'the package $name has at most a dozen rooms at the top of its sources',
  (workspace) => {
    const { rooms } = drawPlan(workspace);
    expect(rooms.length, rooms.join(', ')).toBeLessThanOrEqual(MOST_ROOMS);
  },
);

it.each(packages)('the imports between the rooms of the package $name run one way', (workspace) => {
  const back = findArrowsBack(drawPlan(workspace).arrows);
  expect(back.map(({ imports }) => imports)).toEqual([]);
});

/** Lines of files with what matches, as `file:line: text`. */
function findLines(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? `${file}:${i + 1}: ${line.trim()}` : [])),
  );
}

const isOurs = (file: string): boolean =>
  !file.startsWith('test/unit/project/') && !file.endsWith('CHANGELOG.md');

test.each([
  ['an exception that carries who answers', /\bHandedOver\b|\bbesideContainer\b|\bstayHere\b/],
  ['a second kind of model beside LoadedModel', /\bisPipeline\b|\bloadedPipelines\b|\bPipelineManifest\b/],
  [
    'another name of the long-lived server',
    /\bPILOTLIGHT_CONTAINER\b|\bCONTAINER_UNAVAILABLE\b|\bgpu-server\b|\bGpuBackend\b|\bEcsManagedInstancesBackend\b/,
  ],
])('no file has a leftover of %s', (_, pattern) => {
  expect(findLines(writtenFiles().filter(isOurs), pattern)).toEqual([]);
});

test('the name@version of a model is taken apart in the format package alone', () => {
  const others = sourceFiles().filter((file) => isOurs(file) && !file.startsWith('model-assets/format/src/'));
  expect(findLines(others, /\.(?:split|indexOf|lastIndexOf|partition)\((['"`])@\1/)).toEqual([]);
});

test('the price of a vCPU in memory, 1,769 MB, is written in one source file', () => {
  const sources = sourceFiles().filter((file) => isOurs(file) && !file.startsWith('test/'));
  const files = new Set(
    findLines(sources, /^(?!\s*(?:\*|\/\/|\/\*)).*\b1_?769\b/).map((line) => line.split(':')[0]),
  );
  expect([...files]).toEqual([expect.any(String)]);
});
