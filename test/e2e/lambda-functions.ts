/** A local Lambda with the echo function, and its answers parsed. */
import { join } from 'node:path';
import * as z from 'zod';
import type { LambdaFunction } from '../../infra/local/src/lambda/function-definition.ts';
import type { InvokeRequest } from '../../infra/local/src/lambda/invoke-request.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';

export const ECHO = join(import.meta.dirname, '../fixtures/lambda/echo');

const answerSchema = z.object({
  calls: z.number(),
  ticks: z.number(),
  pid: z.number(),
  cwd: z.string(),
  ofTheShell: z.null(),
  environment: z.record(z.string(), z.string()),
  context: z.looseObject({ remaining: z.number() }),
});

export interface EchoLambda {
  readonly lambda: LocalLambda;
  /** The log line, without the name of the environment. */
  readonly logged: string[];
  /** Invokes the function with an event; `answer` is what it returned, `error` how it failed. */
  invoke(event: object, request?: Partial<InvokeRequest>): Promise<Echoed>;
}

export type Echoed = Awaited<ReturnType<LocalLambda['invoke']>> & {
  readonly answer: z.infer<typeof answerSchema> | undefined;
  readonly error: unknown;
};

export async function startEcho(
  settings: Partial<LambdaFunction> = {},
  { idleSeconds = 60 } = {},
): Promise<EchoLambda> {
  const logged: string[] = [];
  const lambda = await LocalLambda.start({
    functions: [{ name: 'echo', taskRoot: ECHO, ...settings }],
    idleSeconds,
    log: ({ text }) => logged.push(text),
  });
  return {
    lambda,
    logged,
    invoke: async (event, request) => {
      const payload = JSON.stringify(event);
      const outcome = await lambda.invoke({ functionName: 'echo', payload, ...request });
      const value: unknown = JSON.parse(outcome.payload.toString());
      return {
        ...outcome,
        answer: outcome.functionError ? undefined : answerSchema.parse(value),
        error: outcome.functionError ? value : undefined,
      };
    },
  };
}
