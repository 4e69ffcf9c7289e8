/** Facts of AWS Lambda that packages on both sides of the deployment need. */

/** Memory that buys one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const MEGABYTES_PER_VCPU = 1769;
