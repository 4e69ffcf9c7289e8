import { type Check, failure, gigabytes, ok, warning } from '../finding.ts';

/** Node with ONNX Runtime takes 150 MB, and a small model as much again. */
const TO_SERVE = 300e6;
/** all-MiniLM-L6-v2 takes 0.7 GB to package. */
const TO_PACKAGE = 1e9;

export const memory: Check = {
  name: 'memory',
  judge({ memory: { total, limit, available } }) {
    const whole =
      limit !== undefined && limit < total
        ? `${gigabytes(limit)}, the limit of the control group`
        : gigabytes(total);
    const found = `${gigabytes(available)} of ${whole} are available`;
    if (available < TO_SERVE)
      return failure(found, 'end other programs, or raise the limit of the container (docker run --memory)');
    if (available < TO_PACKAGE)
      return warning(
        found,
        'enough to serve small models; to package one of 22 million parameters takes 0.7 GB',
      );
    return ok(found);
  },
};
