/** A function as it would be deployed: folders on disk and settings. */
export interface LambdaFunction {
  readonly name: string;
  /** Folder of its bundle, `/var/task` on AWS. */
  readonly taskRoot: string;
  /** @default - index.handler */
  readonly handler?: string;
  /** Folders that are merged into `/opt`, the last one winning. @default - none */
  readonly layers?: readonly string[];
  /** MB (2^20 bytes), from 128 to 10,240. @default - 128 */
  readonly memoryMegabytes?: number;
  /** Limit of one invocation, and of an init phase that is repeated in it. @default - 3 */
  readonly timeoutSeconds?: number;
  /** Limit of the init phase before the first invocation. @default - 10, as on Lambda */
  readonly initSeconds?: number;
  /** Variables of the function. `/opt` and `/tmp` at the start of a value become what they are here. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Environments that may exist at once. @default - 10 */
  readonly reservedConcurrency?: number;
  /** Names under which it can be invoked besides $LATEST. @default - live */
  readonly aliases?: readonly string[];
}

export type DefinedFunction = Required<LambdaFunction>;

export function withDefaults(definition: LambdaFunction): DefinedFunction {
  return {
    handler: 'index.handler',
    layers: [],
    memoryMegabytes: 128,
    timeoutSeconds: 3,
    initSeconds: 10,
    environment: {},
    reservedConcurrency: 10,
    aliases: ['live'],
    ...definition,
  };
}

/** The only version that there is here. */
export const LATEST = '$LATEST';
export const REGION = 'us-east-1';
export const ACCOUNT = '123456789012';

export function functionArn(name: string, qualifier?: string): string {
  const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}
