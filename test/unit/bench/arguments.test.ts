import { describe, expect, it } from 'vitest';
import { commandHelp } from '../../../cli/src/kit/help.ts';
import { parseOptions } from '../../../cli/src/kit/options.ts';
import { MEASUREMENTS, OPTIONS, parseArguments as parse } from '../../bench/arguments.ts';
import { command } from '../../bench/command.ts';
import { parseShape } from '../../bench/prepare.ts';
import { ARCHIVES } from '../../fixtures/allennlp.ts';

const parseArguments = (args: readonly string[]) => parse(parseOptions(args, OPTIONS));

describe('the arguments of npm run bench', () => {
  it('measure one thing on the 67M shape unless told otherwise', () => {
    expect(parseArguments(['cold'])).toEqual({
      measurements: ['cold'],
      model: '67m',
      provider: undefined,
      json: false,
      write: false,
      rounds: undefined,
      requests: 10_000,
      minutes: undefined,
      peers: {
        checkpoint: undefined,
        tei: undefined,
        python: 'python3',
        llama: undefined,
        base: undefined,
        basePackages: undefined,
        published: [],
        archives: ARCHIVES,
        quick: false,
        only: undefined,
      },
    });
  });

  it('measure peers on the shape of MiniLM unless a checkpoint is named', () => {
    expect(parseArguments(['peers']).model).toBe('22m');
    expect(parseArguments(['peers', '--checkpoint', import.meta.dirname])).toMatchObject({
      measurements: ['peers'],
      model: 'all-minilm-l6-v2',
      peers: { checkpoint: import.meta.dirname },
    });
  });

  it('measure tasks on the 22M shape unless told otherwise', () => {
    expect(parseArguments(['tasks']).model).toBe('22m');
    expect(parseArguments(['tasks', '--model', 'tiny']).model).toBe('tiny');
  });

  it('take "all" for every measurement that needs nothing but this repository', () => {
    const apart = ['gpu', 'peers', 'quality', 'allennlp', 'generate'];
    expect([...parseArguments(['all']).measurements, ...apart]).toEqual(MEASUREMENTS);
  });

  it('generate with models of real sizes, or with small ones for a quick run', () => {
    expect(parseArguments(['generate']).model).toBe('t5-60m,gpt2-124m,marian-74m,llama-135m');
    expect(parseArguments(['generate', '--quick']).model).toBe('t5-tiny,gpt2-tiny,marian-tiny,llama-tiny');
    expect(parseArguments(['generate', '--model', 't5-60m', '--python', 'python3.11'])).toMatchObject({
      model: 't5-60m',
      peers: { python: 'python3.11' },
    });
  });

  it('measure a GPU with two shapes, on the provider that is named', () => {
    expect(parseArguments(['gpu', '--provider', 'webgpu'])).toMatchObject({
      model: '110m,335m',
      provider: 'webgpu',
    });
    expect(() => parseArguments(['gpu', '--provider', 'tpu'])).toThrow(
      "--provider takes cuda, webgpu, cpu, not 'tpu'",
    );
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

  it.each([
    [
      ['fast'],
      /choose cold, warm, bulk, memory, batch, tasks, load, soak, streams, burst, gpu, peers, quality, all/,
    ],
    [['cold', 'warm'], /One measurement at a time/],
    [['--json'], /Say what to measure/],
    [['cold', '--round', '3'], /--round/],
    [['cold', '--rounds', '0'], /--rounds takes a whole number of at least 1, not "0"/],
    [['cold', '--rounds', 'many'], /not "many"/],
    [['streams', '--minutes', '0'], /--minutes takes a number above 0, not 0/],
    [['memory', '--requests', '1.5'], /--requests takes a whole number/],
  ])('refuse %j with what to write instead', (argv, reason) => {
    expect(() => parseArguments(argv)).toThrow(reason);
    expect(() => parseArguments(argv)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('refuse a model that is no shape, and name the shapes', () => {
    expect(parseShape('110m')).toBe('110m');
    expect(() => parseShape('7b')).toThrow('There is no shape 7b; choose tiny, 22m, 67m, 110m, 335m');
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
      '--quick',
      '--base',
      ...MEASUREMENTS,
    ]) {
      expect(commandHelp('pilotlight bench', command)).toContain(option);
    }
  });
});
