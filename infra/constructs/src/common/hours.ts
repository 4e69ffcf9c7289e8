/** Times of day on days of the week, such as office hours: read from text, compared, and told to a scheduler. */

export const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface Hours {
  /** @default - Monday to Friday */
  readonly days?: readonly Weekday[];
  /** `HH:MM` */
  readonly from: string;
  /** `HH:MM`, later than `from`; `24:00` is midnight. */
  readonly to: string;
}

export interface ZonedHours extends Hours {
  /** A name of the IANA database, such as `Europe/Zurich`. @default 'Etc/UTC' */
  readonly timeZone?: string;
}

export const DEFAULT_TIME_ZONE = 'Etc/UTC';
const MINUTES_OF_DAY = 1440;

/** A minute of the week that returns, on one or more days. */
export interface Moment {
  readonly days: readonly Weekday[];
  readonly hour: number;
  readonly minute: number;
}

export const listDays = ({ days = WEEKDAYS.slice(0, 5) }: Hours): readonly Weekday[] => days;

export function describeHours(hours: Hours): string {
  return `${listDays(hours).join(',')} ${hours.from}-${hours.to}`;
}

/** Parses minutes since midnight, 0 to 1,440; undefined if the text is no time of day. */
export function parseTimeOfDay(time: string): number | undefined {
  const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && minutes <= MINUTES_OF_DAY ? minutes : undefined;
}

export function overlap(left: Hours, right: Hours): boolean {
  const sameDay = listDays(left).some((day) => listDays(right).includes(day));
  const minutes = (time: string) => parseTimeOfDay(time) ?? 0;
  return sameDay && minutes(left.from) < minutes(right.to) && minutes(right.from) < minutes(left.to);
}

export function findStart(hours: Hours): Moment {
  return moment(listDays(hours), parseTimeOfDay(hours.from) ?? 0);
}

/** Finds the moment so many minutes after the hours begin; undefined if they are over by then. */
export function findMoment(hours: Hours, minutesLater: number): Moment | undefined {
  const minutes = (parseTimeOfDay(hours.from) ?? 0) + minutesLater;
  return minutes < (parseTimeOfDay(hours.to) ?? 0) ? moment(listDays(hours), minutes) : undefined;
}

/**
 * Finds when the hours end, on the days on which none of `others` begins at that minute, because two changes of capacity
 * at once would come in any order. The result is undefined if there is no such day.
 */
export function findEnd(hours: Hours, others: readonly Hours[]): Moment | undefined {
  const { days, hour, minute } = moment(listDays(hours), parseTimeOfDay(hours.to) ?? 0);
  const begins = (day: Weekday) =>
    others.some((other) => {
      const start = findStart(other);
      return start.hour === hour && start.minute === minute && start.days.includes(day);
    });
  const left = days.filter((day) => !begins(day));
  return left.length > 0 ? { days: left, hour, minute } : undefined;
}

/** Counts 24:00 as 00:00 of the next day. */
function moment(days: readonly Weekday[], minutes: number): Moment {
  if (minutes < MINUTES_OF_DAY) return { days, hour: Math.floor(minutes / 60), minute: minutes % 60 };
  const next = days.flatMap((day) => WEEKDAYS[(WEEKDAYS.indexOf(day) + 1) % WEEKDAYS.length] ?? []);
  return { days: next, hour: 0, minute: 0 };
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
