/** Provisioned concurrency that follows utilisation and the time of day, through Application Auto Scaling. */
import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { DEFAULT_TIME_ZONE, endOf, type Moment, startOf } from '../../common/hours.ts';
import { capacityOf, DEFAULT_UTILIZATION, maximumOf, type ProvisionedConcurrency } from './schema.ts';

/** Nothing to do for a fixed number without schedules: the alias has it. */
export function scaleProvisionedConcurrency(alias: Alias, provisioned: ProvisionedConcurrency): void {
  const { schedules } = provisioned;
  const base = capacityOf(provisioned);
  if ('count' in provisioned && !schedules) return;
  const scaling = alias.addAutoScaling({ minCapacity: base.min, maxCapacity: base.max });
  if (!('count' in provisioned)) {
    scaling.scaleOnUtilization({ utilizationTarget: provisioned.utilization ?? DEFAULT_UTILIZATION });
  }
  const timeZone = TimeZone.of(schedules?.timeZone ?? DEFAULT_TIME_ZONE);
  const windows = schedules?.windows ?? [];
  for (const [index, window] of windows.entries()) {
    const capacity = { minCapacity: window.min, maxCapacity: maximumOf(window, provisioned) };
    scaling.scaleOnSchedule(`From${index}`, { schedule: weekly(startOf(window)), timeZone, ...capacity });
    const end = endOf(window, windows);
    if (end) {
      const outside = { minCapacity: base.min, maxCapacity: base.max };
      scaling.scaleOnSchedule(`To${index}`, { schedule: weekly(end), timeZone, ...outside });
    }
  }
}

function weekly({ days, hour, minute }: Moment): Schedule {
  return Schedule.cron({ weekDay: days.join(','), hour: String(hour), minute: String(minute) });
}
