/** An answer whose body is not one JSON value. */
export class RawAnswer {
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** `content-type` among them. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}
