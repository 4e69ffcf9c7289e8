import { describe, expect, it } from 'vitest';
import { continuation, parseMessage } from '../../../../functions/batch/src/object/events.ts';

const notification = (key: string, eventName = 'ObjectCreated:Put') => ({
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName,
      s3: {
        bucket: { name: 'uploads', arn: 'arn:aws:s3:::uploads' },
        object: { key, size: 7, eTag: 'e', sequencer: '0A' },
      },
    },
  ],
});
const eventBridge = (key: string, type = 'Object Created') => ({
  version: '0',
  source: 'aws.s3',
  'detail-type': type,
  detail: {
    bucket: { name: 'uploads' },
    object: { key, size: 7, etag: 'e', 'version-id': 'v' },
    reason: 'PutObject',
  },
});

describe('a message of the queue', () => {
  it.each([
    ['in/m/a+b%2Bc%C3%A9.jsonl', 'in/m/a b+cé.jsonl'],
    ['in%2Fm%2Fa.jsonl', 'in/m/a.jsonl'],
  ])('that is a notification of S3 has its key encoded: %s', (encoded, key) => {
    expect(parseMessage(JSON.stringify(notification(encoded)))).toEqual([
      { bucket: 'uploads', key, etag: 'e' },
    ]);
  });

  it('that is an event of EventBridge has its key as it is', () => {
    const key = 'in/m/a+b%2B c.jsonl';
    expect(parseMessage(JSON.stringify(eventBridge(key)))).toEqual([{ bucket: 'uploads', key, etag: 'e' }]);
  });

  it('that is a continuation says where to go on', () => {
    const place = { bucket: 'uploads', key: 'in/m/a.jsonl', etag: 'e', parts: 3, row: 30_000, byte: 12_345 };
    expect(parseMessage(JSON.stringify(continuation(place)))).toMatchObject([place]);
  });

  it.each([
    { Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2026-01-01T00:00:00Z', Bucket: 'uploads' },
    notification('in/m/a.jsonl', 'ObjectRemoved:Delete'),
    eventBridge('in/m/a.jsonl', 'Object Deleted'),
  ])('that is about no new file asks for nothing: %j', (message) => {
    expect(parseMessage(JSON.stringify(message))).toEqual([]);
  });

  describe('that came by a topic of SNS', () => {
    const envelope = (message: string) =>
      JSON.stringify({
        Type: 'Notification',
        MessageId: 'a',
        TopicArn: 'arn:aws:sns:eu-central-1:123456789012:uploads',
        Subject: 'Amazon S3 Notification',
        Message: message,
        Timestamp: '2026-01-01T00:00:00Z',
        SignatureVersion: '1',
      });

    it('is read in its envelope, as it is without one', () => {
      const place = { bucket: 'uploads', key: 'in/m/a.jsonl', etag: 'e', parts: 3, row: 3, byte: 4 };
      for (const inner of [
        notification('in/m/a.jsonl'),
        eventBridge('in/m/a.jsonl'),
        continuation(place),
        { Service: 'Amazon S3', Event: 's3:TestEvent' },
      ])
        expect(parseMessage(envelope(JSON.stringify(inner)))).toEqual(parseMessage(JSON.stringify(inner)));
    });

    it.each([
      envelope('text'),
      envelope('{}'),
      envelope(envelope('{}')),
      JSON.stringify({ Type: 'SubscriptionConfirmation', TopicArn: 'a', Message: 'You have chosen' }),
    ])('is refused where it holds no event: %s', (message) => {
      expect(() => parseMessage(message)).toThrow(expect.objectContaining({ code: 'EVENT_NOT_UNDERSTOOD' }));
    });
  });

  it('that is a notification of another S3 may name its event with a prefix', () => {
    expect(parseMessage(JSON.stringify(notification('in/m/a.jsonl', 's3:ObjectCreated:Put')))).toHaveLength(
      1,
    );
  });

  const mixed = { Records: [...notification('in/m/a.jsonl').Records, { eventSource: 'aws:sns' }] };
  it.each([
    '',
    'text',
    '{}',
    '[]',
    'null',
    '{"Records":[]}',
    JSON.stringify(mixed),
    JSON.stringify(notification('%E0%A4%A')),
  ])('is refused: %j', (message) => {
    expect(() => parseMessage(message)).toThrow(expect.objectContaining({ code: 'EVENT_NOT_UNDERSTOOD' }));
  });
});
