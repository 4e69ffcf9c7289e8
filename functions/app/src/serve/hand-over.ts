/** Requests that somebody else is to answer: how a handler says so, and what the client gets. */
import { type EngineError, type ModelRef, PilotlightError, parseModelRef } from '@pilotlight/engine';
import type { Context } from 'hono';
import { acceptedJob } from '../answer/accepted-job.ts';
import { HttpError } from '../answer/errors.ts';
import { passedOn } from '../answer/forwarded-answer.ts';
import type { HandedRequest, HandOver, HandOverOutcome, Preference } from './hand-over-port.ts';
import { noSuchModel } from './no-such-model.ts';
import type { ListedModel, ServingEngine } from './ports.ts';

/** Thrown where a call ends because this process should not answer it. It is no error, and no client sees it. */
export class HandedOver extends PilotlightError<'HANDED_OVER'> {
  override readonly name = 'HandedOver';
  readonly model: string;
  readonly servedHere: boolean;

  constructor(model: string, { servedHere }: { readonly servedHere: boolean }) {
    super('HANDED_OVER', `A call of ${model} is for the container.`);
    this.model = model;
    this.servedHere = servedHere;
  }
}

/** An engine that knows which of the models that it has no package of the container has. */
export function besideContainer(engine: ServingEngine, { models: remote }: HandOver): ServingEngine {
  const listed = async (): Promise<readonly ListedModel[]> => {
    const own = await engine.models();
    return [...own, ...remote.map((name) => ({ name, servedBy: 'container' as const }))];
  };
  const found = async <T>(ref: string | ModelRef, model: Promise<T>): Promise<T> => {
    try {
      return await model;
    } catch (error) {
      if (!PilotlightError.is(error) || error.code !== 'MODEL_NOT_FOUND') throw error;
      const { name } = typeof ref === 'string' ? parseModelRef(ref) : ref;
      if (remote.includes(name)) throw new HandedOver(name, { servedHere: false });
      const entries = await listed();
      if (entries.some((entry) => entry.name === name)) throw error;
      throw noSuchModel([...new Set(entries.map((entry) => entry.name))]);
    }
  };
  return {
    models: listed,
    model: (ref) => found(ref, engine.model(ref)),
    predictor: (ref) => found(ref, engine.predictor(ref)),
    predict: (...call) => engine.predict(...call),
    loaded: () => engine.loaded(),
    loadedPipelines: () => engine.loadedPipelines(),
  };
}

/** Whether what a handler threw is for somebody else to answer: there is no package, it is too much, or the client would not wait. */
export function isForOthers(error: unknown): error is HandedOver | EngineError {
  return error instanceof HandedOver || (PilotlightError.is(error) && error.code === 'TOO_MUCH_WORK');
}

/** What `Prefer` says of waiting; `respond-async` alone is not to wait. */
export function preferenceOf(headers: Headers): Preference | undefined {
  const preferences = (headers.get('prefer') ?? '')
    .toLowerCase()
    .split(/[,;]/)
    .map((part) => part.trim());
  if (!preferences.includes('respond-async')) return undefined;
  const wait = preferences
    .map((part) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(part)?.[1])
    .find((found) => found !== undefined);
  return { waitMs: 1000 * Number(wait ?? 0) };
}

/** The client's answer, where this process is not to give it after all; `reason` is what the handler threw. */
export async function answerOf(
  c: Context,
  outcome: Exclude<HandOverOutcome, { kind: 'here' }>,
  request: HandedRequest,
  reason: HandedOver | EngineError,
): Promise<Response> {
  if (outcome.kind === 'forwarded') return passedOn(c, request.model, outcome.response);
  if (outcome.kind === 'queued') {
    const response = acceptedJob(c, outcome.job);
    if (request.preference) response.headers.set('preference-applied', 'respond-async');
    return response;
  }
  throw reason instanceof HandedOver ? unavailable(request) : reason;
}

function unavailable({ model, method }: HandedRequest): HttpError {
  return method === 'GET'
    ? new HttpError(
        'NOT_READY',
        `Model ${model} is in the container, and none runs now. A prediction starts one: POST /models/${model}.`,
        { details: { model } },
      )
    : new HttpError(
        'CONTAINER_UNAVAILABLE',
        'The container does not answer, and there is no queue for a job.',
        { details: { model } },
      );
}
