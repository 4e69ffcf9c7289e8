import {
  aliasMoves,
  emptyRecord,
  parseRecord,
  type RegistryAction,
  type RegistryRecord,
  recordAction,
  recordText,
  registeredVersions,
  registryKey,
  requiredGates,
} from '@pilotlight/model-format/registry';
import { describe, expect, test } from 'vitest';

const sum = (digit: string) => digit.repeat(64);
const push = (version: string, digit: string): RegistryAction => ({
  action: 'push',
  version,
  manifestSha256: sum(digit),
  bytes: 10,
});
const promote = (version: string, digit: string): RegistryAction => ({
  action: 'promote',
  alias: 'prod',
  version,
  manifestSha256: sum(digit),
  gates: [],
});

function recordOf(actions: readonly RegistryAction[]): RegistryRecord {
  return actions.reduce(
    (record, did, index) =>
      recordAction(record, { at: `2026-01-01T00:00:0${index}Z`, who: 'ada', because: 'it is better', did }),
    emptyRecord('sentiment'),
  );
}

describe('the record of a registry', () => {
  const actions = [push('1.0.0', 'a'), promote('1.0.0', 'a'), push('1.1.0', 'b'), promote('1.1.0', 'b')];
  const record = recordOf(actions);

  test('an alias means the version that it was last promoted to', () => {
    expect(parseRecord(recordText(record), 'sentiment')).toEqual(record);
    expect(record.aliases).toEqual({ prod: { version: '1.1.0', manifestSha256: sum('b') } });
  });

  test('a removed version is not there any more', () => {
    const removed = recordOf([...actions, { action: 'remove', version: '1.0.0' }]);
    expect(registeredVersions(removed).map(({ version }) => version)).toEqual(['1.1.0']);
  });

  test('the order of the fields of an action is nothing that a reader stumbles over', () => {
    const did = { manifestSha256: sum('a'), bytes: 1, version: '1.0.0', action: 'push' } as const;
    const made = recordOf([did, push('1.1.0', 'b')]);
    expect(parseRecord(recordText(made), 'sentiment')).toEqual(made);
  });

  test('an alias requires the gates that were required of it last', () => {
    const demand = (gates: string[]): RegistryAction => ({ action: 'require', alias: 'prod', gates });
    const required = recordOf([...actions, demand(['accuracy>=0.8']), demand(['accuracy>=0.9', 'flips<=5'])]);
    const gates = { gates: ['accuracy>=0.9', 'flips<=5'] };
    expect(requiredGates(required, 'prod')).toStrictEqual(gates);
    const later = { at: '2026-01-02T00:00:00Z', who: 'ada', did: promote('1.0.0', 'a') };
    expect(requiredGates(recordAction(required, later), 'prod')).toStrictEqual(gates);
    expect(requiredGates(required, 'canary')).toEqual({ gates: [] });
    expect(required.aliases).toEqual(record.aliases);
  });

  test('the versions that are there stand in the order of their last push, each as it was pushed then', () => {
    const pushed = recordOf([push('1.0.0', 'a'), push('1.1.0', 'b'), push('1.0.0', 'c')]);
    const entry = (version: string, digit: string, second: number) => ({
      ...{ version, manifestSha256: sum(digit), bytes: 10 },
      pushedAt: `2026-01-01T00:00:0${second}Z`,
    });
    expect(registeredVersions(pushed)).toEqual([entry('1.1.0', 'b', 1), entry('1.0.0', 'c', 2)]);
  });

  test('an alias that is retired means nothing, one that is rolled back what it meant before, and others are not affected', () => {
    const canary: RegistryAction = {
      ...promote('1.1.0', 'b'),
      alias: 'canary',
      share: 0.05,
    } as RegistryAction;
    const back: RegistryAction = { ...promote('1.0.0', 'a'), action: 'rollback' } as RegistryAction;
    const before = recordOf([...actions, canary, back]);
    expect(before.aliases).toEqual({
      prod: { version: '1.0.0', manifestSha256: sum('a') },
      canary: { version: '1.1.0', manifestSha256: sum('b'), share: 0.05 },
    });
    const after = recordOf([...actions, canary, back, { action: 'retire', alias: 'canary' }]);
    expect(after.aliases).toEqual({ prod: { version: '1.0.0', manifestSha256: sum('a') } });
    expect(aliasMoves(after).map(({ action, alias }) => [action, alias])).toEqual([
      ['promote', 'prod'],
      ['promote', 'prod'],
      ['promote', 'canary'],
      ['rollback', 'prod'],
      ['retire', 'canary'],
    ]);
    expect(aliasMoves(after, 'canary')).toEqual([
      { action: 'promote', alias: 'canary', meaning: before.aliases.canary, entry: after.history[4] },
      { action: 'retire', alias: 'canary', entry: after.history[6] },
    ]);
  });

  test('the order of its aliases is nothing that a reader stumbles over, and the share of one is', () => {
    const canary = { ...promote('1.1.0', 'b'), alias: 'canary', share: 0.05 } as RegistryAction;
    const made = recordOf([...actions, canary]);
    const { prod, canary: meaning } = made.aliases;
    for (const aliases of [
      { prod, canary: meaning },
      { canary: meaning, prod },
    ]) {
      expect(parseRecord(JSON.stringify({ ...made, aliases }), 'sentiment').aliases).toEqual(made.aliases);
    }
    const shifted = { ...made, aliases: { prod, canary: { ...meaning, share: 0.5 } } };
    expect(() => parseRecord(JSON.stringify(shifted), 'sentiment')).toThrow(/aliases are not those/);
  });

  test('an alias requires the dataset that was required of it last', () => {
    const demand = (alias: string, datasetSha256?: string): RegistryAction => ({
      ...{ action: 'require', alias, gates: [] },
      ...(datasetSha256 !== undefined && { datasetSha256 }),
    });
    const required = recordOf([demand('prod', sum('d')), demand('canary', sum('e')), push('1.0.0', 'a')]);
    expect(requiredGates(required, 'prod')).toEqual({ gates: [], datasetSha256: sum('d') });
    expect(requiredGates(recordOf([demand('prod', sum('d')), demand('prod')]), 'prod')).toEqual({
      gates: [],
    });
  });

  test('an empty record is one, and lies below a name that no model has', () => {
    const empty = emptyRecord('sentiment');
    expect(empty).toEqual({ formatVersion: 1, name: 'sentiment', aliases: {}, history: [] });
    expect(parseRecord(recordText(empty), 'sentiment')).toEqual(empty);
    expect(registryKey('sentiment')).toBe('_registry/sentiment.json');
  });

  test.each([
    [
      'an alias of which history knows nothing',
      { ...record, aliases: { prod: { version: '1.0.0', manifestSha256: sum('a') } } },
      'its aliases are not those of its history',
    ],
    [
      'an entry that is missing',
      { ...record, history: record.history.toSpliced(1, 1) },
      'history.1 does not follow',
    ],
    [
      'a reason that was changed afterwards',
      {
        ...record,
        history: record.history.map((entry, index) => (index === 0 ? { ...entry, because: 'other' } : entry)),
      },
      'history.1 does not follow',
    ],
    [
      'a reason of the last entry that was changed afterwards',
      {
        ...record,
        history: record.history.map((entry, index) => (index === 3 ? { ...entry, because: 'other' } : entry)),
      },
      'lastSha256 is not that of its last entry',
    ],
    [
      'an alias of a version that was pushed anew',
      recordOf([...actions, push('1.1.0', 'c')]),
      'aliases.prod means 1.1.0',
    ],
    ['the name of another model', { ...record, name: 'intent' }, 'it is that of intent'],
    ['a later format', { ...record, formatVersion: 2 }, 'formatVersion'],
    [
      'an alias of a version that was removed',
      recordOf([...actions, { action: 'remove', version: '1.1.0' }]),
      'aliases.prod means 1.1.0',
    ],
  ])('%s is refused with the object and the reason', (_case, broken, reason) => {
    expect(() => parseRecord(JSON.stringify(broken), 'sentiment')).toThrow(
      expect.objectContaining({ code: 'REGISTRY_INVALID', message: expect.stringContaining(reason) }),
    );
  });

  test('a bit that flips anywhere in a record is refused', () => {
    const dataset = { name: 'test.jsonl', sha256: sum('d'), rows: 100 };
    const gate = { gate: 'accuracy>=0.9', value: 0.93, passed: true, dataset, manifestSha256: sum('b') };
    const whole = recordOf([
      ...actions,
      {
        action: 'promote',
        alias: 'canary',
        version: '1.1.0',
        manifestSha256: sum('b'),
        share: 0.05,
        gates: [gate],
      },
    ]);
    const text = Buffer.from(recordText(whole));
    for (let place = 0; place < text.length - 1; place++) {
      const flipped = Buffer.from(text);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 7));
      expect(() => parseRecord(flipped.toString('utf8'), 'sentiment'), `byte ${place}`).toThrow(
        expect.objectContaining({ code: 'REGISTRY_INVALID' }),
      );
    }
  });
});
