/** An engine of models that generate, by a rule instead of by weights, so that a test of the HTTP layer is about the HTTP layer. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EngineError, parseModelRef } from '@pilotlight/engine';
import type {
  FinishReason,
  GeneratedSequence,
  GeneratedToken,
  Generation,
  GenerationEvent,
} from '@pilotlight/engine/internal/predict/generation';
import type { GenerationManifest } from '@pilotlight/model-format';
import type { ServingEngine } from '../../../functions/app/src/serve/ports.ts';
import { generationManifestOf } from '../format/generation-manifest.ts';

/** What every text is: each a token, and one for the end. */
export const WORDS = [' One', ' two', ' three', ' four', ' five'];
const EOS = { id: 2, text: '</s>', special: true };

const OWN: readonly Pick<GenerationManifest, 'name' | 'task'>[] = [
  { name: 'gpt', task: 'text-generation' },
  { name: 'choosy', task: 'text-generation' },
  { name: 'sums', task: 'summarization' },
  { name: 'marian', task: 'translation' },
  { name: 'frames', task: 'text2text-generation' },
];

const MODELS: Readonly<Record<string, GenerationManifest>> = Object.fromEntries(
  OWN.map(({ name, task }) => {
    const {
      decoder: { cross, ...decoder },
      generation,
    } = generationManifestOf();
    return [
      name,
      generationManifestOf({
        name,
        task,
        ...(task === 'text-generation' && { decoder }),
        ...(name === 'choosy' && { generation: { ...generation, defaults: { top_k: 4 } } }),
      }),
    ];
  }),
);

export interface GeneratorCall {
  readonly model: string;
  readonly inputs: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface FakeGeneratorOptions {
  /** Waits before the token of that number, from 0. @default - nothing is waited for */
  readonly before?: (index: number) => unknown;
}

export interface FakeGenerator extends ServingEngine {
  readonly calls: readonly GeneratorCall[];
  /** Calls that have begun and are not over. */
  readonly running: number;
}

const timings = { tokenizeMs: 0.25, queueMs: 0, inferMs: 20, postprocessMs: 0 };

export function fakeGenerator({ before = () => undefined }: FakeGeneratorOptions = {}): FakeGenerator {
  const calls: GeneratorCall[] = [];
  let running = 0;
  const model = async (ref: string | { name: string }) => {
    const { name } = typeof ref === 'string' ? parseModelRef(ref) : ref;
    const manifest = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
    if (manifest) return { manifest, variantName: 'int8' };
    const models = Object.keys(MODELS);
    throw new EngineError('MODEL_NOT_FOUND', `There is no model named ${name}.`, { details: { models } });
  };
  const predictionOf = (name: string, generations: readonly Generation[]) => ({
    timings,
    tokens: {
      total: generations.reduce(
        (sum, { promptTokens, sequences }) =>
          sum + promptTokens + sequences.reduce((tokens, sequence) => tokens + sequence.tokens.length, 0),
        0,
      ),
      padded: 0,
      truncated: 0,
    },
    truncated: generations.map(() => 0),
    model: { name, version: '1.0.0', variant: 'int8' },
    decoding: generations.map(({ sequences: [{ tokens }] }) => ({
      queueMs: 1,
      prefillMs: 5,
      decodeMs: 10 * (tokens.length - 1),
      steps: tokens.length,
      prefixTokens: 0,
    })),
  });
  async function* events(
    call: GeneratorCall,
    input: unknown,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerationEvent, undefined> {
    const { num_return_sequences: count = 1, seed } = call.parameters;
    const sequences: GeneratedSequence[] = [];
    for (let sequence = 0; sequence < Number(count); sequence++) {
      const tokens: GeneratedToken[] = [];
      let [text, finishReason]: [string, FinishReason] = ['', 'cancelled'];
      for (const { token, shown, finish } of tokensOf(call.parameters, sequence)) {
        await before(tokens.length);
        if (signal?.aborted) break;
        tokens.push(token);
        text += shown;
        if (finish) finishReason = finish;
        yield { kind: 'token', sequence, token, text: shown, ...(finish && { finish }) };
      }
      const score = tokens.reduce((sum, { logprob }) => sum + logprob, 0);
      sequences.push({ text, finishReason, score, tokens });
    }
    const [first, ...others] = sequences;
    if (!first) throw new EngineError('SESSION_FAILED', 'There is no sequence.');
    const generation: Generation = {
      sequences: [first, ...others],
      promptTokens: promptOf(input).length,
      ...(call.parameters.prompt_logprobs === true && { prompt: promptOf(input) }),
      ...(call.parameters.do_sample === true && { seed: typeof seed === 'number' ? seed : 42 }),
    };
    yield { kind: 'end', generation, prediction: predictionOf(call.model, [generation]) };
  }
  async function* counted(...call: Parameters<typeof events>): AsyncGenerator<GenerationEvent, undefined> {
    running += 1;
    try {
      yield* events(...call);
    } finally {
      running -= 1;
    }
  }
  return {
    calls,
    get running() {
      return running;
    },
    models: async () =>
      Object.values(MODELS).map((manifest) => ({ name: manifest.name, version: manifest.version, manifest })),
    loaded: () => [],
    model,
    predictor: async (ref) => {
      const { manifest } = await model(typeof ref === 'string' ? ref : ref);
      throw new EngineError('TASK_UNSUPPORTED', `Model ${manifest.name} has no tokens.`);
    },
    prepare: async (ref, inputs, parameters) => {
      const name = typeof ref === 'string' ? ref : ref.name;
      const call = { model: name, inputs, parameters: { ...Object(parameters) } };
      calls.push(call);
      const list: unknown[] = Array.isArray(inputs) ? inputs : [inputs];
      for (const input of list) promptOf(input);
      return {
        tokens: list.length,
        estimatedMs: 0,
        run: async (options) => {
          const generations: Generation[] = [];
          for (const input of list) {
            for await (const event of counted(call, input, options?.signal)) {
              if (event.kind === 'end') generations.push(event.generation);
              else await nextTurn();
            }
          }
          return { results: generations, ...predictionOf(name, generations) };
        },
        ...(list.length === 1 && {
          stream: (options) => counted(call, list[0], options?.signal),
        }),
      };
    },
  };
}

/** A token for each word of the prompt. */
function promptOf(input: unknown): readonly GeneratedToken[] {
  const { text, messages, ids }: { text?: unknown; messages?: unknown; ids?: unknown } = Object(input);
  const prompt = typeof input === 'string' ? input : text;
  const words = typeof prompt === 'string' ? prompt.split(/(?= )/) : (messages ?? ids);
  if (!Array.isArray(words)) {
    throw new EngineError('INVALID_INPUT', 'inputs: must be a text.', { details: { field: 'inputs' } });
  }
  return words.map((word: unknown, id) => ({
    id,
    text: typeof word === 'string' ? word : '',
    logprob: -1,
    special: false,
  }));
}

interface Told {
  readonly token: GeneratedToken;
  readonly shown: string;
  readonly finish?: FinishReason;
}

/** Sequence 0 says the words, sequence 1 those from the second on, and is more likely by its tokens. */
function tokensOf(parameters: GeneratorCall['parameters'], sequence: number): readonly Told[] {
  const { max_new_tokens: most = WORDS.length + 1, stop_strings: stops = [], top_n_tokens } = parameters;
  const words = WORDS.slice(sequence).map((text, place) => ({
    id: 10 + sequence + place,
    text,
    special: false,
  }));
  const told: Told[] = [];
  let held = '';
  for (const [place, word] of [...words, EOS].slice(0, Number(most)).entries()) {
    const token: GeneratedToken = {
      ...word,
      logprob: -0.5 / (sequence + 1),
      ...(top_n_tokens !== undefined && { top: [{ id: 9, text: ' other', logprob: -2, special: false }] }),
    };
    held += word.special ? '' : word.text;
    const list: unknown[] = Array.isArray(stops) ? stops : [];
    const stop = list.find((text) => typeof text === 'string' && held.includes(text));
    const isHeld = list.some((text) => typeof text === 'string' && mayBecome(held, text));
    const isLast = place + 1 === Number(most) || word.special;
    const finish =
      stop !== undefined ? 'stop_sequence' : isLast ? (word.special ? 'eos_token' : 'length') : undefined;
    const end = typeof stop === 'string' ? held.indexOf(stop) + stop.length : held.length;
    const shown = finish || !isHeld ? held.slice(0, end) : '';
    if (shown !== '') held = '';
    told.push({ token, shown, ...(finish && { finish }) });
    if (finish) break;
  }
  return told;
}

function mayBecome(held: string, stop: string): boolean {
  for (let length = Math.min(held.length, stop.length); length > 0; length--) {
    if (held.endsWith(stop.slice(0, length))) return true;
  }
  return false;
}
