/** From the numbers of a configuration to the cold-start measure of a function. */

import type { ColdStart } from '@pilotlight/constructs';
import { Duration } from 'aws-cdk-lib';
import type { Config } from '../config/schema.ts';

type Settings = Config['functions'][string]['coldStart'];

export function coldStartOf(settings: Settings): ColdStart {
  switch (settings.kind) {
    case 'provisioned':
      return provisioned(settings);
    case 'warmup': {
      const { everyMinutes, ...rest } = settings;
      return { ...rest, every: Duration.minutes(everyMinutes) };
    }
    default:
      return settings;
  }
}

/** The schema has seen to it that there is either a count, or a minimum and a maximum. */
function provisioned(settings: Extract<Settings, { kind: 'provisioned' }>): ColdStart {
  const { kind, count, min = 0, max = 0, utilization, schedules } = settings;
  const common = { kind, ...(schedules && { schedules }) };
  return count !== undefined
    ? { ...common, count }
    : { ...common, min, max, ...(utilization !== undefined && { utilization }) };
}
