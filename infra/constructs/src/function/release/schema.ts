/** The release of a new version: its alias, and how traffic moves to it. */
import * as z from 'zod';
import { TRAFFIC_SHIFTS, type TrafficShift } from './traffic-shifts.ts';

const trafficShifts = Object.keys(TRAFFIC_SHIFTS) as TrafficShift[];

export const canarySchema = z.strictObject({
  traffic: z
    .enum(trafficShifts)
    .default('canary-10-percent-5-minutes')
    .describe('Share of the requests that try a new version, and for how long'),
  toleratedErrors: z
    .int()
    .min(0)
    .default(0)
    .describe('Failed invocations and answers of 5xx in a minute before traffic goes back'),
  toleratedDrift: z
    .number()
    .positive()
    .default(1)
    .describe('Deviation of goldens over their tolerance before traffic goes back'),
});
export type CanaryOptions = z.input<typeof canarySchema>;

export const releaseSchema = z.strictObject({
  alias: z
    .string()
    .regex(/^(?!\d+$)[\w-]{1,128}$/, 'must have letters, digits, - and _, and not digits alone')
    .default('live')
    .describe('Name of the alias that clients invoke'),
  canary: canarySchema
    .exactOptional()
    .describe('New versions take over gradually, and go back where errors or drift show. Default: at once'),
});
