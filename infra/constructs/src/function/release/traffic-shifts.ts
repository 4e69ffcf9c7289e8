import { LambdaDeploymentConfig } from 'aws-cdk-lib/aws-codedeploy';

/** How traffic moves to a new version: a share of it first, or step by step; with the minutes until all of it has moved. */
export const TRAFFIC_SHIFTS = {
  'canary-10-percent-5-minutes': { config: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES, minutes: 5 },
  'canary-10-percent-10-minutes': { config: LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES, minutes: 10 },
  'canary-10-percent-15-minutes': { config: LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES, minutes: 15 },
  'canary-10-percent-30-minutes': { config: LambdaDeploymentConfig.CANARY_10PERCENT_30MINUTES, minutes: 30 },
  'linear-10-percent-every-1-minute': {
    config: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
    minutes: 10,
  },
  'linear-10-percent-every-2-minutes': {
    config: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_2MINUTES,
    minutes: 20,
  },
  'linear-10-percent-every-3-minutes': {
    config: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_3MINUTES,
    minutes: 30,
  },
  'linear-10-percent-every-10-minutes': {
    config: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_10MINUTES,
    minutes: 100,
  },
} as const;
export type TrafficShift = keyof typeof TRAFFIC_SHIFTS;

/**
 * The longest shift of a function whose provisioned concurrency scales: Lambda refuses to change that of an alias while two
 * versions share its traffic.
 */
export const LONGEST_SCALED_SHIFT_MINUTES = 10;

/** The session of a role that another role has assumed, as those of pipelines are, lasts no longer. */
export const SESSION_MINUTES = 60;
