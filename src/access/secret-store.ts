/** The store's own secrets: made once, the same on every instance. */
export interface SecretStore {
  /** 32 random bytes, made at the first call for this name. */
  ensureSecret(name: string): Promise<Buffer>;
}
