/** Provisioned concurrency that follows utilisation and the time of day, through Application Auto Scaling. */
import { TimeZone } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { DEFAULT_TIME_ZONE, findEnd, findMoment, findStart, type Moment } from '../../common/hours.ts';
import { LONGEST_SCALED_SHIFT_MINUTES } from '../release/traffic-shifts.ts';
import { DEFAULT_UTILIZATION, type ProvisionedConcurrency, readCapacity, readMaximum } from './schema.ts';

/** A window that a traffic shift has kept from beginning begins so many minutes later. */
const SECOND_TRY_MINUTES = LONGEST_SCALED_SHIFT_MINUTES + 10;

/** Makes Application Auto Scaling the owner of the alias's provisioned concurrency, which it sets to the minimum at once. */
export function scaleProvisionedConcurrency(alias: Alias, provisioned: ProvisionedConcurrency): void {
  const { schedules } = provisioned;
  const base = readCapacity(provisioned);
  const scaling = alias.addAutoScaling({ minCapacity: base.min, maxCapacity: base.max });
  if (provisioned.count === undefined) {
    scaling.scaleOnUtilization({ utilizationTarget: provisioned.utilization ?? DEFAULT_UTILIZATION });
  }
  const timeZone = TimeZone.of(schedules?.timeZone ?? DEFAULT_TIME_ZONE);
  const windows = schedules?.windows ?? [];
  for (const [index, window] of windows.entries()) {
    const capacity = { minCapacity: window.min, maxCapacity: readMaximum(window, provisioned) };
    scaling.scaleOnSchedule(`From${index}`, { schedule: weekly(findStart(window)), timeZone, ...capacity });
    const again = findMoment(window, SECOND_TRY_MINUTES);
    if (again) scaling.scaleOnSchedule(`Again${index}`, { schedule: weekly(again), timeZone, ...capacity });
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
