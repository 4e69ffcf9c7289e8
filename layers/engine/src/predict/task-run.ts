/** Runs a task on a list of inputs: the requests of each, one run of all of them, and the result of each. */

import type { Reading } from '@pilotlight/model-format/drift';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Inference, RunOptions } from '../batching/batch-runner.ts';
import type { TokenLimits } from '../batching/token-limits.ts';
import type { TaskContext, TokenRequest, TokenResult } from '../ports.ts';
import type { AnyTask } from '../tasks/index.ts';
import type { CommonParameters } from '../tasks/parameters.ts';
import { InputError } from '../tasks/refusals.ts';
import { Slices } from '../tokenizer/slices.ts';
import { AnswerSize } from './answer-size.ts';
import { CharacterCount } from './character-limits.ts';
import { joinReading, NO_ANSWER, readText } from './readings/read-text.ts';

export interface TaskRun {
  readonly task: AnyTask;
  readonly parameters: CommonParameters;
  readonly context: Omit<TaskContext, 'giveWay'>;
  /** Whether the inputs came as a list: errors then name an input by its place in it. @default false */
  readonly listed?: boolean | undefined;
  /** Is told of an input that cannot be answered. @default - the first error ends the whole run */
  readonly refuse?: ((input: number, error: EngineError) => void) | undefined;
  /** How much the call may make the model read. @default - as much as the model takes */
  readonly limits?: TokenLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly infer: (requests: readonly TokenRequest[], options: RunOptions) => Promise<Inference>;
  /** Reads what is counted of texts and answers. @default - nothing is counted */
  readonly readings?: { readonly unknownId: number | undefined } | undefined;
}

export interface TaskResults {
  /** One for each input; nothing for one that was refused. */
  readonly results: readonly unknown[];
  /** Tokens that were cut off each input. */
  readonly truncated: readonly number[];
  readonly inference: Inference;
  readonly postprocessMs: number;
  /** One for each input that was answered, where they are to be read. */
  readonly readings?: readonly Reading[];
}

/** A task that has begun: the requests that the model is to run, and the way from its outputs to results. */
export interface BegunTask {
  readonly requests: readonly TokenRequest[];
  readonly options: RunOptions;
  /** Makes the results from the outputs that the model gave for `requests`. @throws the reason of an aborted `signal` */
  finish(inference: Inference, signal: AbortSignal | undefined): Promise<TaskResults>;
}

/** Begins a task, has the model infer, and makes the results. */
export async function runTask(inputs: readonly unknown[], run: TaskRun): Promise<TaskResults> {
  const { requests, options, finish } = beginTask(inputs, run);
  return finish(await run.infer(requests, options), run.signal);
}

/** `inputs` have gone through the schema of the task; nothing stands for one that was refused before. */
export function beginTask(inputs: readonly unknown[], run: Omit<TaskRun, 'infer' | 'signal'>): BegunTask {
  const { task, parameters, limits } = run;
  let slices = new Slices();
  const context: TaskContext = { ...run.context, giveWay: () => slices.giveWay() };
  const characters = limits && new CharacterCount(limits);
  const refused = new Set<number>();
  const refuse = (input: number, error: unknown): void => {
    // Too many tokens are the fault of the whole call.
    if (!(error instanceof EngineError) || error.code === 'TOO_MANY_TOKENS') throw error;
    if (!run.refuse) throw run.listed && error instanceof InputError ? error.inList(input) : error;
    refused.add(input);
    run.refuse(input, error);
  };

  const requests = inputs.map((input, index) => {
    if (input === undefined) return [];
    const own: TokenRequest[] = [];
    try {
      for (const request of task.requests(input, parameters, context)) {
        characters?.add(request, index);
        own.push(request);
      }
    } catch (error) {
      refuse(index, error);
      return [];
    }
    return own;
  });
  const inputOf = requests.flatMap((own, index) => own.map(() => index));
  const answer = new AnswerSize(limits?.maxAnswerBytes);
  const keep = (window: TokenResult): TokenResult => {
    const kept = window.pooled ? window : (task.condense?.(window, parameters, context) ?? window);
    if (task.answersOutputs) answer.addOutputs(kept);
    return kept;
  };
  const options: RunOptions = {
    truncate: parameters.truncate,
    truncationDirection: parameters.truncation_direction,
    alignment: task.alignment,
    inputOf,
    listed: run.listed ?? false,
    pooling: task.pooling?.(parameters, context),
    condense: keep,
    refuse: run.refuse && ((request, error) => refuse(inputOf[request] ?? 0, error)),
  };
  const finish = async (inference: Inference, signal: AbortSignal | undefined): Promise<TaskResults> => {
    const start = performance.now();
    slices = new Slices(signal);
    let next = 0;
    const results: unknown[] = [];
    const readings: Reading[] | undefined = run.readings && [];
    // One after the other, because a result may call the tokenizer many times, and other requests go between those calls.
    for (const [index, input] of inputs.entries()) {
      await context.giveWay();
      const own = inference.results.slice(next, next + (requests[index]?.length ?? 0));
      next += own.length;
      try {
        const answerable = input !== undefined && !refused.has(index);
        const result = answerable ? await task.result(input, own, parameters, context) : undefined;
        if (!task.answersOutputs) answer.addResult(result);
        results.push(result);
        if (answerable && run.readings) {
          const text = readText(requests[index]?.[0], own[0]?.[0]?.encoding, run.readings.unknownId);
          if (text) readings?.push(joinReading(text, task.reading?.(result, own, context) ?? NO_ANSWER));
        }
      } catch (error) {
        refuse(index, error);
        results.push(undefined);
      }
    }
    const truncated: number[] = inputs.map(() => 0);
    for (const [request, cut] of inference.truncated.entries()) {
      const input = inputOf[request] ?? 0;
      truncated[input] = (truncated[input] ?? 0) + cut;
    }
    return {
      results,
      truncated,
      inference,
      postprocessMs: performance.now() - start,
      ...(readings && { readings }),
    };
  };
  return { requests: requests.flat(), options, finish };
}
