import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../../functions/web/address.ts';

describe('the address of a web function', () => {
  it.each([
    ['0.0.0.0:3000', { host: '0.0.0.0', port: 3000 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
  ])('is that of AWS_LAMBDA_HTTP_ENDPOINT, %s', (AWS_LAMBDA_HTTP_ENDPOINT, address) => {
    expect(readAddress({ AWS_LAMBDA_HTTP_ENDPOINT })).toEqual(address);
  });

  it.each([
    [undefined, 'AWS_LAMBDA_HTTP_ENDPOINT: is missing. Lambda sets it in web functions'],
    ['3000', 'AWS_LAMBDA_HTTP_ENDPOINT: must be a host and a port, such as 0.0.0.0:3000'],
    ['http://0.0.0.0', 'AWS_LAMBDA_HTTP_ENDPOINT: must be a host and a port'],
  ])('is refused where the variable is %s', (AWS_LAMBDA_HTTP_ENDPOINT, fault) => {
    expect(() => readAddress({ AWS_LAMBDA_HTTP_ENDPOINT })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(fault) }),
    );
  });
});
