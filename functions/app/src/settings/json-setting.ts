/** Settings that are JSON. */
import { explainIssue } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

/** Reads the JSON of a variable; what is wrong in it is named by its path, such as `packages.0.version`. */
export function jsonSetting<T>(schema: z.ZodMiniType<T>) {
  return z.pipe(
    z.string(),
    z.transform((json, { issues }): T => {
      const parsed = schema.safeParse(parseJson(json));
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) {
        const reason = explainIssue(issue);
        issues.push({
          code: 'custom',
          message: issue.path.length > 0 ? `${issue.path.join('.')} ${reason}` : reason,
          input: json,
        });
      }
      return z.NEVER;
    }),
  );
}

/** Gives undefined for text that is no JSON; the schema refuses it. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
