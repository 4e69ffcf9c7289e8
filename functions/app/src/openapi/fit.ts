/**
 * The document leaves open what depends on the service until it is shown: parts that not every service has, and the models that
 * examples are sent to. `service/docs/fit-document.ts` settles both.
 */
import type { Ability } from '../serve/default-model.ts';

/** Marks a part of the document, or its schema, that is there only where the service has that. */
export const NEEDS = 'x-needs';
export type Need = 'jobs' | 'hand-over' | 'pipelines' | 'archives' | 'generation' | 'quotas';
export const needs = (need: Need) => ({ [NEEDS]: need });

/** Says, in an operation, which model its examples are sent to. */
export const SENT_TO = 'x-sent-to';
export interface SentTo {
  /** The abilities that the model may have; the first one that a model of the service has counts. */
  readonly abilities: readonly Ability[];
  /** Whether the path names no model, so that the default model answers. @default false */
  readonly byDefault?: boolean;
  /** The header that names the model where there is no default model. @default - there is none */
  readonly header?: string;
  /** The example of the body. @default - the one of the model's task, in the format of Hugging Face */
  readonly body?: object;
  /** The example of the body for a model of an archive, of the JSON of its predictor. @default - that JSON by itself */
  readonly predictors?: 'list' | 'tensor';
  /** Whether the body names the model, too. @default false */
  readonly bodyNamesModel?: boolean;
}
export const sentTo = (model: SentTo) => ({ [SENT_TO]: model });
