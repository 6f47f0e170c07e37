/** The port behind uploads by those who hold no key to the store: addresses that take one object each. */

export interface UploadToSign {
  readonly key: string;
  /** Names in lower case; what is put without them is refused. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the body: another length is refused. */
  readonly sizeBytes: number;
}

export interface SignedPut {
  readonly url: string;
  /** To be sent as they are. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

export interface UploadSigner {
  /** Of the addresses: scheme, host and port. */
  readonly origin: string;
  /** Nothing is sent: what the store would refuse is only found with the upload. @throws AppError `invalid_request` (the key). */
  signPut(upload: UploadToSign): Promise<SignedPut>;
}
