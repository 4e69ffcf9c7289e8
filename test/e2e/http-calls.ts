/** Calls to a service of a test, each with what it was answered. */
import type { Service } from './http-service.ts';

export function callsTo(service: () => Service) {
  return {
    async get(path: string) {
      const response = await fetch(service().url + path);
      return { status: response.status, body: JSON.parse(await response.text()) };
    },
    async post(path: string, body: unknown, headers: Record<string, string> = {}) {
      const init = { method: 'POST', body: JSON.stringify(body), headers };
      const response = await fetch(service().url + path, init);
      return {
        status: response.status,
        headers: response.headers,
        body: JSON.parse(await response.text()),
      };
    },
  };
}
