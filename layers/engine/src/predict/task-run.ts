/** Runs a task on a list of inputs: the requests of each, one run of all of them, and the result of each. */

import { EngineError } from '@pilotlight/model-format/errors';
import type { Inference, RunOptions } from '../batching/batch-runner.ts';
import type { TaskContext, TokenRequest, TokenResult } from '../ports.ts';
import type { AnyTask } from '../tasks/index.ts';
import type { CommonParameters } from '../tasks/parameters.ts';
import { InputError } from '../tasks/refusals.ts';
import { AnswerSize } from './answer-size.ts';

export interface TaskRun {
  readonly task: AnyTask;
  readonly parameters: CommonParameters;
  readonly context: TaskContext;
  /** Whether the inputs came as a list: errors then name an input by its place in it. @default false */
  readonly listed?: boolean | undefined;
  /** Bytes of the answer as JSON, about. @default - any number */
  readonly maxAnswerBytes?: number | undefined;
  /** Is told of an input that cannot be answered. @default - the first error ends the whole run */
  readonly refuse?: ((input: number, error: EngineError) => void) | undefined;
  readonly infer: (requests: readonly TokenRequest[], options: RunOptions) => Promise<Inference>;
}

export interface TaskResults {
  /** One for each input; nothing for one that was refused. */
  readonly results: readonly unknown[];
  /** Tokens that were cut off each input. */
  readonly truncated: readonly number[];
  readonly inference: Inference;
  readonly postprocessMs: number;
}

/** A task that has begun: the requests that the model is to run, and the way from its outputs to results. */
export interface BegunTask {
  readonly requests: readonly TokenRequest[];
  readonly options: RunOptions;
  /** Makes the results from the outputs that the model gave for `requests`. */
  finish(inference: Inference): Promise<TaskResults>;
}

/** Begins a task, has the model infer, and makes the results. */
export async function runTask(inputs: readonly unknown[], run: TaskRun): Promise<TaskResults> {
  const { requests, options, finish } = beginTask(inputs, run);
  return finish(await run.infer(requests, options));
}

/** `inputs` have gone through the schema of the task; nothing stands for one that was refused before. */
export function beginTask(inputs: readonly unknown[], run: Omit<TaskRun, 'infer'>): BegunTask {
  const { task, parameters, context } = run;
  const refused = new Set<number>();
  const refuse = (input: number, error: unknown): void => {
    if (!(error instanceof EngineError)) throw error;
    if (!run.refuse) throw run.listed && error instanceof InputError ? error.inList(input) : error;
    refused.add(input);
    run.refuse(input, error);
  };

  const requests = inputs.map((input, index) => {
    if (input === undefined) return [];
    try {
      return task.requests(input, parameters, context);
    } catch (error) {
      refuse(index, error);
      return [];
    }
  });
  const inputOf = requests.flatMap((own, index) => own.map(() => index));
  const answer = new AnswerSize(run.maxAnswerBytes);
  const keep = (window: TokenResult): TokenResult => {
    const kept = task.condense?.(window, parameters, context) ?? window;
    if (task.answersOutputs) answer.addOutputs(kept);
    return kept;
  };
  const options: RunOptions = {
    truncate: parameters.truncate,
    truncationDirection: parameters.truncation_direction,
    alignment: task.alignment,
    inputOf,
    condense: keep,
    refuse: run.refuse && ((request, error) => refuse(inputOf[request] ?? 0, error)),
  };
  const finish = async (inference: Inference): Promise<TaskResults> => {
    const start = performance.now();
    let next = 0;
    const results: unknown[] = [];
    // One after the other, because a result may call the tokenizer many times, and other requests go between those calls.
    for (const [index, input] of inputs.entries()) {
      const own = inference.results.slice(next, next + (requests[index]?.length ?? 0));
      next += own.length;
      try {
        const answerable = input !== undefined && !refused.has(index);
        const result = answerable ? await task.result(input, own, parameters, context) : undefined;
        if (!task.answersOutputs) answer.addResult(result);
        results.push(result);
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
    };
  };
  return { requests: requests.flat(), options, finish };
}
