import { describe, expect, it } from 'vitest';
import { openVerified } from '../../../layers/engine/src/store/open-verified.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';

const corrupt = new EngineError('PACKAGE_CORRUPT', 'it differs.');
const invalid = new EngineError('PACKAGE_INVALID', 'it cannot be read.');

describe('opening a package while it is verified', () => {
  it('begins to open every part before the files are verified, and gives nothing until they are', async () => {
    const events: string[] = [];
    const { promise: verified, resolve } = Promise.withResolvers<void>();
    const part = (name: string) => ({ open: async () => events.push(`${name} opens`) });
    const opening = openVerified(() => verified, part('text'), part('sessions')).then((parts) => {
      events.push('given');
      return parts;
    });
    await Promise.resolve();
    events.push('verified');
    resolve();
    await opening;
    expect(events).toEqual(['text opens', 'sessions opens', 'verified', 'given']);
  });

  it('names the file that differs, not what its bytes made of a part, and closes the other part', async () => {
    const closed: string[] = [];
    const opening = openVerified(
      () => new Promise((_, reject) => setImmediate(reject, corrupt)),
      { open: () => Promise.reject(invalid), close: () => closed.push('text') },
      { open: async () => 'graphs', close: (graphs) => closed.push(graphs) },
    );
    await expect(opening).rejects.toBe(corrupt);
    expect(closed).toEqual(['graphs']);
  });

  it('closes what is open where a session does not open', async () => {
    const closed: string[] = [];
    const opening = openVerified(
      async () => {},
      { open: async () => 'text', close: (text) => closed.push(text) },
      { open: () => Promise.reject(invalid) },
    );
    await expect(opening).rejects.toBe(invalid);
    expect(closed).toEqual(['text']);
  });
});
