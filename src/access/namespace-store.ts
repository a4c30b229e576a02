import type { Namespace } from './caller.ts';

export interface NamespaceStore {
  /** @throws ConflictError NAMESPACE_TAKEN */
  create(namespace: Namespace): Promise<void>;
  /** The namespace of that name, made now where there is none. */
  ensure(namespace: Namespace): Promise<Namespace>;
  findByName(name: string): Promise<Namespace | null>;
  findById(id: string): Promise<Namespace | null>;
}
