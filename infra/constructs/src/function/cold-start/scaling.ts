/** Provisioned concurrency that follows utilisation and the time of day, through Application Auto Scaling. */
import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { DEFAULT_TIME_ZONE, findEnd, findStart, type Moment } from '../../common/hours.ts';
import { DEFAULT_UTILIZATION, type ProvisionedConcurrency, readCapacity, readMaximum } from './schema.ts';

/** Does nothing for a fixed number without schedules, which the alias itself has. */
export function scaleProvisionedConcurrency(alias: Alias, provisioned: ProvisionedConcurrency): void {
  const { schedules } = provisioned;
  const base = readCapacity(provisioned);
  if ('count' in provisioned && !schedules) return;
  const scaling = alias.addAutoScaling({ minCapacity: base.min, maxCapacity: base.max });
  if (!('count' in provisioned)) {
    scaling.scaleOnUtilization({ utilizationTarget: provisioned.utilization ?? DEFAULT_UTILIZATION });
  }
  const timeZone = TimeZone.of(schedules?.timeZone ?? DEFAULT_TIME_ZONE);
  const windows = schedules?.windows ?? [];
  for (const [index, window] of windows.entries()) {
    const capacity = { minCapacity: window.min, maxCapacity: readMaximum(window, provisioned) };
    scaling.scaleOnSchedule(`From${index}`, { schedule: weekly(findStart(window)), timeZone, ...capacity });
    const end = findEnd(window, windows);
    if (end) {
      const outside = { minCapacity: base.min, maxCapacity: base.max };
      scaling.scaleOnSchedule(`To${index}`, { schedule: weekly(end), timeZone, ...outside });
    }
  }
}

function weekly({ days, hour, minute }: Moment): Schedule {
  return Schedule.cron({ weekDay: days.join(','), hour: String(hour), minute: String(minute) });
}
