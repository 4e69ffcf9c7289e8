/**
 * The revision gate: a custom resource of CloudFormation between a new revision of a web function and the endpoint that clients
 * call. It succeeds once the models of the revision answer as their goldens say; where it fails, CloudFormation rolls back, and
 * the endpoint keeps the revision that it has.
 */
import type { Logger } from '@aws-lambda-powertools/logger';
import { GOLDEN_REPORT_PATH } from '@pilotlight/app/internal/aws/golden-report';
import { pause } from '@pilotlight/app/internal/aws/pause';
import type { FetchSigned } from '@pilotlight/app/internal/aws/signed-fetch';
import { type Check, type Envelope, parseCheck, parseEnvelope } from './event.ts';
import { type Fault, judge } from './verdict.ts';

export interface GateDependencies {
  /** Asks the endpoint of the new revision. */
  readonly ask: FetchSigned;
  readonly logger: Logger;
  /** Milliseconds between two tries. @default 5000 */
  readonly pauseMs?: number;
}

/** The part of Lambda's context that the gate reads. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** The time that is kept for the answer to CloudFormation. */
const CLOSING_MS = 30_000;
const REPORT_ATTEMPTS = 5;
/** CloudFormation reads answers of up to 4,096 bytes. */
const LONGEST_REASON = 1000;

/** @throws RevisionGateError INVALID_EVENT; what the network said where CloudFormation could not be told. */
export function createHandler({ ask, logger, pauseMs = 5000 }: GateDependencies) {
  return async (event: unknown, context: LambdaContext): Promise<void> => {
    const envelope = parseEnvelope(event);
    const end = Date.now() + Math.max(0, context.getRemainingTimeInMillis() - CLOSING_MS);
    const reason = await check(event, end);
    await report(envelope, reason, pauseMs);
  };

  /** Why the revision may have no traffic; nothing where it may. */
  async function check(event: unknown, end: number): Promise<string | undefined> {
    try {
      const asked = parseCheck(event);
      if (!asked) return undefined;
      const fault = await askUntil(asked, end);
      const { RevisionId: revisionId } = asked;
      if (fault) logger.error(fault.message, { revisionId });
      else logger.info('The new revision answers as its goldens say', { revisionId });
      return fault?.message;
    } catch (error) {
      logger.error('The new revision could not be checked', { error });
      return `The new revision could not be checked: ${messageOf(error)}`;
    }
  }

  /** Asks again where a try may yet succeed: a new domain takes a while to be known, and an environment to start. */
  async function askUntil(asked: Check, end: number): Promise<Fault | undefined> {
    for (;;) {
      const fault = await askOnce(asked, end);
      if (!fault?.again || Date.now() + pauseMs >= end) return fault;
      logger.info('The new revision is asked again', { reason: fault.message });
      await pause(pauseMs);
    }
  }

  async function askOnce(asked: Check, end: number): Promise<Fault | undefined> {
    const url = new URL(GOLDEN_REPORT_PATH, `https://${asked.Domain}`);
    try {
      const answer = await ask(url, AbortSignal.timeout(Math.max(1, end - Date.now())));
      return judge(answer.status, await answer.text(), asked);
    } catch (error) {
      return { message: `The new revision cannot be reached: ${messageOf(error)}`, again: true };
    }
  }
}

async function report(envelope: Envelope, reason: string | undefined, pauseMs: number): Promise<void> {
  const { ResponseURL: url, StackId, RequestId, LogicalResourceId } = envelope;
  const body = JSON.stringify({
    Status: reason === undefined ? 'SUCCESS' : 'FAILED',
    Reason: reason?.slice(0, LONGEST_REASON),
    PhysicalResourceId: LogicalResourceId,
    StackId,
    RequestId,
    LogicalResourceId,
  });
  for (let attempt = 1; ; attempt++) {
    try {
      const { ok, status } = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } });
      if (ok) return;
      throw new TypeError(`CloudFormation's address answers ${status}`);
    } catch (error) {
      if (attempt === REPORT_ATTEMPTS) throw error;
      await pause(pauseMs);
    }
  }
}

/** `fetch` says "fetch failed", and the reason in its cause. */
function messageOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new TypeError(String(error));
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
