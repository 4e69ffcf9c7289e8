import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { GIGABYTE, gbSeconds, MONTH_HOURS, type Prices, workPrice } from './cost.ts';

/** A function whose cost is to be estimated, and where its use is to be read. */
export interface CostedFunction {
  readonly label: string;
  readonly architecture: 'arm64' | 'x64';
  readonly memoryMegabytes: number;
  /** The least number of provisioned environments. @default 0 */
  readonly provisioned?: number;
  /** The sum of milliseconds. */
  readonly duration: IMetric;
  /** Sum of milliseconds of init phases. @default - none is emitted */
  readonly init?: IMetric;
  /** The number of invocations. */
  readonly invocations: IMetric;
  /** The bytes of its log. */
  readonly logBytes: IMetric;
  /** Metrics of our own that have values in an hour in which it is used. */
  readonly metrics: number;
}

/** The period that the estimate is calculated for. */
const HOUR = Duration.hours(1);

/**
 * Estimates US dollars an hour, by the formula of `estimateCost` in metric math. Provisioned environments count while the
 * function is used at all, by the number that is always there, because CloudWatch has no metric of what is allocated.
 *
 * @param id - begins the ids of its metrics, of which there must not be two alike in one graph
 */
export function functionCost(id: string, one: CostedFunction, prices: Prices): MathExpression {
  const provisionedSeconds = one.provisioned ?? 0;
  const perMs = gbSeconds(1, one.memoryMegabytes) * workPrice({ ...one, provisionedSeconds }, prices);
  const readyPerSecond =
    provisionedSeconds *
    gbSeconds(1000, one.memoryMegabytes) *
    prices.provisionedReadyGbSecond[one.architecture];
  const worked = [`FILL(${id}_duration, 0)`, ...(one.init ? [`FILL(${id}_init, 0)`] : [])].join(' + ');
  const terms = [
    `(${worked}) * ${decimal(perMs)}`,
    `FILL(${id}_invocations, 0) * ${decimal(prices.lambdaRequest)}`,
    ...(readyPerSecond > 0 ? [`PERIOD(${id}_duration) * ${decimal(readyPerSecond)}`] : []),
    `FILL(${id}_log, 0) * ${decimal(prices.logGigabyte / GIGABYTE)}`,
    `IF(FILL(${id}_invocations, 0) > 0, ${decimal((one.metrics * prices.metricMonth) / MONTH_HOURS)}, 0)`,
  ];
  return new MathExpression({
    label: one.label,
    expression: terms.join(' + '),
    usingMetrics: {
      [`${id}_duration`]: one.duration,
      [`${id}_invocations`]: one.invocations,
      [`${id}_log`]: one.logBytes,
      ...(one.init && { [`${id}_init`]: one.init }),
    },
    period: HOUR,
  });
}

/** US dollars an hour for the requests to an HTTP API, and for the bytes of its access log. */
export function apiCost(requests: IMetric, logBytes: IMetric, prices: Prices): MathExpression {
  return new MathExpression({
    label: 'HTTP API',
    expression: [
      `FILL(api_requests, 0) * ${decimal(prices.httpApiRequest)}`,
      `FILL(api_log, 0) * ${decimal(prices.logGigabyte / GIGABYTE)}`,
    ].join(' + '),
    usingMetrics: { api_requests: requests, api_log: logBytes },
    period: HOUR,
  });
}

/** Adds up what a month of such hours would cost. */
export function monthlyCost(parts: readonly MathExpression[]): MathExpression {
  const usingMetrics = Object.fromEntries(parts.map((part, index) => [`part${index}`, part]));
  const sum = Object.keys(usingMetrics).map((id) => `FILL(${id}, 0)`);
  return new MathExpression({
    label: 'A month of such hours',
    expression: `(${sum.join(' + ')}) * ${MONTH_HOURS}`,
    usingMetrics,
    period: HOUR,
  });
}

/** Formats a number without an exponent, which metric math cannot read. */
function decimal(value: number): string {
  return value.toFixed(15).replace(/0+$/, '');
}
