/** An answer whose body is not one JSON value: bytes, because Lambda passes on whatever is not JSON or XML in base64. */
export class RawAnswer {
  readonly body: Uint8Array<ArrayBuffer>;
  /** `content-type` among them. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}
