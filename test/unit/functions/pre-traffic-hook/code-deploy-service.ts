/** CodeDeploy's API on loopback, in the AWS JSON 1.1 protocol: one deployment that waits for its pre-traffic hook. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../warmer/loopback.ts';

/** The event by which CodeDeploy invokes the hook. */
export const EVENT = {
  DeploymentId: 'd-4XYZABCDE',
  LifecycleEventHookExecutionId: 'eyJlbmNyeXB0ZWREYXRhIjoi',
};

const TARGET = 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus';

export interface CodeDeployOptions {
  /** Says what to do in the place of an answer, given the number of the request from 1. @default - none */
  readonly instead?: (request: number, response: ServerResponse) => boolean;
}

export class CodeDeployService {
  /** The report, which is made once. */
  status: string | undefined;
  requests = 0;
  url = '';
  stop: () => Promise<void> = async () => {};
  readonly #options: CodeDeployOptions;

  private constructor(options: CodeDeployOptions) {
    this.#options = options;
  }

  static async start(options: CodeDeployOptions = {}): Promise<CodeDeployService> {
    const service = new CodeDeployService(options);
    const server = createServer((request, response) => void service.#answer(request, response));
    return Object.assign(service, await listenOnLoopback(server));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const { 'x-amz-target': target, 'content-type': type } = request.headers;
    const known = target === TARGET && type === 'application/x-amz-json-1.1';
    this.requests += 1;
    const done = this.status !== undefined;
    const answer = (status: number, json: object) => {
      if (this.#options.instead?.(this.requests, response)) return;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(json));
    };
    const refuse = (__type: string) => answer(400, { __type, message: 'No.' });
    if (!known) return refuse('UnknownOperationException');
    if (body.deploymentId !== EVENT.DeploymentId) return refuse('DeploymentDoesNotExistException');
    if (body.lifecycleEventHookExecutionId !== EVENT.LifecycleEventHookExecutionId)
      return refuse('InvalidLifecycleEventHookExecutionIdException');
    if (done) return refuse('LifecycleEventAlreadyCompletedException');
    if (!['Succeeded', 'Failed'].includes(body.status))
      return refuse('InvalidLifecycleEventHookExecutionStatusException');
    this.status = body.status;
    answer(200, { lifecycleEventHookExecutionId: body.lifecycleEventHookExecutionId });
  }
}
