import { describe, expect, it } from 'vitest';
import { HELP, MEASUREMENTS, parseArguments } from '../../bench/arguments.ts';
import { shapeOf } from '../../bench/prepare.ts';

describe('the arguments of npm run bench', () => {
  it('measure one thing on the 67M shape unless told otherwise', () => {
    expect(parseArguments(['cold'])).toEqual({
      help: false,
      measurements: ['cold'],
      model: '67m',
      json: false,
      write: false,
      requests: 10_000,
      minutes: 10,
    });
  });

  it('measure tasks on the 22M shape unless told otherwise', () => {
    expect(parseArguments(['tasks']).model).toBe('22m');
    expect(parseArguments(['tasks', '--model', 'tiny']).model).toBe('tiny');
  });

  it('take "all" for every measurement but that of a GPU', () => {
    expect([...parseArguments(['all']).measurements, 'gpu']).toEqual(MEASUREMENTS);
  });

  it('measure a GPU with two shapes, on the provider that is named', () => {
    expect(parseArguments(['gpu', '--provider', 'webgpu'])).toMatchObject({
      model: '110m,335m',
      provider: 'webgpu',
    });
    expect(() => parseArguments(['gpu', '--provider', 'tpu'])).toThrow('cuda, webgpu or cpu, not tpu');
    expect(() => parseArguments(['cold', '--provider', 'cpu'])).toThrow('--provider is for gpu');
  });

  it('take cold --lambda for the cold start in local Lambda, and for nothing else', () => {
    expect(parseArguments(['cold', '--lambda']).measurements).toEqual(['lambda']);
    expect(() => parseArguments(['warm', '--lambda'])).toThrow('--lambda is for cold');
  });

  it('take options before and after the measurement, and the model in any case', () => {
    const options = parseArguments([
      '--json',
      'bulk',
      '--model',
      '22M',
      '--rounds',
      '3',
      '--write',
      '--requests=500',
    ]);
    expect(options).toMatchObject({ model: '22m', rounds: 3, json: true, write: true, requests: 500 });
  });

  it.each([[[]], [['--help']], [['-h', 'cold']]])('ask for help by %j', (argv) => {
    expect(parseArguments(argv).help).toBe(true);
  });

  it.each([
    [['fast'], /choose cold, warm, bulk, memory, batch, tasks, load, soak, gpu, all/],
    [['cold', 'warm'], /one measurement at a time/],
    [['--json'], /say what to measure/],
    [['cold', '--round', '3'], /--round/],
    [['cold', '--rounds', '0'], /--rounds takes a whole number from 1, not 0/],
    [['cold', '--rounds', 'many'], /not many/],
    [['soak', '--minutes', '0'], /--minutes takes a number above 0, not 0/],
    [['memory', '--requests', '1.5'], /--requests takes a whole number/],
  ])('refuse %j with what to write instead', (argv, reason) => {
    expect(() => parseArguments(argv)).toThrow(reason);
    expect(() => parseArguments(argv)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it('refuse a model that is no shape, and name the shapes', () => {
    expect(shapeOf('110m')).toBe('110m');
    expect(() => shapeOf('7b')).toThrow('there is no shape 7b; choose tiny, 22m, 67m, 110m, 335m');
  });

  it('are all in the help', () => {
    for (const option of [
      '--model',
      '--rounds',
      '--requests',
      '--minutes',
      '--json',
      '--write',
      '--help',
      '--lambda',
      ...MEASUREMENTS,
    ]) {
      expect(HELP).toContain(option);
    }
  });
});
