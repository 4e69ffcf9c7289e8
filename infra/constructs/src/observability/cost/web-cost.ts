/** Estimates the cost of web functions from their use and AWS's prices, of which none is known here. */

/** Prices in US dollars, from AWS's price page: https://aws.amazon.com/lambda/pricing/ */
export interface WebPrices {
  readonly request: number;
  /** The price of a second in which one vCPU works. */
  readonly cpuSecond: number;
  /** The price of a GB that an environment uses for a second, busy or not. */
  readonly memoryGbSecond: number;
}

/** The use of a web function in some time. */
export interface WebUsage {
  readonly requests: number;
  /** Seconds of work of all vCPUs together. */
  readonly cpuSeconds: number;
  /** Seconds of the lives of all environments together. */
  readonly environmentSeconds: number;
  /** Memory that an environment uses, in GB of 1,024 MB. */
  readonly memoryGb: number;
}

/** US dollars by what they are paid for, without logs, metrics and data transfer. */
export interface WebCost {
  readonly requests: number;
  readonly cpu: number;
  readonly memory: number;
  readonly total: number;
}

export function estimateWebCost(usage: WebUsage, prices: WebPrices): WebCost {
  const requests = usage.requests * prices.request;
  const cpu = usage.cpuSeconds * prices.cpuSecond;
  const memory = usage.environmentSeconds * usage.memoryGb * prices.memoryGbSecond;
  return { requests, cpu, memory, total: requests + cpu + memory };
}
