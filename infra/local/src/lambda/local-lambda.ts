/** Lambda on this machine: runs functions from folders on disk, as AWS would. See docs/reference/local-lambda.md. */
import { randomUUID } from 'node:crypto';
import { newTraceId } from '../trace-id.ts';
import { EnvironmentPool, type EnvironmentState } from './environment/environment-pool.ts';
import { OrphanGuard } from './environment/orphan-guard.ts';
import { WorkFolder } from './environment/work-folder.ts';
import { LambdaServiceError } from './errors.ts';
import { functionArn, LATEST, type LambdaFunction, withDefaults } from './function-definition.ts';
import { type InvokeEndpoint, listenForInvocations } from './invoke-endpoint.ts';
import {
  type InvokeRequest,
  type InvokeResult,
  MAX_REQUEST_BYTES,
  payloadTooLarge,
} from './invoke-request.ts';
import type { LogSink } from './log-stream.ts';
import { BOOTSTRAP } from './runtime/runtime-process.ts';

export interface LocalLambdaOptions {
  readonly functions: readonly LambdaFunction[];
  /** Seconds after which an environment without requests is ended. @default - 300 */
  readonly idleSeconds?: number;
  /** Gets every line of every log stream. @default - none is kept but the tail that an invocation can ask for */
  readonly log?: LogSink;
  /** Names by which callers of the Invoke API may call this machine beside `localhost`. @default - none */
  readonly allowedHosts?: readonly string[];
  /** The script of another runtime, such as AWS's own runtime interface client. @default - ours */
  readonly runtime?: string;
}

export class LocalLambda {
  readonly #work: WorkFolder;
  readonly #guard: OrphanGuard;
  readonly #pools = new Map<string, EnvironmentPool>();
  #endpoint: InvokeEndpoint | undefined;

  /** Places code and layers, and listens for invocations; starts no environment. Where that fails, nothing is left of it. */
  static async start(options: LocalLambdaOptions): Promise<LocalLambda> {
    const lambda = new LocalLambda();
    try {
      await lambda.#start(options);
      return lambda;
    } catch (error) {
      await lambda.close();
      throw error;
    }
  }

  async #start(options: LocalLambdaOptions) {
    const { functions, idleSeconds = 300, log = () => {}, allowedHosts = [], runtime = BOOTSTRAP } = options;
    this.#endpoint = await listenForInvocations(
      (request) => this.invoke(request),
      (functionName, error) =>
        log({ functionName, environment: '', source: 'platform', text: String(error) }),
      { allowedHosts },
    );
    for (const definition of functions) {
      const environment = { AWS_ENDPOINT_URL_LAMBDA: this.url, ...definition.environment };
      const pool = new EnvironmentPool({
        definition: withDefaults({ ...definition, environment }),
        work: this.#work,
        guard: this.#guard,
        idleSeconds,
        log,
        runtime,
      });
      this.#pools.set(definition.name, pool);
    }
  }

  private constructor() {
    this.#work = new WorkFolder();
    this.#guard = new OrphanGuard(this.#work.root);
  }

  /** The address of the Invoke API: a client sets AWS_ENDPOINT_URL_LAMBDA to it. */
  get url(): string {
    return this.#endpoint?.url ?? '';
  }

  /**
   * Runs a function once, in an environment that is warm and free, else in a new one.
   *
   * @throws LambdaServiceError where Lambda would not have run it
   */
  async invoke({
    functionName,
    payload,
    qualifier,
    traceId,
    onStream,
  }: InvokeRequest): Promise<InvokeResult> {
    const { pool, qualifier: named } = this.#find(functionName, qualifier);
    const body = Buffer.from(payload.length === 0 ? '{}' : payload);
    if (body.length > MAX_REQUEST_BYTES) throw payloadTooLarge(`${body.length} byte`);
    refuseWhatIsNoJson(body);
    const requestId = randomUUID();
    const invocation = {
      requestId,
      payload: body,
      qualifier: named,
      traceId: traceId ?? newTraceId(),
      onStream,
    };
    return { requestId, ...(await pool.invoke(invocation)) };
  }

  /** Environments of a function that exist. @throws LambdaServiceError ResourceNotFoundException */
  environments(functionName: string): readonly EnvironmentState[] {
    return this.#find(functionName).pool.environments();
  }

  /** Ends the environments of a function, as a new version of it does. */
  recycle(functionName: string): void {
    void this.#find(functionName).pool.end();
  }

  /** Ends every environment, invocations under way included. */
  async close(): Promise<void> {
    await this.#endpoint?.close();
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    this.#work.remove();
    this.#guard.end();
  }

  /** `name`, `name:alias`, `123456789012:function:name` or an ARN. */
  #find(functionName: string, qualifier?: string) {
    const name = /^(?:(?:arn:aws:lambda:[\w-]+:)?\d{12}:function:)?([\w-]+)(?::([\w$-]+))?$/.exec(
      functionName,
    );
    const pool = this.#pools.get(name?.[1] ?? '');
    const named = qualifier ?? name?.[2];
    const exists = named === undefined || named === LATEST || pool?.definition.aliases.includes(named);
    if (pool && exists) return { pool, qualifier: named };
    throw new LambdaServiceError(
      'ResourceNotFoundException',
      `Function not found: ${functionArn(name?.[1] ?? functionName, named)}`,
    );
  }
}

function refuseWhatIsNoJson(body: Buffer): void {
  try {
    JSON.parse(body.toString());
  } catch (cause) {
    throw new LambdaServiceError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}
