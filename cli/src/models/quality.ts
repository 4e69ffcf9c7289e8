interface MeasuredQuality {
  readonly dataset: string;
  readonly metric: string;
  readonly served: number;
  readonly fp32: number;
}

/** `snips/test: span F1 94.31 % as served, 94.30 % in fp32` */
export function describeQuality({ dataset, metric, served, fp32 }: MeasuredQuality): string {
  return `${dataset}: ${metric} ${(100 * served).toFixed(2)} % as served, ${(100 * fp32).toFixed(2)} % in fp32`;
}
