/** A file by itself, because every process asks whether a path names a job, and few ever see one. */

/** 128 random bits. Whoever knows the id of a job may read and cancel it. */
export const JOB_ID = /^[\w-]{22}$/;

export function isJobId(value: string): boolean {
  return JOB_ID.test(value);
}
