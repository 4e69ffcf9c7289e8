/** Estimates the cost of the service from its use and AWS's prices. Dashboards and documents use the same formula. */

/** Prices in US dollars. Prices of another region or agreement are passed as a whole. */
export interface Prices {
  readonly region: string;
  /** The source of the prices. */
  readonly source: string;
  /** The price of a GB-second of a function without provisioned concurrency. */
  readonly lambdaGbSecond: Readonly<Record<'arm64' | 'x64', number>>;
  /** The price of a GB-second of work in a provisioned environment. */
  readonly provisionedGbSecond: Readonly<Record<'arm64' | 'x64', number>>;
  /** The price of a GB-second for which an environment is kept ready, busy or not. */
  readonly provisionedReadyGbSecond: Readonly<Record<'arm64' | 'x64', number>>;
  readonly lambdaRequest: number;
  /** The price of a request to an HTTP API, of up to 512 KB. */
  readonly httpApiRequest: number;
  /** The price of a gigabyte of log that CloudWatch takes in. */
  readonly logGigabyte: number;
  /** The price of a metric of our own for a month in which it has values in every hour; it is metered by the hour. */
  readonly metricMonth: number;
}

/**
 * First-tier prices, without free tier or savings plan. Compare them with the source before a decision rests on them: its
 * pages fill in the figures by script, so these were taken from what third parties quote.
 */
export const US_EAST_1_PRICES: Prices = {
  region: 'us-east-1',
  source:
    'what third parties quote; AWS has them at https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/api-gateway/pricing/ and https://aws.amazon.com/cloudwatch/pricing/',
  lambdaGbSecond: { arm64: 0.0000133334, x64: 0.0000166667 },
  provisionedGbSecond: { arm64: 0.0000077778, x64: 0.0000097222 },
  provisionedReadyGbSecond: { arm64: 0.0000033334, x64: 0.0000041667 },
  lambdaRequest: 0.2e-6,
  httpApiRequest: 1e-6,
  logGigabyte: 0.5,
  metricMonth: 0.3,
};

/** Hours of a month, by which AWS divides what it sells by the month. */
export const MONTH_HOURS = 730;

/** The use of one function in some time. */
export interface FunctionUsage {
  readonly architecture: 'arm64' | 'x64';
  readonly memoryMegabytes: number;
  readonly invocations: number;
  /** Milliseconds of all invocations together, and of the init phases before them, which are billed alike. */
  readonly durationMs: number;
  readonly initMs: number;
  /** Seconds for which environments were provisioned, of all of them together. */
  readonly provisionedSeconds?: number;
  /** Invocations in provisioned environments, as a share of all. @default 1 where something is provisioned, else 0 */
  readonly provisionedShare?: number;
  /** Bytes of all its log lines. @default 0 */
  readonly logBytes?: number;
  /** Hours in which metrics of our own had values, of all of them together. @default 0 */
  readonly metricHours?: number;
}

export interface Usage {
  readonly functions: readonly FunctionUsage[];
  readonly apiRequests: number;
  /** Bytes of the access log. @default 0 */
  readonly apiLogBytes?: number;
}

/** US dollars by what they are paid for. */
export interface Cost {
  readonly compute: number;
  readonly provisioned: number;
  readonly invocations: number;
  readonly api: number;
  readonly logs: number;
  readonly metrics: number;
  readonly total: number;
}

/**
 * Estimates the cost. Lambda bills GB-seconds = ms / 1,000 x MB / 1,024. The estimate leaves out what is little beside it or
 * not ours: S3 and SQS requests, data transfer, /tmp above 512 MB, and the GPU instances.
 */
export function estimateCost(usage: Usage, prices: Prices = US_EAST_1_PRICES): Cost {
  const sum = (of: (one: FunctionUsage) => number) =>
    usage.functions.reduce((total, one) => total + of(one), 0);
  const compute = sum(
    (one) => gbSeconds(one.durationMs + one.initMs, one.memoryMegabytes) * workPrice(one, prices),
  );
  const provisioned = sum(
    (one) =>
      gbSeconds((one.provisionedSeconds ?? 0) * 1000, one.memoryMegabytes) *
      prices.provisionedReadyGbSecond[one.architecture],
  );
  const invocations = sum((one) => one.invocations) * prices.lambdaRequest;
  const api = usage.apiRequests * prices.httpApiRequest;
  const logBytes = sum((one) => one.logBytes ?? 0) + (usage.apiLogBytes ?? 0);
  const logs = (logBytes / GIGABYTE) * prices.logGigabyte;
  const metrics = (sum((one) => one.metricHours ?? 0) / MONTH_HOURS) * prices.metricMonth;
  const total = compute + provisioned + invocations + api + logs + metrics;
  return { compute, provisioned, invocations, api, logs, metrics, total };
}

/** Prices a GB-second of work, which is cheaper in environments that are kept ready, because they are partly paid already. */
export function workPrice(
  one: Pick<FunctionUsage, 'architecture' | 'provisionedSeconds' | 'provisionedShare'>,
  prices: Prices,
): number {
  const { architecture, provisionedSeconds = 0 } = one;
  const share = one.provisionedShare ?? (provisionedSeconds > 0 ? 1 : 0);
  return share * prices.provisionedGbSecond[architecture] + (1 - share) * prices.lambdaGbSecond[architecture];
}

/** AWS's gigabyte of what is stored or sent. */
export const GIGABYTE = 2 ** 30;

/** Converts to GB-seconds; Lambda's gigabyte has 1,024 MB. */
export function gbSeconds(milliseconds: number, memoryMegabytes: number): number {
  return (milliseconds / 1000) * (memoryMegabytes / 1024);
}
